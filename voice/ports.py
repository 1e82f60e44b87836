"""What a call session needs from outside: a line, ears, a mouth and the assistant.

Every transport and every engine is one class.

Audio is signed 16-bit little-endian mono PCM throughout, at the line's rate (8000 or 16000 samples a second). Times are
seconds of `asyncio`'s clock (`loop.time()`), which goes on when no frames arrive: a caller who sends no sound sends no
frames either.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

# --- the line: where the caller is


@dataclass(frozen=True, slots=True)
class Audio:
    """Sound of the caller; `at` is when its last sample arrived."""

    pcm: bytes
    at: float


@dataclass(frozen=True, slots=True)
class Digit:
    """A key: `0` to `9`, `*` or `#`."""

    key: str
    at: float


@dataclass(frozen=True, slots=True)
class HangUp:
    """The call is over. `why`: `caller`, `lost` (the transport broke), `limit`, or `shutdown`."""

    why: str


LineEvent = Audio | Digit | HangUp


class Who(StrEnum):
    """Who a caption quotes."""

    CALLER = "caller"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Caption:
    """What somebody says, as text; a later caption of the same `who` replaces one that is not `final`."""

    who: Who
    text: str
    final: bool = True
    confidence: float | None = None


class Line(Protocol):
    """One call, whatever brought it.

    Attributes:
        rate: samples a second, both ways: 8000 or 16000.
        transport: `audiosocket`, `browser`, `twilio` or `local`.
        caller: the caller's number if the transport tells it; personal, never logged.
        language: the one the transport asks for (`en`, `zh`); None leaves it to the settings.
    """

    rate: int
    transport: str
    caller: str | None
    language: str | None

    def events(self) -> AsyncIterator[LineEvent]:
        """What comes from the caller; ends after the one `HangUp`. To be read once."""

    async def play(self, pcm: bytes) -> None:
        """Queue sound; returns when it is queued. Never raises when the caller has gone: it is then dropped."""

    async def played(self) -> None:
        """Wait until everything queued was heard, or was cleared."""

    async def clear(self) -> float:
        """Stop the sound at once; returns the seconds of it that were not heard."""

    async def caption(self, caption: Caption) -> None:
        """Show it, where the transport can show anything."""

    async def transfer(self, queue: str) -> bool:
        """Send the caller to a queue of the telephone system; False where the transport cannot: then bridge."""

    async def close(self) -> None:
        """End the call after what is queued was heard; closing twice is fine."""


# --- what a question expects


class Kind(StrEnum):
    """What a question expects; picks the decoder, the endpoint delay and the reading."""

    FREE = "free"
    DIGITS = "digits"
    DATE = "date"
    YES_NO = "yes_no"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Option:
    """One of the answers offered; `title` as it is spoken, `payload` what the assistant is told."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the question that was just asked expects.

    Attributes:
        about: what the digits or the date are: `policy_number`, `claim_number`, `birth_date`, `one_time_code`,
            `phone_number`, `postcode`, `amount`, or another slot's name; decides how they are read and read back.
        least, most: how many digits make it complete.
        options: offered answers; the first is key 1.
        interruptible: False while a legal text is spoken: neither speech nor keys stop it (keys are kept).
        confirm: read back what was heard, and ask whether it is right, before the assistant gets it.
    """

    kind: Kind = Kind.FREE
    about: str | None = None
    least: int = 1
    most: int = 32
    options: tuple[Option, ...] = ()
    interruptible: bool = True
    confirm: bool = False


# --- ears


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word with its place in the utterance, in seconds, and how surely it was it (0 to 1)."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What was heard.

    Attributes:
        text: lower-case words as the language model writes them; digits as digits for `Kind.DIGITS`.
        confidence: 0 to 1; calibrated so that below 0.5 it is not to be believed.
        understood: False for noise, silence and speech outside what the decoder knows: never show `text` then.
        complete: 0 to 1, how likely the sentence is over rather than paused in.
        words: with their times.
        alternatives: other readings, the best first (digit strings above all).
    """

    text: str
    confidence: float
    understood: bool
    complete: float = 1.0
    words: tuple[Word, ...] = ()
    alternatives: tuple[str, ...] = ()


class Recogniser(Protocol):
    """Ears of one call, one utterance at a time; methods raise `EngineFailed` when the engine died or hung."""

    async def start(self, expectation: Expectation) -> None:
        """Begin an utterance; whatever the last one held is dropped."""

    async def feed(self, pcm: bytes) -> str:
        """Sound of the utterance, any length; returns the words so far, for captions ("" when there are none)."""

    async def finish(self) -> Hypothesis:
        """What was said. The utterance may go on: `feed` after `finish` continues it from its beginning."""

    async def close(self) -> None:
        """Give the engine back."""


class Ears(Protocol):
    """Makes recognisers; one of these a process."""

    async def open(self, language: str, rate: int) -> Recogniser:
        """Raises `voice.errors.EngineUnavailable` when no engine knows the language, or none is free."""

    async def close(self) -> None:
        """Stop all workers."""


class Activity(Protocol):
    """Tells speech from its absence, frame by frame. Cheap; runs in the call's own process."""

    def feed(self, pcm: bytes) -> bool | None:
        """Whether the caller speaks now (with onset and release smoothed by tens of milliseconds); None: undecided."""


# --- mouth


class Mouth(Protocol):
    """Makes speech; one of these a process."""

    def speak(self, text: str, language: str, rate: int, speed: float = 1.0) -> AsyncIterator[bytes]:
        """Sound of `text`, sentence by sentence, as it gets ready; `speed` 1 is the configured rate of speech.

        Raises:
            EngineFailed: this text could not be spoken, also after another try.
            EngineUnavailable: no voice speaks the language.
        """

    async def close(self) -> None:
        """Stop all workers."""


# --- the assistant


class By(StrEnum):
    """How the caller said something."""

    SPEECH = "speech"
    KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Said:
    """What the caller said, ready for the assistant.

    Attributes:
        text: as a chat customer would have typed it (`PA-1234567`, `1985-03-04`), or the payload of a chosen option.
        heard: None when it came by keys.
        started, ended: seconds since the call began.
        pcm: the utterance's sound, for the record if the caller consents; b"" when it came by keys.
    """

    text: str
    by: By
    heard: Hypothesis | None
    started: float
    ended: float
    alternatives: tuple[str, ...] = ()
    pcm: bytes = b""


@dataclass(frozen=True, slots=True)
class Utterance:
    """The assistant, a person or the system says `text`, to be spoken; `expectation` is of the question in it."""

    who: Who
    text: str
    language: str
    expectation: Expectation | None = None


@dataclass(frozen=True, slots=True)
class Working:
    """An answer is being prepared (`on`), or no more."""

    on: bool


@dataclass(frozen=True, slots=True)
class TurnOver:
    """Everything the assistant has to say to one `say` or `wants_person` was said; one for each, in their order."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person was asked for and is not there yet (`position` in the queue from 1, if known); the next two end it.

    The session says nothing of silence meanwhile; the caller may go on with the assistant.
    """

    position: int | None = None


@dataclass(frozen=True, slots=True)
class WithPerson:
    """A person takes the call: `queue` names the telephone queue to go to; None: the person speaks here (bridge)."""

    name: str
    queue: str | None = None


@dataclass(frozen=True, slots=True)
class WithBot:
    """The person gave the call back to the assistant, or nobody is waited for any more."""


@dataclass(frozen=True, slots=True)
class Over:
    """The conversation was ended from inside (closed by a person, erased)."""


AssistantEvent = Utterance | Working | TurnOver | Waiting | WithPerson | WithBot | Over


class Assistant(Protocol):
    """The conversation behind one call."""

    language: str

    async def say(self, said: Said) -> None:
        """Hand in what the caller said; what follows comes as events.

        Raises:
            AssistantUnavailable: it could not be stored; nothing was lost but this utterance, say so.
        """

    async def noticed(self, what: str, **facts: str | int | float | bool) -> None:
        """A fact for the record: `consent`, `no_input`, `no_match`, `barge_in`, `engine_failed`, `key_person`..."""

    async def wants_person(self) -> None:
        """The caller asked for a person outside the dialogue (key 0, or nothing else helped).

        What follows comes as events up to `TurnOver`, as after `say`; raises what `say` raises.
        """

    def events(self) -> AsyncIterator[AssistantEvent]:
        """What the other side says; ends when the conversation is over. To be read once."""

    async def end(self, why: str) -> None:
        """The call is over; leaves a consistent record. Never raises."""


# --- sound of a person, when the call is bridged


class Bridge(Protocol):
    """Carries sound between the caller and a person who speaks through the desk."""

    async def to_person(self, pcm: bytes) -> None:
        """Sound of the caller, at the line's rate; dropped when nobody listens."""

    def from_person(self) -> AsyncIterator[bytes]:
        """Sound of the person, at the line's rate; ends when they have gone."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended: `why` as in `HangUp`, or `goodbye`, `transferred`, `failed`, `too_long`, `silent`."""

    why: str
    seconds: float
    events: Sequence[str] = field(default_factory=tuple)
