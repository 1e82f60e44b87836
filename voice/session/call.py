"""What a call is made of while it lasts; the parts of the machine share it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, auto

from voice.ports import By, Caption, Expectation, Hypothesis, Kind, Said, Who
from voice.reading import Answer, Reader
from voice.session.deadlines import Deadlines, Due
from voice.session.events import (
    BridgeSound,
    Comfort,
    Command,
    End,
    OpenEars,
    Record,
    Say,
    Show,
    StopHearing,
    StopSaying,
)
from voice.session.keypad import Keypad
from voice.session.speaking import Prompt, Speaker, Then
from voice.settings import VoiceSettings
from voice.texts import Texts


class Phase(Enum):
    """Who has the call."""

    BOT = auto()
    CONNECTING = auto()  # a person takes it, which is being announced
    TRANSFERRING = auto()  # the telephone system is asked to take it
    PERSON = auto()  # sound goes both ways
    ENDING = auto()  # the last words are being said
    OVER = auto()


class Owner(Enum):
    """Whose question is open."""

    NOBODY = auto()  # the assistant was asked and has not answered yet
    ASSISTANT = auto()
    CONSENT = auto()
    CONFIRM = auto()
    PERSON = auto()  # who writes, and is read out


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer that may go to the assistant: see `voice.ports.Said`."""

    answer: Answer
    by: By
    started: float
    ended: float
    heard: Hypothesis | None = None
    utterance: int | None = None

    def said(self) -> Said:
        """As the assistant gets it; the driver adds the sound."""
        answer = self.answer
        return Said(answer.text, self.by, self.heard, self.started, self.ended, answer.alternatives)


@dataclass(frozen=True, slots=True)
class Question:
    """What the next answer answers: `text` to ask it again; a read-back's `draft`, and the question `before` it."""

    owner: Owner = Owner.NOBODY
    expectation: Expectation = field(default_factory=Expectation)
    text: str = ""
    draft: Draft | None = None
    before: "Question | None" = None

    @property
    def has_keys(self) -> bool:
        """Whether it can be answered with the keypad alone."""
        return self.expectation.kind is not Kind.FREE or bool(self.expectation.options)


@dataclass(slots=True)
class Hearing:
    """An utterance of the caller on its way.

    Attributes:
        ended: since when the caller is silent; None while they speak.
        spoken: seconds of speech in it up to the last silence.
        token: of the last `Finish` whose answer is wanted; `final`: whether it is acted upon without more waiting.
        barged: whether it interrupted a prompt.
        question, misses: as they were before it was acted upon, should the caller go on speaking.
    """

    utterance: int
    expectation: Expectation
    began: float
    resumed_at: float
    ended: float | None = None
    spoken: float = 0.0
    token: int | None = None
    final: bool = False
    barged: bool = False
    hypothesis: Hypothesis | None = None
    question: Question = field(default_factory=Question)
    misses: int = 0


class Call:
    """The state of one call, and the verbs all parts of the machine use; `now` is set before each event.

    Args:
        settings: times and switches.
        texts: our own words.
        language: the call begins in.
        today: tells the day for dates.
        can_bridge: whether a person can be heard here.
    """

    def __init__(
        self, settings: VoiceSettings, texts: Texts, language: str, *, today: Callable[[], date], can_bridge: bool
    ) -> None:
        self.settings = settings
        self.language = language
        self.can_bridge = can_bridge
        self.now = self.began = 0.0
        self.out: list[Command] = []
        self.deadlines = Deadlines()
        self.speaker = Speaker()
        self.keypad = Keypad(settings)
        self.phase = Phase.BOT
        self.question = Question()
        self.hearing: Hearing | None = None
        self.joinable: Hearing | None = None  # acted upon by ourselves, but nothing was heard of that yet
        self.caller_speaks = False
        self.ears = True
        self.consent = False
        self.turns: list[int] = []  # of the assistant, the oldest first
        self.working = False
        self.waiting = False  # for a person
        self.person: str | None = None  # who writes instead of speaking
        self.misses = self.silences = 0
        self.last_key = float("-inf")
        self._texts = texts
        self._today = today
        self._readers: dict[str, Reader] = {}
        self._comforting = False

    @property
    def reader(self) -> Reader:
        """Reads answers in the call's language."""
        if self.language not in self._readers:
            self._readers[self.language] = Reader(self._texts, self.language, self._today, self.settings.believable)
        return self._readers[self.language]

    def elapsed(self, at: float) -> float:
        """Seconds since the call began."""
        return at - self.began

    def emit(self, *commands: Command) -> None:
        """Have them carried out, in this order."""
        self.out.extend(commands)

    def record(self, what: str, **facts: str | int | float | bool) -> None:
        """Note a fact."""
        self.emit(Record(what, facts))

    def text(self, key: str, /, **values: object) -> str:
        """Our own words in the call's language."""
        return self._texts.get(self.language, key, **values)

    def has_text(self, key: str) -> bool:
        """Whether there are such words."""
        return self._texts.has(self.language, key)

    # --- speaking

    def say(
        self,
        text: str,
        *,
        passing: bool = True,
        interruptible: bool = True,
        then: Then | None = None,
        why: str = "",
    ) -> None:
        """Say words of our own after everything else that is to be said."""
        self.speaker.add(
            Prompt(
                self.speaker.number(),
                text,
                self.language,
                interruptible=interruptible and then is None,
                passing=passing,
                then=then,
                why=why,
            )
        )

    def begin_next(self) -> None:
        """Say what is next, unless something is being said or the caller has the floor."""
        if self.hearing is not None or self.keypad:
            return
        prompt = self.speaker.begin()
        if prompt is None:
            return
        self.comfort(False)
        if not prompt.interruptible:
            self.close_ear()
        self.deadlines.set(Due.PROMPT, self.now + self.settings.prompt_longest)
        self.emit(Show(Caption(prompt.who, prompt.text)))
        self.emit(Say(prompt.number, prompt.text, prompt.language, self.speaker.speed))

    def interrupt(self) -> bool:
        """Be silent, because the caller speaks or presses keys; whether something was being said."""
        was_playing = self.speaker.playing is not None
        if was_playing:
            self.silence()
        self.speaker.interrupt()
        return was_playing

    def silence(self) -> None:
        """Stop the sound; what was being said stays on the speaker's books."""
        self.deadlines.cancel(Due.PROMPT)
        self.emit(StopSaying())

    def comfort(self, on: bool) -> None:
        """The quiet tones, on or off."""
        if on != self._comforting:
            self._comforting = on
            self.emit(Comfort(on))

    # --- hearing

    def close_ear(self) -> None:
        """Hear nothing more of the utterance in hand."""
        self.deadlines.cancel(Due.BARGE_IN, Due.SPECULATE, Due.COMMIT, Due.UTTERANCE)
        if self.hearing is not None or self.joinable is not None:
            self.hearing = self.joinable = None
            self.emit(StopHearing())

    def switch(self, language: str) -> None:
        """Go on in another language."""
        if language != self.language:
            self.close_ear()
            self.language = language
            self.emit(OpenEars(language))

    # --- ends

    def leave(self, text: str, why: str, *, at_once: bool = True) -> None:
        """Say a last thing and hang up; `at_once` leaves out what was still to be said."""
        if self.phase in (Phase.ENDING, Phase.OVER):
            return
        if self.phase is Phase.PERSON:
            self.emit(BridgeSound(False))
        self.phase = Phase.ENDING
        self.close_ear()
        self.keypad.clear()
        self.turns.clear()
        self.working = self.waiting = False
        playing = self.speaker.playing
        if at_once:
            if playing is not None and playing.interruptible:
                self.interrupt()
            self.speaker.drop_all()
        self.deadlines.cancel(*(due for due in Due if due is not Due.PROMPT))
        self.say(text, then=Then.END, why=why)

    def end(self, why: str) -> None:
        """The call is over, now."""
        if self.phase is not Phase.OVER:
            self.phase = Phase.OVER
            self.deadlines.clear()
            self.emit(End(why))

    # --- for whoever looks on

    @property
    def idle(self) -> bool:
        """Whether it is for the caller to do something, and they do nothing."""
        busy = self.speaker or self.keypad or self.turns
        return (
            not (busy or self.hearing or self.joinable or self.working or self.waiting or self.person)
            and self.phase is Phase.BOT
        )

    def caption(self, answer: Answer, heard: Hypothesis | None) -> None:
        """Show what the caller said."""
        self.emit(Show(Caption(Who.CALLER, answer.spoken, True, heard.confidence if heard else None)))
