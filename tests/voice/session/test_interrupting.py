"""Barge-in, repeating, and how fast it is spoken."""

import pytest

from tests.voice.session.talk import Talk
from voice.ports import Expectation, Kind, TurnOver, Utterance, Who
from voice.session.events import Hear, PromptEnded, Say, Sounding, SpeechBegan, SpeechEnded, StopSaying


def speaking(expectation: Expectation | None = None, **settings) -> Talk:
    """A call in which the assistant is just saying something."""
    talk = Talk(**settings).consented()
    talk.say("my claim")
    talk.reply("It is being looked at. Is there anything else?", expectation)
    talk.tell(Sounding(talk.saying.prompt))
    talk.log.clear()
    return talk


def test_speech_stops_what_is_said_within_a_quarter_of_a_second():
    talk = speaking()
    talk.tell(SpeechBegan())
    talk.pass_(0.2)
    assert talk.did(StopSaying)
    assert "barge_in" in talk.recorded


def test_a_cough_stops_nothing():
    talk = speaking()
    talk.tell(SpeechBegan())
    talk.pass_(0.05)
    talk.tell(SpeechEnded())
    talk.pass_(0.5)
    assert not talk.did(StopSaying)


def test_what_was_stopped_by_mistake_is_said_again_once():
    talk = speaking()
    talk.say("")
    assert talk.said == ["It is being looked at. Is there anything else?"]
    assert "no_match" not in talk.recorded


def test_a_legal_text_is_not_interrupted_and_speech_counts_from_its_end():
    talk = speaking(Expectation(Kind.YES_NO, interruptible=False))
    talk.tell(SpeechBegan())
    talk.pass_(2)
    assert not talk.did(StopSaying, Hear)
    talk.tell(PromptEnded(talk.saying.prompt))
    assert talk.did(Hear)


def test_keys_during_a_legal_text_are_kept():
    talk = speaking(Expectation(Kind.YES_NO, interruptible=False))
    talk.press("1")
    assert not talk.asked
    talk.hear_one()
    assert talk.told == ["yes"]


def test_interrupting_can_be_switched_off():
    talk = speaking(barge_in=False)
    talk.tell(SpeechBegan())
    talk.pass_(1)
    assert not talk.did(StopSaying)


def test_a_key_interrupts():
    talk = speaking(Expectation(Kind.YES_NO))
    talk.press("1")
    assert talk.did(StopSaying)
    assert talk.told == ["yes"]


def test_what_is_left_of_an_interrupted_turn_is_not_said():
    talk = Talk().consented()
    talk.say("my claim")
    talk.tell_from_assistant(Utterance(Who.BOT, "First of all, a long story.", "en"))
    talk.say("no, my policy")
    talk.log.clear()
    talk.tell_from_assistant(Utterance(Who.BOT, "The end of the story.", "en"), TurnOver())
    talk.reply("Your policy is fine.")
    talk.hear_out()
    assert talk.said == ["Your policy is fine."]


def test_several_utterances_are_said_in_order():
    talk = Talk().consented()
    talk.say("my claim")
    talk.log.clear()
    for text in ("One.", "Two.", "Three?"):
        talk.tell_from_assistant(Utterance(Who.BOT, text, "en"))
    talk.tell_from_assistant(TurnOver())
    talk.hear_out()
    assert talk.said == ["One.", "Two.", "Three?"]


def test_the_answer_waits_while_the_caller_speaks_on():
    talk = Talk().consented()
    talk.say("my claim", wait=0.3)
    talk.tell(SpeechBegan())
    talk.reply("It is being looked at.")
    assert talk.saying is None


@pytest.mark.parametrize(("language", "words"), [("en", "could you say that again please"), ("zh", "没听清")])
def test_everything_since_the_last_words_is_repeated(language, words):
    talk = Talk(language=language).consented()
    talk.say("claim" if language == "en" else "理赔")
    talk.tell_from_assistant(Utterance(Who.BOT, "One.", language), Utterance(Who.BOT, "Two?", language), TurnOver())
    talk.hear_out()
    talk.log.clear()
    talk.say(words)
    talk.hear_out()
    assert talk.said == ["One.", "Two?"]
    assert not talk.asked


def test_pardon_in_the_middle_says_it_all_again():
    talk = speaking()
    talk.say("pardon")
    talk.hear_out()
    assert talk.said == ["It is being looked at. Is there anything else?"]


@pytest.mark.parametrize(
    ("language", "words", "slower"),
    [("en", "slower please", True), ("zh", "说慢一点", True), ("en", "speak faster", False), ("zh", "快一点", False)],
)
def test_speed_is_the_callers_choice(language, words, slower):
    talk = Talk(language=language).consented()
    talk.say(words)
    talk.hear_out()
    speeds = [say.speed for say in talk.did(Say)]
    assert (speeds[-1] < 1) == slower
    assert talk.said == [talk.text("slower" if slower else "faster"), talk.text("opening")]


def test_speech_has_its_limits():
    talk = Talk().consented()
    for _ in range(9):
        talk.say("slower")
        talk.hear_out()
    assert talk.did(Say)[-1].speed == talk.settings.slowest
