"""A trigram model, and its file."""

from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.recognition.ngrams import END, START, Trigrams, background_of, read

_ROUNDED = 5e-4  # of three numbers with four decimals, as natural logarithms
UNKNOWN = "unheard"

word = st.text("abc", min_size=1, max_size=3)
corpora = st.lists(st.tuples(st.lists(word, min_size=1, max_size=5), st.sampled_from([0.3, 1.0, 20.0])), min_size=1)
SAID = [(("my", "claim"), 3.0), (("my", "policy"), 1.0), (("yes",), 1.0)]


def known(corpus) -> list[str]:
    return sorted({word for sentence, _ in corpus for word in sentence} | {UNKNOWN})


def counted(corpus, **trust: float) -> Trigrams:
    return Trigrams(corpus, background_of(known(corpus), lambda _: 1.0), **trust)


def backed_off(found, gram: tuple[str, ...]) -> float:
    """As every decoder reads an ARPA model."""
    if gram in found:
        return found[gram][0]
    return found.get(gram[:-1], (0.0, 0.0))[1] + backed_off(found, gram[1:])


# --- estimates


@given(corpora, st.lists(word, max_size=2))
def test_after_any_words_something_follows(corpus, history):
    trigrams = counted(corpus)
    assert sum(trigrams.probability(word, history) for word in [*known(corpus), END]) == pytest.approx(1.0)


def test_what_was_said_oftener_is_likelier():
    trigrams = counted(SAID)
    assert trigrams.probability("claim", ("my",)) > trigrams.probability("policy", ("my",))
    assert trigrams.probability("policy", ("my",)) > trigrams.probability(UNKNOWN, ("my",)) > 0


def test_only_the_last_two_words_count():
    trigrams = counted(SAID)
    assert trigrams.probability("claim", ("yes", START, "my")) == trigrams.probability("claim", (START, "my"))


def test_less_trust_leaves_more_to_the_shorter_history():
    little, much = counted(SAID, trust=0.5), counted(SAID, trust=2.0)
    assert little.probability("claim", ("my",)) > much.probability("claim", ("my",))
    assert little.probability(UNKNOWN, ("my",)) < much.probability(UNKNOWN, ("my",))


def test_what_was_counted_perplexes_less_than_what_was_not():
    trigrams = counted(SAID)
    assert trigrams.perplexity([("my", "claim")]) < trigrams.perplexity([("claim", "my")])


def test_a_background_sums_to_one_with_the_end():
    background = background_of(["a", "b"], lambda word: 3.0 if word == "a" else 1.0)
    assert background == {"a": pytest.approx(0.6), "b": pytest.approx(0.2), END: pytest.approx(0.2)}


# --- the file


@given(corpora, st.data())
def test_what_is_read_is_what_was_written(tmp_path_factory, corpus, data):
    trigrams, path = counted(corpus), tmp_path_factory.mktemp("arpa") / "words.lm"
    trigrams.write(path)
    found = read(path)
    some = st.sampled_from(known(corpus))
    history = data.draw(st.sampled_from([(), (START,)])) + tuple(data.draw(st.lists(some, max_size=2)))
    following = data.draw(st.sampled_from([*known(corpus), END]))
    expected = log(trigrams.probability(following, history))
    assert backed_off(found, (*history[-2:], following)) == pytest.approx(expected, abs=_ROUNDED)


def test_nothing_is_less_likely_than_one_in_a_billion(tmp_path):
    Trigrams(SAID, {"rare": 1e-15, END: 0.5}).write(tmp_path / "words.lm")
    assert read(tmp_path / "words.lm")[("rare",)] == (pytest.approx(log(1e-9)), 0.0)


def test_a_sentences_beginning_is_never_heard(tmp_path):
    counted(SAID).write(tmp_path / "words.lm")
    value, back_off = read(tmp_path / "words.lm")[(START,)]
    assert exp(value) == pytest.approx(0.0)
    assert back_off < 0


def test_the_file_counts_what_is_in_it(tmp_path):
    counted(SAID).write(tmp_path / "words.lm")
    head = (tmp_path / "words.lm").read_text().partition("\n\n")[0]
    lengths = [len(gram) for gram in read(tmp_path / "words.lm")]
    assert head.splitlines()[1:] == [f"ngram {order}={lengths.count(order)}" for order in (1, 2, 3)]
