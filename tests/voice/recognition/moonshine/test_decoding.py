"""One call's sound, and what is made of it."""

from dataclasses import asdict

import pytest

from tests.voice.recognition.callers import needs_flite, noise, say, tone
from voice.ports import Expectation, Kind, Option
from voice.recognition.moonshine.decoding import MoonshineDecoding

SENTENCE = "What is the status of my claim?"
WORDS = "what is the status of my claim"
NUMBER = "nine, zero, four, two, seven"
HALF_A_SECOND = 16_000  # bytes at 16 kHz


@pytest.fixture
def ears(models) -> MoonshineDecoding:
    """In a call at 16 kHz, at an utterance that may be anything."""
    found = models.decoding()
    return begun(found)


def begun(ears: MoonshineDecoding, kind: Kind = Kind.FREE, *titles: str, rate: int = 16_000) -> MoonshineDecoding:
    ears.answer_the_phone(rate)
    ears.start(asdict(Expectation(kind, options=tuple(Option(title, f"/{title}") for title in titles))))
    return ears


def heard(ears: MoonshineDecoding, pcm: bytes) -> dict:
    ears.feed(pcm)
    return ears.finish()


# --- speech


@needs_flite
@pytest.mark.parametrize("rate", [8000, 16_000])
def test_a_sentence_is_understood_at_the_lines_rate(ears, rate):
    found = heard(begun(ears, rate=rate), say(SENTENCE, rate))
    assert (found["text"], found["understood"]) == (WORDS, True)
    assert found["confidence"] > 0.9


@needs_flite
@pytest.mark.parametrize("rate", [8000, 16_000])
def test_words_follow_each_other_within_the_sound(ears, rate):
    pcm = say(SENTENCE, rate)
    found = heard(begun(ears, rate=rate), pcm)["words"]
    times = [time for _, start, end, _ in found for time in (start, end)]
    assert [word for word, *_ in found] == WORDS.split()
    assert times == sorted(times)
    assert 0.2 < times[0] < times[-1] <= len(pcm) / 2 / rate - 0.2
    assert all(start < end for _, start, end, _ in found)


@needs_flite
def test_a_sentence_that_is_over_is_more_complete_than_its_beginning(ears):
    whole = heard(ears, say(SENTENCE))["complete"]
    assert whole > heard(begun(ears), say("I would like to know"))["complete"]


@needs_flite
def test_pieces_of_any_length_are_the_whole(ears):
    pcm = say(SENTENCE)
    whole = heard(ears, pcm)
    begun(ears)
    for start in range(0, len(pcm), 1001):
        ears.feed(pcm[start : start + 1001])
    assert ears.finish() == whole


@needs_flite
def test_how_loud_the_caller_is_does_not_matter(ears):
    low = (memoryview(say(SENTENCE)).cast("h")).tolist()
    quiet = b"".join(round(sample / 8).to_bytes(2, "little", signed=True) for sample in low)
    assert heard(ears, quiet)["text"] == WORDS


@needs_flite
def test_other_readings_are_others_and_none_twice(ears):
    found = heard(ears, say("My windscreen was broken by a stone"))
    assert found["alternatives"]
    assert len({found["text"], *found["alternatives"]}) == 1 + len(found["alternatives"])
    assert len(found["alternatives"]) <= 8


# --- what a question expects


@needs_flite
def test_a_title_of_the_question_is_heard_better_than_without_it(ears):
    pcm = say("Fleet cover")
    without = heard(begun(ears, Kind.CHOICE), pcm)
    offered = heard(begun(ears, Kind.CHOICE, "Fleet cover", "Basic"), pcm)
    assert offered["text"] == "fleet cover"
    assert offered["confidence"] > without["confidence"]


@needs_flite
def test_titles_are_of_their_question_only(ears):
    pcm = say("Fleet cover")
    before = heard(begun(ears, Kind.CHOICE), pcm)
    heard(begun(ears, Kind.CHOICE, "Fleet cover"), pcm)
    assert heard(begun(ears, Kind.CHOICE), pcm) == before


@needs_flite
@pytest.mark.parametrize(
    ("kind", "text"),
    [(Kind.YES_NO, "yes please"), (Kind.DATE, "the third of march"), (Kind.CHOICE, "the second one")],
)
def test_an_answer_is_heard(ears, kind, text):
    assert heard(begun(ears, kind), say(text))["text"] == text


@needs_flite
@pytest.mark.parametrize("rate", [8000, 16_000])
def test_digits_are_figures(ears, rate):
    found = heard(begun(ears, Kind.DIGITS, rate=rate), say(NUMBER, rate))
    assert (found["text"], found["understood"]) == ("90427", True)
    assert [word for word, *_ in found["words"]] == ["90427"]


@needs_flite
def test_other_readings_of_digits_are_digits_and_others(ears):
    found = heard(begun(ears, Kind.DIGITS), say("five, nine, double four, oh, three, one"))
    assert all(other.isdecimal() and other != found["text"] for other in found["alternatives"])
    assert len(set(found["alternatives"])) == len(found["alternatives"])


@needs_flite
@pytest.mark.parametrize("wish", ["I don't know", "Can I talk to a person"])
def test_a_wish_in_place_of_digits_is_heard(ears, wish):
    found = heard(begun(ears, Kind.DIGITS), say(wish))
    assert found["text"] == wish.lower()
    assert found["understood"]


# --- no speech


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("pcm", [b"", b"\1", bytes(2), bytes(32_000)], ids=["none", "half a sample", "one", "silence"])
def test_where_nothing_is_nothing_is_heard(ears, kind, pcm):
    found = heard(begun(ears, kind), pcm)
    assert (found["text"], found["understood"], found["confidence"]) == ("", False, 0.0)
    assert (found["words"], found["alternatives"]) == ([], [])


@pytest.mark.parametrize("kind", [Kind.FREE, Kind.DIGITS, Kind.CHOICE])
@pytest.mark.parametrize("pcm", [noise(0.1), tone(440), b"\0\x40"], ids=["noise", "a tone", "a click"])
def test_what_is_no_speech_is_not_understood(ears, kind, pcm):
    found = heard(begun(ears, kind), pcm)
    assert not found["understood"]
    assert found["confidence"] < 0.5


def test_a_megabyte_of_noise_is_not_understood(ears):
    assert not heard(ears, noise(0.1, seconds=32.8))["understood"]


# --- utterances


@needs_flite
@pytest.mark.parametrize("rate", [8000, 16_000])
def test_half_a_sample_at_the_end_waits_for_its_other_half(ears, rate):
    pcm, ears = say(SENTENCE, rate), begun(ears, rate=rate)
    middle = len(pcm) // 2 | 1
    heard(ears, pcm[:middle])
    assert heard(ears, pcm[middle:])["text"] == WORDS


@needs_flite
def test_an_utterance_that_goes_on_is_heard_from_its_beginning(ears):
    pcm = say(SENTENCE)
    first = heard(ears, pcm[: len(pcm) // 2])
    assert first["text"] != WORDS
    assert heard(ears, pcm[len(pcm) // 2 :])["text"] == WORDS


@needs_flite
def test_what_was_heard_is_not_worked_out_twice(ears):
    first = heard(ears, say(SENTENCE))
    assert heard(ears, b"") is first
    assert not ears.catch_up()


@needs_flite
def test_a_new_utterance_has_nothing_of_the_last_one(ears):
    heard(ears, say(SENTENCE))
    ears.start(asdict(Expectation()))
    assert ears.feed(b"") == ""
    assert ears.finish()["text"] == ""


@needs_flite
def test_a_new_call_has_nothing_of_the_last_one(ears):
    ears.feed(say(SENTENCE))
    ears.catch_up()
    ears.answer_the_phone(8000)
    assert ears.feed(b"") == ""
    assert ears.finish()["text"] == ""


@needs_flite
def test_calls_do_not_hear_each_other(models, ears):
    other = begun(models.decoding(), Kind.DIGITS)
    sentence, number = say(SENTENCE), say(NUMBER)
    ears.feed(sentence[: len(sentence) // 2])
    other.feed(number[: len(number) // 2])
    assert heard(ears, sentence[len(sentence) // 2 :])["text"] == WORDS
    assert heard(other, number[len(number) // 2 :])["text"] == "90427"


# --- words so far


@needs_flite
def test_words_so_far_are_there_after_catching_up(ears):
    assert ears.feed(say(SENTENCE)) == ""
    assert ears.catch_up()
    assert ears.feed(b"") == WORDS


@needs_flite
def test_there_is_nothing_to_catch_up_until_half_a_second_more_was_heard(ears):
    pcm = say(SENTENCE)
    ears.feed(pcm[: 2 * HALF_A_SECOND])
    assert ears.catch_up()
    assert not ears.catch_up()
    ears.feed(pcm[2 * HALF_A_SECOND : 3 * HALF_A_SECOND - 2])
    assert not ears.catch_up()
    ears.feed(pcm[3 * HALF_A_SECOND - 2 : 3 * HALF_A_SECOND])
    assert ears.catch_up()


def test_noise_has_no_words_so_far(ears):
    ears.feed(noise(0.1, seconds=2.0))
    assert ears.catch_up()
    assert ears.feed(b"") == ""


def test_less_than_half_a_second_is_not_looked_at(ears):
    ears.feed(noise(0.1, seconds=0.4))
    assert not ears.catch_up()


@needs_flite
def test_words_so_far_change_nothing_of_what_was_said(models, ears):
    pcm, plain = say(SENTENCE), begun(models.decoding())
    for start in range(0, len(pcm), HALF_A_SECOND):
        ears.feed(pcm[start : start + HALF_A_SECOND])
        ears.catch_up()
    assert ears.finish() == heard(plain, pcm)
