"""What pieces of words cost."""

from itertools import pairwise
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.recognition.moonshine.network import Network
from voice.recognition.moonshine.scoring import AsDigits, AsWords, Pieces, State
from voice.recognition.moonshine.words import BEGIN, END, Words
from voice.recognition.ngrams import Trigrams, background_of
from voice.recognition.numerals import DIGITS, REPEATED

SENTENCES = ["what is the status of my claim", "i don't want my claim", "my policy is new", "yes", "no"]
_ALL_DIGITS = sorted(word for word in (*DIGITS, *REPEATED) if len(word) > 1)


@pytest.fixture(scope="module")
def words(tmp_path_factory) -> Words:
    folder = tmp_path_factory.mktemp("words")
    said = [(sentence.split(), 1.0) for sentence in SENTENCES]
    known = {word for sentence, _ in said for word in sentence}
    Trigrams(said, background_of(known, lambda _: 1.0)).write(folder / "words.lm")
    return Words(folder)


def split(text: str, places: set[int]) -> list[str]:
    """The pieces of `text` between `places`."""
    edges = [0, *sorted(place for place in places if 0 < place < len(text)), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


def written(scorer_of, pieces: list[str], *, ended: bool = True) -> State | None:
    """The state after the pieces, each of which is a token; None when they cannot be written."""
    scorer = scorer_of(Pieces(pieces))
    state = State()
    for token in range(len(pieces)):
        state = scorer.extended(state, token)
        if state is None:
            return None
    return scorer.ended(state) if ended else state


def as_words(words, *pieces: str, ended: bool = True) -> State:
    return written(lambda found: AsWords(found, words), list(pieces), ended=ended)


def as_digits(*pieces: str) -> State | None:
    return written(AsDigits, list(pieces))


places = st.sets(st.integers(1, 60))
said = st.lists(
    st.sampled_from(["my", "My", "claim", "claims", "policy", "don't", "status", "Grzegorz", "7", "0"]), max_size=8
)

# --- words


@given(said, st.sampled_from([" ", ", ", ". ", "? "]), places)
def test_a_sentence_costs_what_its_words_cost_whatever_its_pieces(words, sentence, between, cuts):
    likely, history = 0.0, BEGIN
    for word in sentence:
        if word.isdigit():
            likely, history = likely + log(1 / 30), BEGIN
        else:
            likely += words.after(history, word.lower())
            history = (history[1], word.lower())
    state = as_words(words, *split(" " + between.join(sentence), cuts))
    assert state.likely == pytest.approx(likely + words.after(history, END))
    assert state.words == len(sentence)


@given(places)
def test_letters_of_a_word_cost_what_they_begin(words, cuts):
    state = as_words(words, *split(" my sta", cuts), ended=False)
    assert state.likely == pytest.approx(words.after(BEGIN, "my") + words.begun("sta"))
    assert (state.letters, state.history, state.words) == ("sta", ("<s>", "my"), 1)


def test_figures_beside_each_other_are_a_word_each(words):
    assert as_words(words, " 90", "4").words == 3
    assert as_words(words, " 4pm").likely == pytest.approx(as_words(words, " 4", " pm").likely)


@pytest.mark.parametrize("pieces", [(" '", " my", " claim"), (" my", " '", " claim"), (" my", " claim", " '")])
def test_a_quotation_mark_costs_nothing(words, pieces):
    plain, quoted = as_words(words, " my", " claim"), as_words(words, *pieces)
    assert quoted.likely == pytest.approx(plain.likely)
    assert quoted.words == 2


def test_nothing_written_costs_the_end_of_nothing(words):
    assert as_words(words).likely == pytest.approx(words.after(BEGIN, END))


# --- what is ever written


def test_words_are_written_in_plain_letters_only():
    bias = Pieces([" claim", "don't", "50%", " é", "理赔", "<s>", "</s>", "♪"]).bias
    assert [value == 0 for value in bias] == [True] * 3 + [False] * 5


def test_digits_are_written_with_tokens_that_are_in_digit_words_only():
    bias = Pieces([" nine", "904", " dou", "ble", ", ", " claim", "$", "'s", "理"]).digit_bias
    assert [value == 0 for value in bias] == [True] * 5 + [False] * 4


def test_every_digit_word_can_be_written_with_the_networks_tokens():
    tokens = Network().tokens
    able = [token for token, bias in zip(tokens, Pieces(tokens).digit_bias, strict=True) if bias == 0]
    assert {" " + word for word in DIGITS if len(word) > 1} | set("0123456789") <= set(able)


# --- digits

digits = st.lists(st.sampled_from([*_ALL_DIGITS, *"0123456789"]), max_size=12)


@given(digits, st.sampled_from([" ", ", ", "-", ". "]), st.booleans(), places)
def test_digits_are_accepted_whatever_their_pieces(said, between, capital, cuts):
    text = between.join(said)
    state = as_digits(*split(text.title() if capital else text, cuts))
    assert state is not None
    assert state.words == len(said)


@given(
    digits, st.text("abcdefghinorstuvwxz", min_size=1, max_size=8).filter(lambda word: word not in _ALL_DIGITS), places
)
def test_any_other_word_is_refused(said, other, cuts):
    assert as_digits(*split(" ".join([*said, other]), cuts)) is None
    assert as_digits(*split(" ".join([other, *said]), cuts)) is None


def test_a_part_of_a_digit_word_is_none():
    assert as_digits(" nin") is None
    assert as_digits(" nin", ", ", "e") is None


def test_figures_may_touch_each_other_and_words():
    assert as_digits(" 90", "4two", "7").words == 5


def test_all_digits_are_as_likely():
    assert as_digits(" nine").likely == as_digits(" double").likely == as_digits("0").likely == 0.0
