"""Whether a sentence is over, from its words."""

import pytest

from voice.recognition.completeness import Completeness, learn, write

SENTENCES = [
    f"{begin} {what}".split()
    for begin in ("i would like to know", "can you tell me", "what is")
    for what in ("the status of my claim", "a deductible", "the price of my policy", "my balance")
]


@pytest.fixture(scope="module")
def judge() -> Completeness:
    return Completeness(learn(SENTENCES))


def test_a_whole_sentence_is_likelier_over_than_its_beginning(judge):
    assert judge.of(SENTENCES[8]) > 0.5 > judge.of(SENTENCES[0][:5])


def test_what_was_learned_is_read_again(judge, tmp_path):
    weights = learn(SENTENCES)
    write(tmp_path, weights)
    words = SENTENCES[9]
    assert Completeness.read(tmp_path).of(words) == pytest.approx(Completeness(weights).of(words))


def test_nothing_is_decided_without_words_or_without_a_model(judge, tmp_path):
    assert judge.of([]) == Completeness.read(tmp_path).of(["claim"]) == 0.5
