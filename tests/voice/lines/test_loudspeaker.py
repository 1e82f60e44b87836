"""What is played, and when it was heard."""

import pytest

from voice.errors import EngineUnavailable
from voice.lines import local
from voice.lines.loudspeaker import Playback


def playback() -> tuple[Playback, list[int]]:
    heard: list[int] = []
    return Playback(heard.append), heard


def test_sound_comes_out_in_order_and_silence_after_it():
    sound, _ = playback()
    sound.add(b"abcd")
    sound.add(b"ef")
    assert [sound.take(4), sound.take(4)] == [b"abcd", b"ef\0\0"]


def test_a_mark_is_told_when_what_is_before_it_was_taken():
    sound, heard = playback()
    sound.add(b"abcd")
    sound.mark(7)
    sound.take(2)
    assert heard == []
    sound.take(2)
    assert heard == [7]


def test_a_mark_after_nothing_is_told_at_once():
    sound, heard = playback()
    sound.mark(1)
    assert heard == [1]


def test_what_is_cleared_is_not_played_and_its_marks_are_told():
    sound, heard = playback()
    sound.add(b"abcd")
    sound.mark(3)
    sound.clear()
    assert (sound.take(2), heard) == (b"\0\0", [3])


@pytest.mark.parametrize(("error", "advice"), [(ImportError("gone"), "make setup"), (OSError("gone"), "PortAudio")])
def test_what_is_missing_is_named_with_what_to_do(monkeypatch, error, advice):
    def find(name, *rest):
        if name == "sounddevice":
            raise error
        return real(name, *rest)

    real = __builtins__["__import__"] if isinstance(__builtins__, dict) else __builtins__.__import__
    monkeypatch.setattr("builtins.__import__", find)
    with pytest.raises(EngineUnavailable, match=advice):
        local.SoundCard()
