"""How the voice benchmark counts what is understood: words, sentences held out, sounds, and their tables."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.voice import accuracy_tables
from benchmarks.voice.accuracy import key_in
from benchmarks.voice.accuracy_engines import NUMBERS, SENTENCES, Call, Heard, Result
from benchmarks.voice.accuracy_sentences import HeldOut, drawn, said_alike
from benchmarks.voice.accuracy_sounds import no_speech, numbers, save
from benchmarks.voice.accuracy_tables import Measured, mistakes, report
from benchmarks.voice.accuracy_words import auc, between, comparable, errors, errors_of_words
from benchmarks.voice.speech import read
from bot.lint_data.examples import Example
from voice.ports import Kind

# --- words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What's my excess?", "what is my excess"),
        ("I can't pay, I'd rather not", "i can not pay i would rather not"),
        ("OK, my parents' house", "okay my parents house"),
        ("someone vandalised my neighbour's tyres", "someone vandalized my neighbor's tires"),
        ("my adviser cancelled 2 cheques", "my advisor canceled two checks"),
        ("I wanna renew", "I want to renew"),
    ],
)
def test_two_ways_to_write_the_same_words_compare_equal(one, other):
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(
    ("said", "heard", "count"),
    [
        ("log in to my letterbox today", "login to my letter box to day", 0),
        ("this is a part", "this is apart", 0),
        ("pay a bill", "pay able", 2),
    ],
)
def test_one_word_or_two_is_no_error_where_the_letters_are_the_same(said, heard, count):
    assert errors_of_words(said, heard)[0] == count


def test_a_possessive_is_no_contraction():
    assert comparable("my wife's car") == ["my", "wife's", "car"]


@pytest.mark.parametrize(
    ("said", "heard", "count"),
    [
        ("pay my bill", "pay my bill", 0),
        ("pay my bill", "pay bill", 1),
        ("pay my bill", "pay for my bill", 1),
        ("pay my bill", "play my bell now", 3),
        ("pay my bill", "", 3),
        ("", "hello", 1),
    ],
)
def test_words_put_in_left_out_and_mistaken_are_errors(said, heard, count):
    assert errors(said.split(), heard.split()) == count


def test_auc_is_the_share_of_pairs_in_the_right_order_and_ties_are_half():
    assert auc([0.9, 0.5], [0.5, 0.1]) == pytest.approx(3.5 / 4)


def test_auc_of_nothing_is_no_number():
    assert np.isnan(auc([], [0.5]))


def test_an_interval_holds_the_share_and_narrows_with_more_sentences():
    few, many = between([(0, 10), (2, 10)] * 5), between([(0, 10), (2, 10)] * 50)
    assert few[0] < many[0] < 0.1 < many[1] < few[1]


# --- sentences


def example(text: str, intent: str = "file_claim", area: str = "claims") -> Example:
    return Example(text, intent, "en", Path(f"{area}.yml"), 1)


def texts(examples: list[Example], count: int = 10, spellings: dict[str, str] | None = None) -> set[str]:
    return {sentence.text for sentence in drawn(examples, spellings or {}, count, seed=1)}


def test_the_same_seed_draws_the_same_sentences():
    known = [example(f"I want to report {thing} damage", intent) for thing in "abcdef" for intent in "xyz"]
    assert drawn(known, {}, 7, seed=3) == drawn(known, {}, 7, seed=3) != drawn(known, {}, 7, seed=4)


def test_every_intent_is_drawn_from_as_often():
    known = [example(f"please help me with {word}", "often") for word in "abcdefgh"]
    known += [example(f"what do I owe {word}", "seldom") for word in "ab"]
    assert sorted(sentence.intent for sentence in drawn(known, {}, 4, seed=1)) == ["often", "often", "seldom", "seldom"]


@pytest.mark.parametrize(
    "left_out",
    [
        example("how are you this morning", "greet", "smalltalk"),
        example("tell me a good joke", "out_of_scope", "out_of_scope"),
        example("report damage"),
        example(" ".join(["very"] * 15)),
        example("my claim is CL-9040027"),
        example("我的车昨天被偷了 since then"),
        example("pls report my claim"),
    ],
    ids=lambda it: it.text,
)
def test_what_is_not_said_like_that_to_an_insurer_is_not_drawn(left_out):
    wanted = example("I want to file a claim")
    assert texts([left_out, wanted], spellings={"pls": "please"}) == {wanted.text}


def test_sentences_with_the_same_words_are_drawn_once():
    known = [example("I had an accident"), example("i had an accident!"), example("I had an accident", "emergency")]
    assert len(drawn(known, {}, 3, seed=1)) == 1


def test_all_that_sound_like_a_sentence_held_out_leave_with_it():
    held_out = HeldOut("I'm moving abroad", ("i'm", "moving", "abroad"), "cancel_policy")
    known = [
        example("I'm moving abroad"),
        example("i’m moving abroad!", "inform"),
        example("im moving abroad", area="smalltalk"),
        example("I'm moving abroad soon"),
    ]
    assert said_alike(known, {"im": "i'm"}, [held_out]) == known[:3]


# --- sounds


def test_a_number_is_read_out_by_one_person_and_every_speaker_reads_as_many(tmp_path):
    for digit in "0123456789":
        for number, speaker in enumerate(("ann", "bob"), 1):
            save(tmp_path / "digits" / f"{digit}_{speaker}_5.wav", np.full(1600 * number, 1.0))
    found = numbers(tmp_path / "digits", 4, tmp_path / "numbers", seed=1)
    seconds = {who: [len(read(path)[0]) / 2 / 16000 for _, path in own] for who, own in found.items()}
    assert [len(own) for own in found.values()] == [2, 2]
    assert all(len(digits) == 7 for own in found.values() for digits, _ in own)
    assert all(0.7 < each < 0.7 + 6 * 0.25 for each in seconds["ann"])
    assert all(1.4 < each < 1.4 + 6 * 0.25 for each in seconds["bob"])


def test_without_recordings_it_says_where_it_looked(tmp_path):
    with pytest.raises(SystemExit, match="--data"):
        numbers(tmp_path, 4, tmp_path, seed=1)


def test_sounds_that_are_no_speech_can_be_heard(tmp_path):
    talk = [save(tmp_path / f"{number}.wav", np.sin(np.arange(8000 + number) / 9)) for number in range(6)]
    for paths in no_speech(talk, tmp_path / "none", seed=1).values():
        for path in paths:
            samples = np.frombuffer(read(path)[0], "<i2")
            assert len(samples) >= 16000 * 2
            assert np.abs(samples).max() > 20000


def test_a_number_that_is_keyed_in_comes_to_its_digits():
    assert key_in("0123456") == "0123456"


# --- tables

CLAIM = HeldOut("I want to file a claim", ("i", "want", "to", "file", "a", "claim"), "file_claim")
BILL = HeldOut("what's my bill", ("what's", "my", "bill"), "billing_balance")


def heard(text: str, confidence: float = 0.9) -> Heard:
    return Heard(text, confidence, confidence >= 0.5, ())


@pytest.fixture
def measured(monkeypatch) -> Measured:
    monkeypatch.setattr(accuracy_tables, "heading", lambda: "today")
    sentences = Call("moonshine", "", 8000, SENTENCES, "slt", ())
    digits = Call("moonshine", "", 8000, NUMBERS, "ann", (), Kind.DIGITS)
    results = [
        Result(sentences, [heard("i want to file claim"), heard("what is my bill")], 1.0, 200_000_000),
        Result(digits, [heard("1234567"), heard("1234577")], 1.0, 200_000_000),
    ]
    intents = {
        "I want to file a claim": "file_claim",
        "what's my bill": "billing_balance",
        "i want to file claim": "file_claim",
        "what is my bill": "pay_bill",
    }
    said = {"ann": ["1234567", "1234567"]}
    return Measured([CLAIM, BILL], 3, results, intents, said, {"1234567": "1234567"}, 1)


def row(page: str, name: str) -> list[str]:
    line = next(line for line in page.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_words_and_intents_stand_beside_the_aim(measured):
    page = report(measured)
    assert row(page, "8 kHz, flite's five: word errors")[1].startswith("10.0 %")
    aim, share = row(page, "8 kHz, flite's five: intent right")
    assert (aim, share.split(" (")[0]) == (">= 97 %", "50.0 %")


def test_errors_are_counted_by_digit_and_numbers_by_all_of_theirs(measured):
    page = report(measured)
    assert row(page, "error per digit") == ["< 25 %", "7.1 %", "0.0 %"]
    assert row(page, "numbers without any")[1:] == ["1 of 2", "1 of 1"]


def test_what_was_not_heard_to_the_word_or_misunderstood_is_listed(measured):
    listed = [line.split("\t")[4:8] for line in mistakes(measured)][1:]
    assert listed == [
        ["I want to file a claim", "i want to file claim", "file_claim", "file_claim"],
        ["what's my bill", "what is my bill", "billing_balance", "pay_bill"],
    ]
