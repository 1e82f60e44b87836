"""Greeting, notice and consent."""

import pytest

from tests.voice.session.talk import Talk
from voice.ports import Kind
from voice.session.events import Ask, Hear, Record, SpeechBegan


def consents(talk: Talk) -> list[object]:
    return [command.facts["given"] for command in talk.did(Record) if command.what == "consent"]


def test_the_caller_is_greeted_told_and_asked_in_this_order():
    talk = Talk()
    talk.hear_out()
    assert talk.said == [talk.text("greeting"), talk.text("notice"), talk.text("consent")]


def test_the_company_greets_by_its_name():
    assert Talk(company="Acme").said == [TALK_OF_ACME]


TALK_OF_ACME = "Welcome to Acme. You are speaking with our automatic assistant."


@pytest.mark.parametrize(("language", "yes"), [("en", "yes you may"), ("zh", "可以")])
def test_a_spoken_yes_is_consent(language, yes):
    talk = Talk(language=language)
    talk.hear_out()
    talk.say(yes)
    assert consents(talk) == [True]
    talk.hear_out()
    assert talk.said[-1] == talk.text("opening")


@pytest.mark.parametrize(("key", "given"), [("1", True), ("2", False)])
def test_consent_can_be_given_and_refused_by_key(key, given):
    talk = Talk()
    talk.hear_out()
    talk.press(key)
    assert consents(talk) == [given]


def test_sound_goes_with_what_is_said_after_consent():
    talk = Talk().consented()
    talk.say("what is the status of my claim")
    assert talk.asked[0].utterance is not None


def test_without_consent_no_sound_is_kept():
    talk = Talk()
    talk.hear_out()
    talk.press("2")
    talk.hear_out()
    talk.say("what is the status of my claim")
    assert [ask.utterance for ask in talk.asked] == [None]


def test_silence_is_no_consent_and_the_call_goes_on():
    talk = Talk()
    for _ in range(2):
        talk.hear_out()
        talk.pass_(7)
    assert consents(talk) == [False]
    talk.hear_out()
    assert talk.said[-1] == talk.text("opening")


def test_who_comes_straight_to_the_point_is_asked_nothing_more_and_not_recorded():
    talk = Talk()
    talk.hear_out()
    talk.say("i want to report an accident")
    assert talk.told == ["i want to report an accident"]
    assert talk.asked[0].utterance is None
    assert consents(talk) == [False]


def test_where_sound_is_never_kept_nobody_is_asked():
    talk = Talk(recording=False)
    talk.hear_out()
    assert talk.said == [talk.text("greeting"), talk.text("notice"), talk.text("opening")]


def test_the_notice_is_heard_whatever_the_caller_does():
    talk = Talk()
    talk.tell(SpeechBegan())
    talk.pass_(0.2)  # the greeting is interrupted
    talk.say("yes")
    assert talk.said[-1] == talk.text("notice")
    talk.press("1")
    assert talk.saying is not None
    assert talk.saying.text == talk.text("notice")


def test_yes_and_no_are_what_the_recogniser_listens_for():
    talk = Talk()
    talk.hear_out()
    talk.tell(SpeechBegan())
    assert talk.did(Hear)[0].expectation.kind is Kind.YES_NO


def test_nothing_of_the_consent_goes_to_the_assistant():
    talk = Talk().consented()
    assert not talk.did(Ask)
