"""When the caller has finished."""

import pytest

from tests.voice.fakes import understood
from tests.voice.session.talk import Talk
from voice.ports import Expectation, Hypothesis, Kind, Option
from voice.session.events import Finish, Hear, Recognised, Record, SpeechBegan, SpeechEnded, StopHearing

POLICY = Expectation(Kind.DIGITS, "policy_number")


def asked(expectation: Expectation | None) -> Talk:
    """A call in which the assistant's question is open and was heard."""
    talk = Talk().consented()
    talk.say("my policy")
    talk.reply("And now?", expectation)
    talk.hear_out()
    talk.log.clear()
    return talk


def silence_until_asked(talk: Talk, hypothesis: Hypothesis) -> float:
    """The seconds of silence after which the assistant was asked."""
    talk.tell(SpeechBegan())
    talk.pass_(0.8)
    talk.tell(SpeechEnded())
    silent_since = talk.now
    talk.pass_(0.3)
    talk.tell(Recognised(talk.token, hypothesis))
    while not talk.asked and talk.now < silent_since + 5:
        talk.pass_(0.01)
    return round(talk.now - silent_since, 2)


def test_recognition_is_finished_speculatively():
    talk = Talk().consented()
    talk.tell(SpeechBegan())
    talk.pass_(1)
    talk.tell(SpeechEnded())
    talk.pass_(0.29)
    assert not talk.did(Finish)
    talk.pass_(0.02)
    assert len(talk.did(Finish)) == 1


@pytest.mark.parametrize(
    ("expectation", "text"),
    [
        (POLICY, "one two three four five six seven"),
        (Expectation(Kind.YES_NO), "yes please"),
        (Expectation(Kind.DATE, "birth_date"), "the fourth of march nineteen eighty five"),
        (Expectation(Kind.CHOICE, options=(Option("Home", "/home"),)), "home"),
    ],
)
def test_an_answer_that_is_all_the_question_wants_is_taken_at_once(expectation, text):
    assert silence_until_asked(asked(expectation), understood(text, complete=0.0)) == 0.3


def test_a_sentence_that_sounds_complete_is_taken_at_once():
    assert silence_until_asked(asked(None), understood("i want to report an accident", complete=0.95)) == 0.3


def test_a_sentence_that_sounds_unfinished_gets_time():
    assert silence_until_asked(asked(None), understood("i want to report", complete=0.1)) == pytest.approx(
        0.8, abs=0.02
    )


def test_a_pause_of_600_ms_inside_a_sentence_is_not_its_end():
    talk = asked(None)
    talk.say("i want to", understood("i want to", complete=0.6), wait=0.6)
    talk.say("i want to report an accident")
    assert talk.told == ["i want to report an accident"]
    assert len(talk.did(Hear)) == 1, "it is one utterance"


def test_spoken_digits_get_more_time_while_some_are_missing():
    talk = asked(POLICY)
    talk.say("one two three", wait=1.3)
    assert not talk.asked
    talk.say("one two three four five six seven")
    assert talk.told == ["PA-1234567"]


def test_silence_counts_from_when_it_began_not_from_when_it_was_noticed():
    talk = asked(None)
    talk.tell(SpeechBegan())
    talk.pass_(1.0)
    talk.tell(SpeechEnded(0.1))
    talk.pass_(0.21)
    assert talk.did(Finish)
    talk.tell(Recognised(talk.token, understood("report an accident")))
    said = talk.asked[0].said
    assert said.ended - said.started == pytest.approx(0.9)


def test_a_late_answer_of_the_recogniser_to_what_went_on_is_ignored():
    talk = asked(None)
    talk.tell(SpeechBegan())
    talk.pass_(0.5)
    talk.tell(SpeechEnded())
    talk.pass_(0.3)
    token = talk.token
    talk.tell(SpeechBegan())
    talk.tell(Recognised(token, understood("i want")))
    talk.pass_(0.3)
    assert not talk.asked


def test_two_parts_are_joined_before_anything_was_heard_of_the_first():
    talk = asked(Expectation(Kind.DIGITS, "policy_number", confirm=True, least=5, most=7))
    talk.tell(SpeechBegan())
    talk.pass_(1)
    talk.tell(SpeechEnded())
    talk.pass_(0.3)
    talk.tell(Recognised(talk.token, understood("one two three four five")))
    talk.pass_(0.7)
    assert talk.saying is not None  # it is being read back, but is not heard yet
    talk.say("one two three four five six seven")
    assert len(talk.did(Hear)) == 1, "it is one utterance"
    assert "1234567" in talk.said[-1]


def test_help_that_was_taken_back_was_not_given():
    talk = asked(POLICY)
    for text in ("one two", "one two three", "one two three four"):
        talk.say(text, wait=1.5)  # help is on its way, but is not heard yet
    assert [record.facts["count"] for record in talk.did(Record)] == [1, 1, 1]
    talk.say("one two three four five six seven")
    assert talk.told == ["PA-1234567"]


def test_what_is_said_after_the_assistant_was_asked_is_another_utterance():
    talk = asked(None)
    talk.say("report an accident", wait=0.3)
    talk.say("in berlin")
    assert talk.told == ["report an accident", "in berlin"]


def test_a_short_noise_is_nothing():
    talk = asked(None)
    talk.say("", seconds=0.1)
    assert talk.said == []
    assert talk.did(StopHearing)


def test_the_tone_of_a_key_is_nothing():
    talk = asked(None)
    talk.press("#")
    talk.say("", seconds=0.4)
    assert talk.said == []


def test_noise_while_an_answer_is_on_its_way_is_nothing():
    talk = asked(None)
    talk.say("my claim")
    talk.say("", wait=1.5)
    assert talk.said == []


def test_a_caller_who_does_not_stop_is_answered_nevertheless():
    talk = asked(None)
    talk.tell(SpeechBegan())
    talk.pass_(30.1)
    talk.tell(Recognised(talk.token, understood("and then and then")))
    assert talk.told == ["and then and then"]


def test_the_longest_utterance_is_over_also_when_the_recogniser_is_silent():
    talk = asked(None)
    talk.tell(SpeechBegan())
    talk.pass_(60)
    assert talk.said[0] == talk.text("say_again")
