"""Ends of a call, and engines that fail."""

import pytest

from tests.voice.session.talk import Talk
from voice.ports import Expectation, Kind, Over, Utterance, Who
from voice.session.events import (
    EarsFailed,
    EarsReady,
    End,
    FromAssistant,
    Hear,
    HungUp,
    PromptFailed,
    SpeechBegan,
    SpeechEnded,
    StopSaying,
    Tick,
    WantPerson,
)


def test_a_caller_who_hangs_up_ends_the_call_at_once():
    talk = Talk()
    talk.tell(HungUp("caller"))
    assert talk.ends == ["caller"]


def test_nothing_happens_after_the_end():
    talk = Talk()
    talk.tell(HungUp("caller"))
    assert talk.tell(SpeechBegan()) == talk.tell(Tick()) == talk.tell(HungUp("lost")) == []


def test_a_conversation_that_is_over_ends_with_its_last_words_and_goodbye():
    talk = Talk().consented()
    talk.say("erase my data")
    talk.tell_from_assistant(Utterance(Who.SYSTEM, "Your data is erased.", "en"), Over())
    talk.hear_out()
    assert talk.said == ["Your data is erased.", talk.text("goodbye")]
    assert talk.ends == ["goodbye"]


def test_a_call_has_a_longest_time_and_ends_politely():
    talk = Talk(call_longest=60).consented()
    talk.say("my claim")
    talk.reply("A long story.")
    talk.pass_(60)
    assert talk.did(StopSaying)
    talk.hear_out()
    assert talk.said[-1] == talk.text("too_long")
    assert talk.ends == ["too_long"]


def test_a_prompt_has_a_longest_time():
    talk = Talk().consented()
    talk.say("my claim")
    talk.reply("A story without an end.")
    talk.pass_(91)
    assert talk.did(StopSaying)


def test_a_call_whose_last_words_hang_ends_too():
    talk = Talk(call_longest=60).consented()
    talk.pass_(61 + 91)
    talk.pass_(91)
    assert len(talk.did(End)) == 1


def test_an_utterance_nobody_could_recognise_is_asked_for_again():
    talk = Talk().consented()
    talk.tell(SpeechBegan())
    talk.tell(EarsFailed())
    talk.tell(SpeechEnded())
    assert talk.said == [talk.text("say_again")]
    assert "engine_failed" in talk.recorded


def test_then_the_keypad_takes_over():
    talk = Talk().consented()
    talk.say("my claim")
    talk.reply("Shall I?", Expectation(Kind.YES_NO))
    talk.hear_out()
    talk.log.clear()
    for _ in range(2):
        talk.tell(SpeechBegan())
        talk.tell(EarsFailed())
        talk.tell(SpeechEnded())
        talk.hear_out()
    assert talk.said == [talk.text("say_again"), talk.text("use_keys"), talk.text("help.yes_no"), "Shall I?"]


def test_and_then_a_person():
    talk = Talk().consented()
    for _ in range(2):
        talk.tell(SpeechBegan())
        talk.tell(EarsFailed())
        talk.tell(SpeechEnded())
        talk.hear_out()
    assert talk.did(WantPerson), "free speech has no keys"


def test_without_ears_nothing_is_heard_until_there_are_some():
    talk = Talk()
    talk.tell(EarsFailed(usable=False))
    talk.hear_out()
    talk.tell(SpeechBegan())
    assert not talk.did(Hear)
    talk.tell(EarsReady())
    assert talk.did(Hear)


def test_without_ears_keys_do_and_free_speech_is_for_a_person():
    talk = Talk()
    talk.tell(EarsFailed(usable=False))
    talk.hear_out()
    talk.press("1")
    talk.hear_out()
    talk.pass_(7)
    talk.hear_out()
    assert talk.did(WantPerson)


def test_a_prompt_that_cannot_be_spoken_is_owned_up_to():
    talk = Talk().consented()
    talk.say("my claim")
    talk.reply("Something unspeakable.")
    talk.tell(PromptFailed(talk.saying.prompt))
    assert talk.said[-1] == talk.text("mouth_failed")


def test_a_call_without_a_voice_ends():
    talk = Talk()
    while not talk.ends:
        talk.tell(PromptFailed(talk.saying.prompt))
    assert talk.ends == ["failed"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_call_goes_on_in_the_language_of_the_assistant(language):
    talk = Talk().consented()
    talk.say("中文")
    talk.tell(FromAssistant(Utterance(Who.BOT, "?", language)))
    talk.language = language
    talk.reply("?")
    talk.hear_out()
    talk.pass_(7)
    assert talk.text("no_input") in talk.said
