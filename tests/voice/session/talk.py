"""A call without engines: events go to the machine, a simulated clock runs, and what must always hold is checked."""

from datetime import date

from voice.ports import AssistantEvent, Expectation, Hypothesis, TurnOver, Utterance, Who
from voice.session.call import Phase
from voice.session.deadlines import Due
from voice.session.events import (
    Ask,
    Comfort,
    Command,
    End,
    Event,
    Finish,
    FromAssistant,
    Hear,
    KeyPressed,
    PromptEnded,
    PromptFailed,
    Recognised,
    Record,
    Say,
    Show,
    Sounding,
    SpeechBegan,
    SpeechEnded,
    Started,
    StopHearing,
    StopSaying,
    Tick,
)
from voice.session.machine import Machine
from voice.settings import VoiceSettings
from voice.texts import Texts

TEXTS = Texts()
TODAY = date(2026, 11, 22)


class Talk:
    """One call: `tell` it events, let time `pass_`, and look at `said`, `asked`, `recorded`."""

    def __init__(
        self, *, language: str = "en", can_bridge: bool = True, start: bool = True, **settings: object
    ) -> None:
        self.settings = VoiceSettings(_env_file=None, **settings)  # type: ignore[arg-type]
        self.machine = Machine(self.settings, TEXTS, language, today=lambda: TODAY, can_bridge=can_bridge)
        self.language = language
        self.now = 100.0
        self.log: list[Command] = []
        self.token: int | None = None
        self.ear_open = False
        self.saying: Say | None = None
        self._must_be_heard = False
        if start:
            self.tell(Started())

    # --- events

    def tell(self, event: Event) -> list[Command]:
        """One event; what follows is checked and kept."""
        if isinstance(event, PromptEnded | PromptFailed) and self.saying and self.saying.prompt == event.prompt:
            self.saying = None
        hangs = isinstance(event, Tick) and self._prompt_hangs
        commands = self.machine.handle(event, self.now)
        for command in commands:
            self._check_command(command, hangs=hangs)
            self.log.append(command)
        playing = self.machine.call.speaker.playing
        self._must_be_heard = playing is not None and not playing.interruptible
        self._check_state()
        return commands

    def tell_from_assistant(self, *events: AssistantEvent) -> None:
        """The other side says or does things."""
        for event in events:
            self.tell(FromAssistant(event))

    def reply(self, text: str, expectation: Expectation | None = None, *, language: str = "") -> None:
        """The assistant answers with one utterance."""
        self.tell_from_assistant(Utterance(Who.BOT, text, language or self.language, expectation), TurnOver())

    def pass_(self, seconds: float) -> None:
        """Let time go by, with a tick at each deadline."""
        end = self.now + seconds
        while (due := self.machine.next_deadline) is not None and due <= end + 1e-9:
            self.now = max(self.now, due)
            self.tell(Tick())
        self.now = max(self.now, end)

    def say(self, text: str, hypothesis: Hypothesis | None = None, *, seconds: float = 0.6, wait: float = 2.0) -> None:
        """The caller says something and is silent for `wait`."""
        self.tell(SpeechBegan())
        self.pass_(seconds)
        self.tell(SpeechEnded())
        self.pass_(self.settings.speculate_after)
        heard = hypothesis or Hypothesis(text, 0.9, bool(text), 1.0)
        if self.token is not None:
            self.tell(Recognised(self.token, heard))
        self.pass_(max(0.0, wait - self.settings.speculate_after))

    def press(self, keys: str, gap: float = 0.3) -> None:
        """The caller presses keys."""
        for key in keys:
            self.tell(KeyPressed(key))
            self.pass_(gap)

    def hear_one(self, seconds: float = 1.0) -> None:
        """The caller listens to what is being said to its end."""
        assert self.saying is not None
        number = self.saying.prompt
        self.tell(Sounding(number))
        self.pass_(seconds)
        self.tell(PromptEnded(number))

    def hear_out(self) -> None:
        """The caller listens until nothing more comes."""
        while self.saying is not None and not self.machine.over:
            self.hear_one()

    def consented(self) -> "Talk":
        """Past the greeting, with yes to the sound being kept."""
        self.hear_out()
        self.press("1")
        self.hear_out()
        self.log.clear()
        return self

    # --- what came of it

    @property
    def said(self) -> list[str]:
        return [command.text for command in self.log if isinstance(command, Say)]

    @property
    def asked(self) -> list[Ask]:
        return [command for command in self.log if isinstance(command, Ask)]

    @property
    def told(self) -> list[str]:
        return [ask.said.text for ask in self.asked]

    @property
    def recorded(self) -> list[str]:
        return [command.what for command in self.log if isinstance(command, Record)]

    @property
    def ends(self) -> list[str]:
        return [command.why for command in self.log if isinstance(command, End)]

    def did(self, *kinds: type) -> list[Command]:
        return [command for command in self.log if isinstance(command, kinds)]

    def text(self, key: str, **values: object) -> str:
        return TEXTS.get(self.language, f"say.{key}", **values)

    # --- what must always hold

    def _check_command(self, command: Command, *, hangs: bool) -> None:
        assert not any(isinstance(each, End) for each in self.log), "nothing comes after the end"
        if isinstance(command, Say):
            assert self.saying is None, "one thing is said at a time"
            self.saying = command
        elif isinstance(command, StopSaying):
            assert self.saying is not None, "only what is being said can be stopped"
            assert hangs or not self._must_be_heard, "what must be heard is never stopped"
            self.saying = None
        elif isinstance(command, Hear):
            self.ear_open, self.token = True, None
        elif isinstance(command, StopHearing):
            assert self.ear_open
            self.ear_open, self.token = False, None
        elif isinstance(command, Finish):
            assert self.ear_open, "only what is being heard can be finished"
            self.token = command.token
        elif isinstance(command, Ask):
            self._check_ask(command)
        elif isinstance(command, Comfort):
            assert not command.on or self.saying is None, "no tones while something is said"

    def _check_ask(self, ask: Ask) -> None:
        assert ask.turn not in [each.turn for each in self.asked], "nothing is asked twice"
        assert ask.said.text
        shown = self.log[-1]
        assert isinstance(shown, Show), "what is asked is shown, once, just before"
        assert shown.caption.who is Who.CALLER
        assert shown.caption.final
        assert 0 <= ask.said.started <= ask.said.ended

    def _check_state(self) -> None:
        call = self.machine.call
        playing = call.speaker.playing
        if call.phase is not Phase.OVER:
            assert (playing and playing.number) == (self.saying and self.saying.prompt)
        if call.phase is Phase.OVER:
            assert len(call.deadlines) == 0, "nothing is waited for after the end"
            return
        assert self.ear_open == (call.hearing is not None or call.joinable is not None)
        if call.hearing is not None:
            assert playing is None or playing.interruptible, "nobody is heard while something must be heard"
        assert self._something_is_pending, "a live call waits for something"

    @property
    def _something_is_pending(self) -> bool:
        call = self.machine.call
        if call.speaker.playing is not None:
            return Due.PROMPT in call.deadlines
        if call.hearing is not None:
            return Due.UTTERANCE in call.deadlines
        waits = (Due.NO_INPUT, Due.ANSWER, Due.KEYS, Due.WAITING, Due.TRANSFER)
        with_person = call.phase is Phase.PERSON or call.person is not None
        return with_person or any(due in call.deadlines for due in waits)

    @property
    def _prompt_hangs(self) -> bool:
        deadlines = self.machine.call.deadlines
        return Due.PROMPT in deadlines and deadlines._at[Due.PROMPT] <= self.now


def captions(talk: Talk, who: Who) -> list[str]:
    """The final captions of one side."""
    shown = [command.caption for command in talk.log if isinstance(command, Show)]
    return [caption.text for caption in shown if caption.who is who and caption.final]
