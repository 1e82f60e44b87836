"""How surely something was said."""

import numpy as np
import pytest

from tests.voice.recognition.callers import samples, tone
from voice.recognition.moonshine.beam import Written
from voice.recognition.moonshine.sureness import Loudness, of_digits, of_words

RATE = 16_000
SENTENCE = ["what", "is", "the", "status", "of", "my", "claim"]
LIVELY = Loudness(0.5, 2.5, 7.0)


def written(words: list[str], sound: float = -0.2, likely: float = -2.0) -> Written:
    """Words, with the logarithms of a token's and a word's probability."""
    tokens = len(words) + 1
    return Written(" ".join(words), 0.0, sound * tokens, likely * tokens, tokens, len(words))


def sure(words: list[str], loudness: Loudness = LIVELY, **how: float) -> float:
    return of_words(written(words, **how), words, loudness)


def test_a_sentence_that_callers_say_is_believed():
    assert sure(SENTENCE) > 0.9


@pytest.mark.parametrize(
    "less",
    [
        lambda: sure(SENTENCE, sound=-1.0),
        lambda: sure(SENTENCE, likely=-5.0),
        lambda: sure(SENTENCE, Loudness(0.5, 20.0, 7.0)),
        lambda: sure(SENTENCE, Loudness(0.5, 2.5, 0.5)),
        lambda: sure(["i", "don't", "know"] * 4),
    ],
    ids=["unsure of its tokens", "callers do not say it", "long for its letters", "as loud all the time", "repeated"],
)
def test_it_is_believed_less_when(less):
    assert less() < sure(SENTENCE) - 0.005


def test_two_words_twice_are_no_repetition():
    assert sure(["no", "no", "no"]) == pytest.approx(sure(["no", "on", "no"]), abs=0.01)


def test_more_change_or_faster_speech_than_people_have_says_no_more():
    assert sure(SENTENCE, Loudness(0, 2, 8.0)) == sure(SENTENCE, Loudness(0, 2, 30.0))
    assert sure(SENTENCE, Loudness(0, 1, 7.0)) == sure(SENTENCE, Loudness(0, 0, 7.0))


def test_digits_are_believed_as_far_as_the_network_is_sure():
    assert of_digits(written(["90427"], sound=-0.2)) > 0.9
    assert of_digits(written(["90427"], sound=-1.5)) < 0.1


@pytest.mark.parametrize("sound", [-1e9, -1e3, 0.0])
def test_it_is_always_a_probability(sound):
    assert 0 <= of_digits(written(["9"], sound=sound)) <= 1
    assert 0 <= sure(SENTENCE, sound=sound, likely=sound) <= 1


# --- where the sound lies


def test_a_voice_between_silences_is_found():
    sound = np.concatenate((np.zeros(RATE // 2), samples(tone(300, seconds=1)), np.zeros(RATE)))
    found = Loudness.of(sound)
    assert found.start == pytest.approx(0.5, abs=0.02)
    assert found.end == pytest.approx(1.5, abs=0.02)


def test_a_tone_does_not_change_and_a_voice_does():
    steady = samples(tone(300, seconds=1))
    syllables = steady * (0.55 + 0.45 * np.sin(2 * np.pi * 4 * np.arange(RATE) / RATE))
    assert Loudness.of(steady).change < 0.5 < 3 < Loudness.of(syllables).change


def test_silence_is_as_loud_everywhere():
    assert Loudness.of(np.zeros(RATE)) == Loudness(0.0, 1.0, 0.0)


@pytest.mark.parametrize("length", [0, 1, 319])
def test_a_sound_shorter_than_a_moment_lies_nowhere(length):
    assert Loudness.of(np.ones(length)) == Loudness(0.0, 0.0, 0.0)


def test_how_loud_it_is_does_not_matter():
    sound = np.concatenate((np.zeros(RATE // 2), samples(tone(300, seconds=1))))
    loud, low = Loudness.of(sound), Loudness.of(sound / 10)
    assert (loud.start, loud.end) == (low.start, low.end)
