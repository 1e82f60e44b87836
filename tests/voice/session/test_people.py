"""Going over to a person, and back."""

from tests.voice.session.talk import Talk
from voice.ports import Expectation, Kind, TurnOver, Utterance, Waiting, Who, WithBot, WithPerson, Working
from voice.session.events import BridgeSound, Comfort, FromAssistant, NotTaken, Say, Transfer, TransferDone, WantPerson


def ready(**options) -> Talk:
    talk = Talk(**options).consented()
    return talk


def order(talk: Talk, *kinds: type) -> list[object]:
    return [command.text if isinstance(command, Say) else type(command) for command in talk.did(Say, *kinds)]


def test_a_person_is_asked_for_after_saying_so():
    talk = ready()
    talk.press("0")
    talk.pass_(2)
    assert not talk.did(WantPerson)
    talk.hear_out()
    assert order(talk, WantPerson) == [talk.text("person"), WantPerson]


def test_operator_at_a_yes_or_no_is_a_person():
    talk = ready()
    talk.say("my claim")
    talk.reply("Shall I?", Expectation(Kind.YES_NO))
    talk.hear_out()
    talk.say("operator")
    talk.hear_out()
    assert talk.did(WantPerson)


def test_who_waits_hears_tones_and_words_and_is_not_asked_whether_they_are_there():
    talk = ready()
    talk.tell(FromAssistant(Waiting(2)))
    talk.pass_(29)
    assert [command.on for command in talk.did(Comfort)] == [True]
    assert not talk.said
    talk.pass_(2)
    assert talk.said == [talk.text("waiting_position", position=2)]


def test_who_waits_can_go_on_with_the_assistant():
    talk = ready()
    talk.tell(FromAssistant(Waiting()))
    talk.say("what is the status of my claim")
    assert talk.told == ["what is the status of my claim"]


def test_a_person_who_cannot_be_asked_for_is_owned_up_to():
    talk = ready()
    talk.press("0")
    talk.pass_(2)
    talk.hear_out()
    talk.tell(NotTaken(talk.did(WantPerson)[0].turn))
    assert talk.said[-1] == talk.text("person_failed")


def test_noise_around_who_waits_is_nothing():
    talk = ready()
    talk.tell(FromAssistant(Waiting()))
    talk.say("")
    assert not talk.said


def test_asking_twice_asks_once():
    talk = ready()
    talk.tell(FromAssistant(Waiting()))
    talk.press("0")
    talk.pass_(2)
    talk.hear_out()
    assert talk.said == [talk.text("person_coming")]
    assert not talk.did(WantPerson)


def test_what_is_being_said_is_said_to_its_end_before_the_person_comes():
    talk = ready()
    talk.say("a person please")
    talk.log.clear()
    talk.tell_from_assistant(Utterance(Who.BOT, "A colleague has read what you said.", "en"))
    talk.tell_from_assistant(WithPerson("Ann"), TurnOver())
    assert not talk.did(BridgeSound)
    talk.hear_out()
    assert order(talk, BridgeSound) == [
        "A colleague has read what you said.", talk.text("to_person", name="Ann"), BridgeSound,
    ]  # fmt: skip


def test_words_that_come_late_are_said_before_the_person_comes():
    talk = ready()
    talk.say("a person please")
    talk.tell_from_assistant(Utterance(Who.BOT, "One.", "en"), WithPerson("Ann"), Utterance(Who.BOT, "Two.", "en"))
    talk.hear_out()
    assert talk.said == ["One.", "Two.", talk.text("to_person", name="Ann")]


def test_a_caller_is_transferred_after_it_was_said():
    talk = ready()
    talk.tell_from_assistant(WithPerson("", "claims"))
    assert not talk.did(Transfer)
    talk.hear_out()
    assert talk.did(Transfer) == [Transfer("claims")]
    talk.tell(TransferDone(True))
    assert talk.ends == ["transferred"]


def test_a_transfer_that_fails_becomes_a_bridge():
    talk = ready()
    talk.tell_from_assistant(WithPerson("Ann", "claims"))
    talk.hear_out()
    talk.tell(TransferDone(False))
    assert talk.did(BridgeSound) == [BridgeSound(True)]


def test_a_transfer_that_hangs_fails():
    talk = ready()
    talk.tell_from_assistant(WithPerson("Ann", "claims"))
    talk.hear_out()
    talk.pass_(16)
    assert talk.did(BridgeSound) == [BridgeSound(True)]


def test_a_call_given_back_goes_on():
    talk = ready()
    talk.tell_from_assistant(WithPerson("Ann"))
    talk.hear_out()
    talk.tell_from_assistant(WithBot(), Utterance(Who.BOT, "You are back.", "en"))
    assert talk.did(BridgeSound) == [BridgeSound(True), BridgeSound(False)]
    talk.hear_out()
    talk.say("my claim")
    assert talk.told[-1] == "my claim"


def test_where_nothing_carries_sound_the_person_writes_and_is_read_out():
    talk = ready(can_bridge=False)
    talk.tell_from_assistant(WithPerson("Ann"))
    talk.hear_out()
    talk.tell_from_assistant(Utterance(Who.AGENT, "Hello, Ann here.", "en"))
    talk.hear_out()
    talk.say("hello ann")
    assert talk.said[-1] == "Hello, Ann here."
    assert talk.told == ["hello ann"]
    talk.pass_(100)
    assert talk.said[-1] == "Hello, Ann here.", "nobody is told off for silence"


def test_a_person_who_is_gone_before_they_came_is_not_connected():
    talk = ready()
    talk.tell_from_assistant(WithPerson("Ann"), WithBot())
    talk.hear_out()
    assert not talk.did(BridgeSound)


def test_what_was_being_prepared_when_a_person_came_is_not_waited_for():
    talk = ready()
    talk.tell_from_assistant(Working(True), WithPerson("Ann"), WithBot())
    talk.hear_out()
    talk.say("my claim")
    assert talk.told[-1] == "my claim"


def test_the_longest_time_is_longer_with_a_person():
    talk = ready(call_longest=100, call_longest_with_person=300)
    talk.tell_from_assistant(WithPerson("Ann"))
    talk.hear_out()
    talk.pass_(150)
    assert not talk.said[1:]
    talk.pass_(200)
    talk.hear_out()
    assert talk.ends == ["too_long"]
