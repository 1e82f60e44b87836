"""The keypad."""

import pytest

from tests.voice.session.talk import Talk
from voice.ports import By, Expectation, Kind, Option
from voice.session.events import KeyPressed, SpeechBegan, StopHearing, WantPerson

OPTIONS = (Option("Auto", "/choose{1}"), Option("Home", "/choose{2}"))


def asked(expectation: Expectation | None, language: str = "en") -> Talk:
    """A call in which the assistant's question is open and was heard."""
    talk = Talk(language=language).consented()
    talk.say("claim" if language == "en" else "理赔")
    talk.reply("And now?", expectation)
    talk.hear_out()
    talk.log.clear()
    return talk


@pytest.mark.parametrize(
    ("expectation", "keys", "text"),
    [
        (Expectation(Kind.DIGITS, "policy_number"), "1234567", "PA-1234567"),
        (Expectation(Kind.DIGITS, "claim_number"), "1234567", "CL-1234567"),
        (Expectation(Kind.DIGITS, "one_time_code"), "012345", "012345"),
        (Expectation(Kind.DIGITS, "phone_number", 7, 15), "015550100#", "015550100"),
        (Expectation(Kind.DIGITS, "amount"), "250#", "250"),
        (Expectation(Kind.DATE, "birth_date"), "04031985", "1985-03-04"),
        (Expectation(Kind.YES_NO), "2", "no"),
        (Expectation(Kind.CHOICE, options=OPTIONS), "2", "/choose{2}"),
        (Expectation(options=OPTIONS), "1", "/choose{1}"),
    ],
)
def test_keys_become_what_a_chat_customer_would_type(expectation, keys, text):
    talk = asked(expectation)
    talk.press(keys)
    assert talk.told == [text]
    assert talk.asked[0].said.by is By.KEYS


def test_a_chinese_date_begins_with_the_year():
    talk = asked(Expectation(Kind.DATE, "birth_date"), "zh")
    talk.press("19850304")
    assert talk.told == ["1985-03-04"]


def test_a_number_of_open_length_ends_when_no_key_comes():
    talk = asked(Expectation(Kind.DIGITS, "phone_number", 7, 15))
    talk.press("015550100")
    assert not talk.asked
    talk.pass_(3)
    assert talk.told == ["015550100"]


def test_too_few_digits_get_help():
    talk = asked(Expectation(Kind.DIGITS, "policy_number"))
    talk.press("123#")
    assert talk.said[0] == talk.text("too_few")


def test_a_day_that_does_not_exist_gets_help():
    talk = asked(Expectation(Kind.DATE, "birth_date"))
    talk.press("31021985")
    assert talk.said[0] == talk.text("no_date")


def test_a_number_that_was_not_offered_gets_help():
    talk = asked(Expectation(Kind.CHOICE, options=OPTIONS))
    talk.press("7")
    assert talk.said[0] == talk.text("not_offered")


def test_zero_alone_is_a_person():
    talk = asked(None)
    talk.press("0")
    talk.pass_(2)
    talk.hear_out()
    assert talk.said == [talk.text("person")]
    assert talk.did(WantPerson)


def test_zero_begins_a_number():
    talk = asked(Expectation(Kind.DIGITS, "one_time_code"))
    talk.press("012345")
    assert talk.told == ["012345"]
    assert not talk.did(WantPerson)


def test_zero_is_a_person_also_while_the_assistant_thinks():
    talk = Talk().consented()
    talk.say("my claim")
    talk.press("0")
    talk.pass_(2)
    talk.hear_out()
    assert talk.did(WantPerson)


def test_other_keys_while_the_assistant_thinks_answer_nothing():
    talk = Talk().consented()
    talk.say("my claim")
    talk.press("11")
    talk.reply("Shall I cancel it?", Expectation(Kind.YES_NO))
    talk.hear_out()
    assert talk.told == ["my claim"]


def test_the_star_takes_back_what_was_typed():
    talk = asked(Expectation(Kind.DIGITS, "policy_number"))
    talk.press("999*1234567")
    assert talk.told == ["PA-1234567"]


def test_the_star_alone_goes_back_to_the_question_before():
    talk = asked(Expectation(Kind.DIGITS, "policy_number"))
    talk.press("*")
    assert talk.told == ["No, wait, my last answer was wrong."]


def test_the_star_at_the_first_question_repeats_it():
    talk = Talk().consented()
    talk.press("*")
    assert talk.said == [talk.text("opening")]


def test_a_hash_alone_does_nothing():
    talk = asked(None)
    talk.press("#")
    assert not talk.asked
    assert not talk.said


def test_a_key_wins_over_what_is_being_said():
    talk = asked(Expectation(Kind.YES_NO))
    talk.tell(SpeechBegan())
    talk.tell(KeyPressed("1"))
    assert talk.did(StopHearing)
    assert talk.told == ["yes"]
