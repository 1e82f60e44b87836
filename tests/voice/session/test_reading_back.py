"""Numbers read back before the assistant gets them."""

import pytest

from tests.voice.fakes import understood
from tests.voice.session.talk import Talk
from voice.ports import By, Expectation, Kind
from voice.session.events import WantPerson

POLICY = Expectation(Kind.DIGITS, "policy_number", confirm=True)
BIRTH = Expectation(Kind.DATE, "birth_date", confirm=True)
NUMBER = "one two three four five six seven"


def asked(expectation: Expectation = POLICY) -> Talk:
    talk = Talk().consented()
    talk.say("my claim")
    talk.reply("Which one is it?", expectation)
    talk.hear_out()
    talk.log.clear()
    return talk


def read_back(expectation: Expectation = POLICY, text: str = NUMBER) -> Talk:
    talk = asked(expectation)
    talk.say("", understood(text, alternatives=("one two three four five six nine",)))
    talk.hear_out()
    return talk


def test_a_spoken_number_is_read_back_first():
    talk = read_back()
    assert not talk.asked
    assert talk.said == [talk.text("read_back", value="PA-1234567")]


@pytest.mark.parametrize("how", ["yes", "1"])
def test_yes_hands_it_in_as_it_was_heard(how):
    talk = read_back()
    talk.press(how) if how.isdigit() else talk.say(how)
    said = talk.asked[0].said
    assert (said.text, said.by, said.alternatives) == ("PA-1234567", By.SPEECH, ("PA-1234569",))
    assert said.heard is not None
    assert said.heard.text == NUMBER


@pytest.mark.parametrize("how", ["no", "2", "*"])
def test_no_asks_for_it_again(how):
    talk = read_back()
    talk.log.clear()
    talk.say(how) if how == "no" else talk.press(how)
    talk.hear_out()
    assert not talk.asked
    assert talk.said == [talk.text("read_back_wrong"), "Which one is it?"]
    talk.say(NUMBER)
    assert talk.said[-1] == talk.text("read_back", value="PA-1234567")


def test_the_second_no_brings_an_example_and_the_third_a_person():
    talk = asked()
    for _ in range(3):
        talk.say(NUMBER)
        talk.hear_out()
        talk.say("no")
        talk.hear_out()
    assert talk.text("help.policy_number") in talk.said
    assert talk.did(WantPerson)


def test_the_number_may_be_said_again_instead_of_no():
    talk = read_back()
    talk.say("no it's seven six five four three two one", understood("seven six five four three two one"))
    assert talk.said[-1] == talk.text("read_back", value="PA-7654321")


def test_typed_digits_are_taken_as_they_are():
    talk = asked()
    talk.press("1234567")
    assert talk.told == ["PA-1234567"]


def test_a_typed_date_is_read_back():
    talk = asked(BIRTH)
    talk.press("04031985")
    assert talk.said == [talk.text("read_back", value="1985-03-04")]
    talk.press("1")
    assert talk.told == ["1985-03-04"]


def test_nothing_is_read_back_unless_it_is_wanted():
    talk = asked(Expectation(Kind.DIGITS, "policy_number"))
    talk.say(NUMBER)
    assert talk.told == ["PA-1234567"]


def test_something_else_said_instead_of_a_number_is_for_the_assistant():
    talk = asked()
    talk.say("i don't have it here")
    assert talk.told == ["i don't have it here"]


def test_the_seconds_of_a_number_are_those_in_which_it_was_said():
    talk = asked()
    began = talk.machine.call.elapsed(talk.now)
    talk.say(NUMBER, seconds=2.0)
    talk.hear_out()
    talk.press("1")
    said = talk.asked[0].said
    assert (round(said.started - began, 1), round(said.ended - began, 1)) == (0.0, 2.0)
