"""Answers that take long, fail, or never come."""

from tests.voice.session.talk import Talk
from voice.ports import TurnOver, Utterance, Who
from voice.session.events import Ask, Comfort, NotTaken


def asked(**settings) -> Talk:
    talk = Talk(**settings).consented()
    talk.log.clear()
    talk.say("cancel my policy", wait=0.3)
    return talk


def test_a_slow_answer_is_announced_and_then_there_are_tones():
    talk = asked()
    talk.pass_(2.6)
    assert talk.said == [talk.text("hold")]
    assert not talk.did(Comfort)
    talk.hear_out()
    assert [command.on for command in talk.did(Comfort)] == [True]


def test_and_announced_again():
    talk = asked()
    for _ in range(6):
        talk.pass_(2.6)
        talk.hear_out()
    assert talk.said[:2] == [talk.text("hold"), talk.text("hold_again")]


def test_a_quick_answer_is_not_announced():
    talk = asked()
    talk.pass_(1)
    talk.reply("Done.")
    talk.hear_out()
    assert talk.said == ["Done."]


def test_the_tones_end_when_the_answer_comes():
    talk = asked()
    talk.pass_(2.6)
    talk.hear_out()
    talk.reply("Done.")
    assert [command.on for command in talk.did(Comfort)] == [True, False]


def test_words_of_holding_on_are_not_repeated():
    talk = asked()
    talk.pass_(2.6)
    talk.hear_out()
    talk.reply("Done.")
    talk.hear_out()
    talk.log.clear()
    talk.say("repeat")
    talk.hear_out()
    assert talk.said == ["Done."]


def test_an_answer_that_never_comes_is_given_up():
    talk = asked()
    while talk.text("no_answer") not in talk.said:
        talk.pass_(5)
        talk.hear_out()
    assert talk.now < 200
    assert talk.machine.call.turns == []


def test_what_comes_too_late_is_still_said():
    talk = asked(answer_timeout=5)
    talk.pass_(6)
    talk.hear_out()
    talk.tell_from_assistant(Utterance(Who.BOT, "It is cancelled.", "en"), TurnOver())
    assert talk.said[-1] == "It is cancelled."


def test_what_could_not_be_stored_may_be_said_again():
    talk = asked()
    talk.tell(NotTaken(talk.asked[0].turn))
    talk.hear_out()
    assert talk.said == [talk.text("unavailable"), talk.text("opening")]
    talk.say("cancel my policy")
    assert len(talk.did(Ask)) == 2


def test_a_conversation_that_takes_nothing_ends_politely():
    talk = asked()
    for _ in range(3):
        talk.tell(NotTaken(talk.asked[-1].turn))
        talk.hear_out()
        if not talk.ends:
            talk.say("cancel my policy")
    assert talk.said[-1] == talk.text("unavailable_end")
    assert talk.ends == ["failed"]
