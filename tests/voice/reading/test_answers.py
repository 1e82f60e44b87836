"""An answer in the light of what was asked."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.voice.fakes import understood
from voice.ports import Expectation, Hypothesis, Kind, Option
from voice.reading import Answer, Misread, Problem, Reader, Wish, Wished
from voice.texts import Texts

EN, ZH = (Reader(Texts(), language, lambda: date(2026, 11, 22)) for language in ("en", "zh"))
POLICY = Expectation(Kind.DIGITS, "policy_number")
YES_NO = Expectation(Kind.YES_NO)
OPTIONS = (Option("Auto insurance", "/auto"), Option("Home insurance", "/home"), Option("Something else", "/other"))
CHOICE = Expectation(Kind.CHOICE, options=OPTIONS)


def heard(text: str, expectation: Expectation, reader: Reader = EN):
    return reader.heard(understood(text), expectation)


@pytest.mark.parametrize(
    ("about", "text"), [("policy_number", "PA-1234567"), ("claim_number", "CL-1234567"), ("phone_number", "1234567")]
)
def test_numbers_become_what_a_chat_customer_would_type(about, text):
    answer = heard("one two three four five six seven", Expectation(Kind.DIGITS, about, 7, 11))
    assert answer.text == text


def test_a_number_without_a_prefix_is_read_back_digit_by_digit():
    assert heard("one two three four five six", Expectation(Kind.DIGITS, "one_time_code")).spoken == "1 2 3 4 5 6"


def test_other_readings_of_a_number_come_along_in_the_same_form():
    hypothesis = understood("1234567", alternatives=("1234567", "1234569", "123", "1234560"))
    assert EN.heard(hypothesis, POLICY).alternatives == ("PA-1234569", "PA-1234560")


@pytest.mark.parametrize(("text", "problem"), [("one two", Problem.TOO_FEW), ("12345678", Problem.TOO_MANY)])
def test_a_number_of_the_wrong_length_says_what_is_wrong_with_it(text, problem):
    assert heard(text, POLICY) == Misread(problem)


@pytest.mark.parametrize(
    "hypothesis",
    [Hypothesis("my claim", 0.49, True), Hypothesis("my claim", 0.9, False), Hypothesis(" ", 0.9, True)],
)
def test_what_is_not_to_be_believed_is_not_read(hypothesis):
    assert EN.heard(hypothesis, Expectation()) == Misread(Problem.NO_MATCH)


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [(EN, "yes please", True), (EN, "no thanks", False), (EN, "um no", False), (EN, "that's not right", False),
     (ZH, "对", True), (ZH, "是的呀", True), (ZH, "不对", False), (ZH, "不可以吧", False)],
)  # fmt: skip
def test_yes_and_no(reader, text, value):
    answer = heard(text, YES_NO, reader)
    assert (answer.value, answer.exact) == (value, True)


def test_more_than_yes_or_no_is_for_the_assistant():
    assert heard("yes but only the car", YES_NO) == Answer("yes but only the car", "yes but only the car")


@pytest.mark.parametrize(
    ("text", "payload"),
    [("auto", "/auto"), ("home insurance please", "/home"), ("something else", "/other"), ("option two", "/home"),
     ("number one", "/auto"), ("the third one", "/other"), ("two", "/home")],
)  # fmt: skip
def test_a_choice_by_name_or_number(text, payload):
    assert heard(text, CHOICE).text == payload


@pytest.mark.parametrize("text", ["insurance", "number nine", "what is the difference"])
def test_what_is_no_clear_choice_is_for_the_assistant(text):
    assert heard(text, CHOICE).text == text


@pytest.mark.parametrize(
    ("reader", "text", "what"),
    [(EN, "pardon", Wished.REPEAT), (EN, "could you say that again please", Wished.REPEAT),
     (EN, "slow down please", Wished.SLOWER), (EN, "speak faster", Wished.FASTER), (ZH, "没听清", Wished.REPEAT),
     (ZH, "请再说一遍", Wished.REPEAT), (ZH, "慢一点", Wished.SLOWER), (ZH, "说快一点", Wished.FASTER)],
)  # fmt: skip
def test_wishes_of_the_session_itself(reader, text, what):
    assert heard(text, Expectation(), reader) == Wish(what)


def test_a_person_is_the_dialogues_business_in_free_speech():
    assert heard("operator", Expectation()) == Answer("operator", "operator")
    assert heard("operator", YES_NO) == Wish(Wished.PERSON)


def test_another_date_is_for_the_assistant_but_not_for_a_birth_date():
    assert heard("last tuesday", Expectation(Kind.DATE, "claim_date")).text == "last tuesday"
    assert heard("last tuesday", Expectation(Kind.DATE, "birth_date")) == Misread(Problem.NO_DATE)


_EXPECTATIONS = st.builds(
    Expectation, kind=st.sampled_from(Kind), about=st.sampled_from([None, "policy_number", "birth_date"]),
    options=st.sampled_from([(), OPTIONS]),
)  # fmt: skip


@given(st.text(max_size=40), _EXPECTATIONS)
def test_whatever_is_heard_is_read_as_something(text, expectation):
    for reader in (EN, ZH):
        reading = reader.heard(understood(text), expectation)
        assert not isinstance(reading, Answer) or reading.text


@given(st.text("0123456789", min_size=1, max_size=40), _EXPECTATIONS)
def test_whatever_is_pressed_is_read_as_something(keys, expectation):
    reading = EN.pressed(keys, expectation)
    assert not isinstance(reading, Answer) or reading.text
