"""Whatever happens in whatever order, a call keeps its promises; `talk.Talk` checks them after every event."""

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.voice.session.talk import Talk
from voice.ports import (
    Expectation,
    Hypothesis,
    Kind,
    Option,
    Over,
    TurnOver,
    Utterance,
    Waiting,
    Who,
    WithBot,
    WithPerson,
    Working,
)
from voice.session.call import Phase
from voice.session.events import (
    Ask,
    EarsFailed,
    EarsReady,
    FromAssistant,
    HungUp,
    KeyPressed,
    NotTaken,
    Partial,
    PromptEnded,
    PromptFailed,
    Recognised,
    Sounding,
    SpeechBegan,
    SpeechEnded,
    TransferDone,
    WantPerson,
)

_TEXTS = st.sampled_from(
    ["", "yes", "no", "repeat", "slower", "operator", "go back", "one two three four five six seven", "one two",
     "the fourth of march nineteen eighty five", "what is the status of my claim", "home", "option one"]
)  # fmt: skip
HYPOTHESES = st.builds(
    lambda text, sure, complete: Hypothesis(text, 0.9 if sure else 0.2, bool(text) and sure, complete),
    _TEXTS, st.booleans(), st.sampled_from([0.1, 0.6, 1.0]),
)  # fmt: skip
_OPTIONS = (Option("Auto", "/auto"), Option("Home", "/home"))
EXPECTATIONS = st.one_of(
    st.none(),
    st.builds(
        Expectation,
        kind=st.sampled_from(Kind),
        about=st.sampled_from([None, "policy_number", "birth_date", "one_time_code", "phone_number"]),
        options=st.sampled_from([(), _OPTIONS]),
        interruptible=st.booleans(),
        confirm=st.booleans(),
    ),
)
UTTERANCES = st.builds(
    Utterance, st.sampled_from([Who.BOT, Who.BOT, Who.SYSTEM, Who.AGENT]), st.just("This is so. Is it not?"),
    st.sampled_from(["en", "en", "zh"]), EXPECTATIONS,
)  # fmt: skip
PASSING = st.sampled_from([0.02, 0.1, 0.3, 0.65, 1.0, 3.0, 7.0, 12.0])


class AnyCall(RuleBasedStateMachine):
    """Events of all kinds, in any order, likely or not."""

    @initialize(bridge=st.booleans(), barge_in=st.booleans(), recording=st.booleans())
    def begin(self, bridge: bool, barge_in: bool, recording: bool) -> None:
        self.talk = Talk(can_bridge=bridge, barge_in=barge_in, recording=recording)

    @rule(seconds=PASSING)
    def time(self, seconds: float) -> None:
        self.talk.pass_(seconds)

    @rule(seconds=st.sampled_from([61.0, 2000.0]))
    def a_long_time(self, seconds: float) -> None:
        self.talk.pass_(seconds)

    @rule()
    def speech_begins(self) -> None:
        self.talk.tell(SpeechBegan())

    @rule()
    def speech_ends(self) -> None:
        self.talk.tell(SpeechEnded())

    @rule(hypothesis=HYPOTHESES)
    def says(self, hypothesis: Hypothesis) -> None:
        self.talk.say("", hypothesis, wait=0.3)

    @rule(text=st.sampled_from(["", "what is"]))
    def partial(self, text: str) -> None:
        hearing = self.talk.machine.call.hearing
        self.talk.tell(Partial(hearing.utterance if hearing else 0, text))

    @precondition(lambda self: self.talk.token is not None)
    @rule(hypothesis=HYPOTHESES, late=st.booleans())
    def recognised(self, hypothesis: Hypothesis, late: bool) -> None:
        self.talk.tell(Recognised((self.talk.token or 0) - late, hypothesis))

    @rule(key=st.sampled_from("0123456789*#"))
    def key(self, key: str) -> None:
        self.talk.tell(KeyPressed(key))

    @rule(keys=st.sampled_from(["1", "1234567#", "04031985", "0", "*", "12#"]))
    def keys(self, keys: str) -> None:
        self.talk.press(keys, gap=0.1)

    @precondition(lambda self: self.talk.saying is not None)
    @rule(what=st.sampled_from([Sounding, PromptEnded, PromptEnded, PromptEnded, PromptFailed]))
    def prompt(self, what: type) -> None:
        self.talk.tell(what(self.talk.saying.prompt))

    @rule(utterance=UTTERANCES)
    def assistant_says(self, utterance: Utterance) -> None:
        self.talk.tell(FromAssistant(utterance))

    @rule(
        event=st.sampled_from(
            [Working(True), Working(False), TurnOver(), TurnOver(), TurnOver(), Waiting(2), Waiting(), WithBot()]
        )
    )
    def assistant_does(self, event: Working | TurnOver | Waiting | WithBot) -> None:
        self.talk.tell(FromAssistant(event))

    @rule(queue=st.sampled_from([None, "claims"]))
    def person(self, queue: str | None) -> None:
        self.talk.tell(FromAssistant(WithPerson("Ann", queue)))

    @precondition(lambda self: self.talk.machine.call.phase is Phase.TRANSFERRING)
    @rule(ok=st.booleans())
    def transferred(self, ok: bool) -> None:
        self.talk.tell(TransferDone(ok))

    @precondition(lambda self: bool(self.talk.did(Ask, WantPerson)))
    @rule()
    def not_taken(self) -> None:
        self.talk.tell(NotTaken(self.talk.did(Ask, WantPerson)[-1].turn))

    @rule(usable=st.booleans())
    def ears_fail(self, usable: bool) -> None:
        self.talk.tell(EarsFailed(usable))

    @rule()
    def ears_work(self) -> None:
        self.talk.tell(EarsReady())

    @rule(draw=st.integers(0, 9))
    def over(self, draw: int) -> None:
        if draw == 0:
            self.talk.tell(FromAssistant(Over()))

    @rule(draw=st.integers(0, 9))
    def hangs_up(self, draw: int) -> None:
        if draw == 0:
            self.talk.tell(HungUp("caller"))

    def teardown(self) -> None:
        """Left alone by everybody, with what is said being heard, every call ends, and once."""
        if not hasattr(self, "talk"):
            return
        talk = self.talk
        talk.tell(FromAssistant(WithBot()))
        for _ in range(3000):
            if talk.machine.over:
                break
            if talk.saying is not None:
                talk.tell(PromptEnded(talk.saying.prompt))
            else:
                talk.pass_(5.0)
        assert len(talk.ends) == 1


TestAnyCall = AnyCall.TestCase
TestAnyCall.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
