"""Sound that was made before: on the shelf, and in memory."""

import threading

import pytest

from voice.settings import VoiceSettings
from voice.speaker import Speaker
from voice.synthesis import SpeakingMouth
from voice.synthesis.phrases import Recent, Shelf, key_of
from voice.synthesis.worker import Task

SPEAKER = Speaker(voice="en-us")


def key(text="Hello.", engine="a:B", rate=8000, speaker=SPEAKER) -> str:
    return key_of(engine, Task(text, speaker, rate))


class CountingWorkers:
    """Makes the text itself its sound."""

    def __init__(self) -> None:
        self.made: list[str] = []

    async def make(self, task: Task) -> bytes:
        self.made.append(task.text)
        return task.text.encode()


def a_mouth(folder, **values) -> tuple[SpeakingMouth, CountingWorkers]:
    workers = CountingWorkers()
    return SpeakingMouth(VoiceSettings(phrases=folder / "phrases", **values), workers), workers


async def said(mouth, text) -> bytes:
    return b"".join([pcm async for pcm in mouth.speak(text, "en", 8000)])


# --- the shelf


def test_a_phrase_is_found_again(tmp_path):
    Shelf(tmp_path / "new").put("one", b"sound")
    assert Shelf(tmp_path / "new").get("one") == b"sound"


def test_what_was_never_made_is_not_there(tmp_path):
    assert Shelf(tmp_path / "nowhere").get("one") is None


@pytest.mark.parametrize(
    "other", [key("Bye."), key(engine="a:C"), key(rate=16_000), key(speaker=SPEAKER.at(1.5)),
              key(speaker=Speaker(voice="cmn")), key(speaker=Speaker(voice="en-us", volume=0.5))]
)  # fmt: skip
def test_everything_that_changes_the_sound_changes_its_name(other):
    assert other != key()


def test_the_name_tells_nothing_of_the_text():
    assert "hello" not in key("hello").lower()
    assert len(key("hello")) == len(key("hello " * 100))


def test_a_phrase_is_there_whole_or_not_at_all(tmp_path):
    shelf, whole = Shelf(tmp_path), [bytes([n]) * 400_000 for n in range(8)]
    shelf.put("one", whole[0])
    writers = [threading.Thread(target=shelf.put, args=("one", pcm)) for pcm in whole]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert shelf.get("one") in whole
    assert [path.name for path in tmp_path.iterdir()] == ["one.pcm"]


def test_a_write_that_breaks_off_leaves_what_was_there(tmp_path, monkeypatch):
    shelf = Shelf(tmp_path)
    shelf.put("one", b"before")
    monkeypatch.setattr("pathlib.Path.replace", _broken)
    with pytest.raises(OSError, match="disk full"):
        shelf.put("one", b"after")
    assert shelf.get("one") == b"before"


def _broken(*_):
    raise OSError("disk full")


def test_the_shelf_holds_no_more_than_the_phrases_there_are(tmp_path):
    shelf = Shelf(tmp_path)
    for name in ("one", "two", "three"):
        shelf.put(name, b"sound")
    (tmp_path / "four.123.part").write_bytes(b"so")  # somebody was killed
    assert shelf.keep_only(["two"]) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["two.pcm"]


# --- memory


def test_memory_forgets_the_oldest_first():
    recent = Recent(10)
    for name in ("one", "two", "three"):
        recent.put(name, bytes(4))
    assert (recent.get("one"), recent.get("two"), recent.get("three")) == (None, bytes(4), bytes(4))


def test_what_was_asked_for_lately_is_kept_longer():
    recent = Recent(10)
    recent.put("one", bytes(4))
    recent.put("two", bytes(4))
    recent.get("one")
    recent.put("three", bytes(4))
    assert recent.get("one")
    assert recent.get("two") is None


def test_what_is_put_again_is_counted_once():
    recent = Recent(10)
    for _ in range(5):
        recent.put("one", bytes(4))
    recent.put("two", bytes(4))
    assert recent.get("one")


def test_what_alone_is_too_large_is_not_kept_and_displaces_nothing():
    recent = Recent(10)
    recent.put("one", bytes(4))
    recent.put("two", bytes(11))
    assert recent.get("two") is None
    assert recent.get("one")


# --- what a call makes of them


async def test_what_was_said_lately_is_not_made_again(tmp_path):
    mouth, workers = a_mouth(tmp_path)
    assert await said(mouth, "Hello.") == await said(mouth, "Hello.")
    assert workers.made == ["Hello."]


async def test_memory_is_bounded_by_the_setting(tmp_path):
    mouth, workers = a_mouth(tmp_path, recent_bytes=10)
    for text in ("Hello.", "Goodbye.", "Hello."):
        await said(mouth, text)
    assert workers.made == ["Hello.", "Goodbye.", "Hello."]


async def test_a_phrase_on_the_shelf_is_not_made(tmp_path):
    mouth, workers = a_mouth(tmp_path)
    task = Task("Hello.", mouth.speaker("en"), 8000)
    Shelf(tmp_path / "phrases").put(key_of(VoiceSettings().engine, task), b"in advance")
    assert await said(mouth, "Hello.") == b"in advance"
    assert workers.made == []


async def test_nothing_that_a_call_says_gets_to_disk(tmp_path):
    mouth, _ = a_mouth(tmp_path)
    await said(mouth, "Your policy is PA-1234567, Ms Miller.")
    assert list(tmp_path.rglob("*")) == []
