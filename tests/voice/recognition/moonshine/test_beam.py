"""The likeliest ways to write down what flite says."""

import re

import numpy as np
import pytest

from tests.voice.recognition.callers import needs_flite, noise, samples, say, tone
from voice.recognition.corpus import spoken_words
from voice.recognition.moonshine.beam import written
from voice.recognition.moonshine.network import RATE
from voice.recognition.moonshine.scoring import AsWords
from voice.recognition.moonshine.words import BEGIN, END, Expected
from voice.recognition.numerals import DIGITS, REPEATED

SENTENCE = "What is the status of my claim?"


@pytest.fixture(scope="module")
def found(models):
    """The ways to write down a sentence."""
    return written(models.network, 2 * samples(say(SENTENCE)), models.free)


@needs_flite
def test_a_sentence_is_written_as_the_network_writes(found):
    assert found[0].text == SENTENCE


@needs_flite
def test_the_best_way_comes_first_and_each_is_another(found):
    scores = [way.score for way in found]
    assert len(found) > 1
    assert scores == sorted(scores, reverse=True)
    assert len({way.text for way in found}) == len(found)


@needs_flite
def test_a_way_scores_by_its_sound_and_its_words(found, models):
    free = models.free
    for way in found:
        assert way.score == pytest.approx(way.sound + free.weight * way.likely + free.earned * way.words)
        assert way.sound < 0


@needs_flite
def test_the_words_cost_what_callers_say(found, models):
    likely, history = 0.0, BEGIN
    for word in [*spoken_words(found[0].text), END]:
        likely, history = likely + models.words.after(history, word), (history[1], word)
    assert found[0].likely == pytest.approx(likely)
    assert found[0].words == 7


@needs_flite
def test_a_title_that_is_offered_is_heard_better(models):
    sound = 2 * samples(say("Fleet cover"))
    offered = Expected(models.words, [(("fleet", "cover"), 1.0), (("basic",), 1.0)])
    anyhow = written(models.network, sound, models.free)
    expected = written(models.network, sound, AsWords(models.pieces, offered))
    assert spoken_words(expected[0].text) == ["fleet", "cover"]
    assert expected[0].likely > anyhow[0].likely


@needs_flite
def test_where_only_digits_may_be_written_only_digits_are(models):
    for text in ("nine, zero, four, two, seven", SENTENCE):
        for way in written(models.network, 2 * samples(say(text)), models.digits):
            assert set(re.findall("[a-z]+", way.text.lower())) <= {*DIGITS, *REPEATED}


@needs_flite
def test_following_more_ways_finds_better_ones(found, models):
    fewer = written(models.network, 2 * samples(say(SENTENCE)), models.free, width=1, tried=2)
    assert fewer[0].score < found[0].score


@pytest.mark.parametrize("sound", [np.zeros(RATE), samples(noise(0.1)), samples(tone(440, seconds=8))])
def test_what_is_no_speech_is_written_down_within_what_can_be_said(models, sound):
    for way in written(models.network, sound, models.free):
        assert way.tokens <= len(sound) / RATE * 6.5 + 7
