"""Help that grows."""

from tests.voice.session.talk import Talk, captions
from voice.ports import Expectation, Hypothesis, Kind, Option, Who, Working
from voice.session.events import FromAssistant, SpeechBegan, WantPerson

CHOICE = Expectation(Kind.CHOICE, options=(Option("Auto", "/auto"), Option("Home", "/home")))


def asked(expectation: Expectation | None = None, text: str = "That is done. Which policy is it?") -> Talk:
    talk = Talk().consented()
    talk.say("my policy")
    talk.reply(text, expectation)
    talk.hear_out()
    talk.log.clear()
    return talk


def test_the_idle_time_begins_when_the_prompt_has_ended():
    talk = Talk().consented()
    talk.say("my policy")
    talk.reply("A very long text.")
    talk.hear_one(seconds=20)
    talk.log.clear()
    talk.pass_(5.9)
    assert not talk.said
    talk.pass_(0.2)
    assert talk.said == [talk.text("no_input")]


def test_silence_brings_the_question_then_an_example_then_the_end():
    talk = asked(Expectation(Kind.DIGITS, "policy_number"))
    for _ in range(4):
        talk.pass_(7)
        talk.hear_out()
    no_input, help_, last, end = (
        talk.text(key) for key in ("no_input", "help.policy_number", "no_input_last", "silent_end")
    )
    assert talk.said == [no_input, "Which policy is it?", no_input, help_, "Which policy is it?", last, end]
    assert talk.ends == ["silent"]


def test_what_is_not_understood_brings_the_question_then_an_example_then_a_person():
    talk = asked(Expectation(Kind.DIGITS, "policy_number"))
    for _ in range(3):
        talk.say("")
        talk.hear_out()
    no_match, help_ = talk.text("no_match"), talk.text("help.policy_number")
    question = "Which policy is it?"
    assert talk.said == [no_match, question, no_match, help_, question, talk.text("person_help")]
    assert talk.did(WantPerson)


def test_help_with_the_first_question_gives_examples_of_what_to_say():
    talk = Talk().consented()
    for _ in range(2):
        talk.say("")
        talk.hear_out()
    assert talk.text("opening_help") in talk.said


def test_help_with_a_choice_tells_the_keys():
    talk = asked(CHOICE)
    for _ in range(2):
        talk.say("")
        talk.hear_out()
    assert talk.text("help.option", title="Home", number=2) in talk.said


def test_help_begins_anew_when_the_caller_got_through():
    talk = asked()
    talk.say("")
    talk.hear_out()
    talk.say("")
    talk.hear_out()
    talk.say("my claim")
    talk.reply("Which?")
    talk.hear_out()
    talk.log.clear()
    talk.say("")
    talk.hear_out()
    assert talk.said == [talk.text("no_match"), "Which?"]


def test_nonsense_is_never_shown_and_never_handed_in():
    talk = asked()
    talk.say("", Hypothesis("colourless green ideas", 0.3, True))
    assert captions(talk, Who.CALLER) == ["", ""]
    assert not talk.asked


def test_nobody_is_told_off_for_silence_while_they_wait_for_an_answer():
    talk = asked()
    talk.say("cancel it")
    talk.log.clear()
    talk.pass_(9)
    assert talk.text("no_input") not in talk.said


def test_nobody_is_told_off_while_something_unasked_is_being_prepared():
    talk = asked()
    talk.tell(FromAssistant(Working(True)))
    talk.pass_(20)
    assert not talk.said
    talk.tell(FromAssistant(Working(False)))
    talk.pass_(7)
    assert talk.said


def test_the_caller_who_speaks_is_not_silent():
    talk = asked()
    talk.tell(SpeechBegan())
    talk.pass_(10)
    assert not talk.said
