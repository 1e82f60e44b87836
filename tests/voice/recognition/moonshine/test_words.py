"""How likely callers say a word."""

from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.recognition.moonshine.words import BEGIN, END, Expected, Words
from voice.recognition.ngrams import Trigrams, background_of

SAID = [
    ("what is the status of my claim", 3.0),
    ("what is my deductible", 1.0),
    ("i want to report a claim", 2.0),
    ("yes", 1.0),
    ("no", 1.0),
]
UNHEARD = ("zebra", "zebra")
_ROUNDED = 5e-4  # of three numbers with four decimals, as natural logarithms

word = st.text("abc", min_size=1, max_size=3)
corpora = st.lists(st.tuples(st.lists(word, min_size=1, max_size=5), st.sampled_from([0.3, 1.0, 20.0])), min_size=1)


def words_of(trigrams: Trigrams, folder) -> Words:
    trigrams.write(folder / "words.lm")
    return Words(folder)


@pytest.fixture(scope="module")
def words(tmp_path_factory) -> Words:
    said = [(text.split(), count) for text, count in SAID]
    known = {each for sentence, _ in said for each in sentence} | {"status", "statute", "yellow"}
    return words_of(Trigrams(said, background_of(known, lambda _: 1.0)), tmp_path_factory.mktemp("words"))


# --- after other words


@given(corpora, st.lists(word, max_size=2), st.data())
def test_a_known_word_is_as_likely_as_the_counts_say(tmp_path_factory, corpus, before, data):
    known = sorted({each for sentence, _ in corpus for each in sentence})
    trigrams = Trigrams(corpus, background_of(known, lambda _: 1.0))
    found = words_of(trigrams, tmp_path_factory.mktemp("corpus"))
    history = (*BEGIN, *before)[-2:]
    following = data.draw(st.sampled_from([*known, END]))
    assert found.after(history, following) == pytest.approx(log(trigrams.probability(following, history)), abs=_ROUNDED)


def test_what_was_often_said_is_likelier(words):
    assert (
        words.after(("of", "my"), "claim") > words.after(("of", "my"), "deductible") > words.after(("of", "my"), "yes")
    )


def test_a_sentence_ends_where_others_ended(words):
    assert words.after(("my", "claim"), END) > words.after(("status", "of"), END)


def test_a_strange_word_is_less_likely_than_any_known_one_and_the_less_the_longer_it_is(words):
    known, short, long = (words.after(BEGIN, each) for each in ("yellow", "grzegorz", "grzegorzewski"))
    assert known > short > long


# --- while a word is written


@pytest.mark.parametrize("letters", ["s", "stat", "statu", "y", "claim"])
def test_letters_are_as_likely_as_all_words_that_begin_with_them(words, letters):
    known = {each for text, _ in SAID for each in text.split()} | {"statute", "yellow"}
    total = sum(exp(words.after(UNHEARD, each)) for each in known if each.startswith(letters))
    assert exp(words.begun(letters)) == pytest.approx(total)


def test_the_end_of_a_sentence_begins_with_no_letter(words):
    assert words.begun("<") == words.begun("#")


def test_letters_that_begin_no_known_word_are_those_of_a_strange_one(words):
    assert words.begun("statx") == words.after(BEGIN, "statx") < words.begun("stat")


# --- in answer to a question


def test_what_is_expected_is_likelier_than_anyhow(words):
    expected = Expected(words, [(("gold", "cover"), 1.0)])
    assert expected.after(BEGIN, "gold") > words.after(BEGIN, "gold") + 5
    assert expected.after(("<s>", "gold"), "cover") > words.after(("<s>", "gold"), "cover") + 5
    assert expected.begun("go") > words.begun("go") + 5


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_what_is_not_expected_has_the_share_that_is_left(words, share):
    expected = Expected(words, [(("gold", "cover"), 1.0)], share)
    assert expected.after(("of", "my"), "claim") == pytest.approx(words.after(("of", "my"), "claim") + log(1 - share))
    assert expected.begun("cl") == pytest.approx(words.begun("cl") + log(1 - share))


def test_what_is_expected_and_said_anyhow_has_of_both(words):
    expected, other = Expected(words, [(("yes",), 1.0)]), Trigrams([(("yes",), 1.0)], background_of(["yes"], float_one))
    mixed = 0.5 * other.probability("yes", BEGIN) + 0.5 * exp(words.after(BEGIN, "yes"))
    assert exp(expected.after(BEGIN, "yes")) == pytest.approx(mixed)


def test_an_answer_that_counts_more_is_likelier(words):
    expected = Expected(words, [(("gold",), 5.0), (("silver",), 1.0)])
    assert expected.after(BEGIN, "gold") > expected.after(BEGIN, "silver")


def test_answers_without_words_change_little(words):
    expected = Expected(words, [((), 1.0)])
    assert expected.after(BEGIN, "yes") == pytest.approx(words.after(BEGIN, "yes") + log(0.5))


def test_no_word_is_too_long(words):
    expected = Expected(words, [(("yes",), 1.0)])
    assert expected.begun("m" * 2000) < expected.begun("m" * 1000) < -1000
    assert expected.after(BEGIN, "m" * 2000) < expected.after(BEGIN, "m" * 1000) < -1000


def float_one(_: str) -> float:
    return 1.0
