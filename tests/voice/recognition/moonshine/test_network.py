"""The network itself: its vocabulary, and ways followed side by side."""

import numpy as np
import pytest

from tests.voice.recognition.callers import noise, samples
from voice.recognition.moonshine.network import END, START, Network

SOUND = samples(noise(0.1, seconds=1))
# The weights are whole numbers, and the values between them are rounded by the largest of all ways: ways change each
# other a little. Another way altogether differs by more than six.
_CLOSE = 1.0


@pytest.fixture(scope="module")
def network():
    return Network()


@pytest.fixture(scope="module")
def token(network):
    """A token's number."""
    return {text: number for number, text in enumerate(network.tokens)}


def alone(network, *tokens: int) -> np.ndarray:
    """What may follow `tokens`, with nothing beside them."""
    transcription = network.listen(SOUND)
    return [transcription.next([token], [0]) for token in (START, *tokens)][-1][0]


def test_the_vocabulary_is_whole(network):
    assert len(network.tokens) == 32_768
    assert (network.tokens[START], network.tokens[END]) == ("<s>", "</s>")


def test_a_words_blank_is_a_blank(network):
    assert not any("\u2581" in token for token in network.tokens)
    assert {" the", " claim", " policy"} <= set(network.tokens)


def test_what_may_follow_are_probabilities(network):
    scores = network.listen(SOUND).next([START], [0])
    assert scores.shape == (1, 32_768)
    assert np.exp(scores).sum() == pytest.approx(1.0, abs=1e-3)


def test_a_way_beside_itself_is_the_same(network, token):
    three = network.listen(SOUND)
    three.next([START], [0])
    three.next([token[" the"]] * 3, [0, 0, 0])
    scores = three.next([token[" car"]] * 3, [2, 0, 1])
    assert scores == pytest.approx(np.stack([alone(network, token[" the"], token[" car"])] * 3), abs=1e-4)


def test_two_ways_side_by_side_give_what_each_gives_alone(network, token):
    a, b, c, d = (token[text] for text in (" I", " the", " claim", " car"))
    both = network.listen(SOUND)
    both.next([START], [0])
    assert both.next([a, b], [0, 0])[1] == pytest.approx(alone(network, b), abs=_CLOSE)
    scores = both.next([c, d], [0, 1])
    assert scores[0] == pytest.approx(alone(network, a, c), abs=_CLOSE)
    assert scores[1] == pytest.approx(alone(network, b, d), abs=_CLOSE)


def test_ways_that_change_places_keep_what_was_written(network, token):
    a, b, c, d = (token[text] for text in (" I", " the", " claim", " car"))
    both = network.listen(SOUND)
    both.next([START], [0])
    both.next([a, b], [0, 0])
    scores = both.next([c, d], [1, 0])
    assert scores[0] == pytest.approx(alone(network, b, c), abs=_CLOSE)
    assert scores[1] == pytest.approx(alone(network, a, d), abs=_CLOSE)
    assert np.abs(scores[0] - alone(network, a, c)).max() > 3 * _CLOSE


def test_ways_become_more_and_fewer(network, token):
    a, b, c, d = (token[text] for text in (" I", " the", " claim", " car"))
    ways = network.listen(SOUND)
    ways.next([START], [0])
    ways.next([a, b], [0, 0])
    three = ways.next([c, d, a], [1, 1, 0])
    assert three[1] == pytest.approx(alone(network, b, d), abs=_CLOSE)
    assert ways.next([b], [1])[0] == pytest.approx(alone(network, b, d, b), abs=_CLOSE)


def test_sounds_that_are_written_down_by_turns_do_not_mix(network, token):
    first, second = network.listen(SOUND), network.listen(SOUND[::-1].copy())
    for transcription in (first, second):
        transcription.next([START], [0])
    second.next([token[" the"]], [0])
    assert first.next([token[" I"]], [0])[0] == pytest.approx(alone(network, token[" I"]), abs=1e-4)
