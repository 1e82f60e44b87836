"""What the machine of a call is told, and what it answers: plain values both ways.

An utterance of the caller and a prompt of ours are named by numbers, so that what comes late is known to be late.
"""

from dataclasses import dataclass

from voice.ports import AssistantEvent, Caption, Expectation, Hypothesis, Said

# --- events


@dataclass(frozen=True, slots=True)
class Started:
    """The call is here."""


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """The caller began to speak."""


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The caller is silent, since `ago` seconds; also when the line sends nothing any more."""

    ago: float = 0.0


@dataclass(frozen=True, slots=True)
class Partial:
    """The words of the utterance so far."""

    utterance: int
    text: str


@dataclass(frozen=True, slots=True)
class Recognised:
    """The answer to the `Finish` of this `token`."""

    token: int
    hypothesis: Hypothesis


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key of the telephone."""

    key: str


@dataclass(frozen=True, slots=True)
class Sounding:
    """The first sound of a prompt is out."""

    prompt: int


@dataclass(frozen=True, slots=True)
class PromptEnded:
    """A prompt was heard to its end."""

    prompt: int


@dataclass(frozen=True, slots=True)
class PromptFailed:
    """A prompt could not be spoken (to its end)."""

    prompt: int


@dataclass(frozen=True, slots=True)
class FromAssistant:
    """The other side says or does something."""

    event: AssistantEvent


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The assistant could not take the `Ask` or `WantPerson` of this turn."""

    turn: int


@dataclass(frozen=True, slots=True)
class EarsFailed:
    """Nothing came of the utterance, with another recogniser neither; not `usable`: there is none for now."""

    usable: bool = True


@dataclass(frozen=True, slots=True)
class EarsReady:
    """There is a recogniser for the language."""


@dataclass(frozen=True, slots=True)
class TransferDone:
    """The telephone system took the caller, or not."""

    ok: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has passed; deadlines may be due."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The line is gone; `why` as in `voice.ports.HangUp`."""

    why: str


Event = (
    Started
    | SpeechBegan
    | SpeechEnded
    | Partial
    | Recognised
    | KeyPressed
    | Sounding
    | PromptEnded
    | PromptFailed
    | FromAssistant
    | NotTaken
    | EarsFailed
    | EarsReady
    | TransferDone
    | Tick
    | HungUp
)

# --- commands


@dataclass(frozen=True, slots=True)
class Say:
    """Speak; one at a time, answered by `Sounding` and then `PromptEnded` or `PromptFailed`."""

    prompt: int
    text: str
    language: str
    speed: float


@dataclass(frozen=True, slots=True)
class StopSaying:
    """Be silent at once; the prompt in hand gets no further event."""


@dataclass(frozen=True, slots=True)
class Hear:
    """Begin an utterance with the sound from shortly before; everything that follows is fed to it."""

    utterance: int
    expectation: Expectation


@dataclass(frozen=True, slots=True)
class Finish:
    """Ask what was said so far; the utterance may go on."""

    token: int


@dataclass(frozen=True, slots=True)
class StopHearing:
    """The utterance is over; its sound is kept until two more were begun, should it be asked for."""


@dataclass(frozen=True, slots=True)
class OpenEars:
    """Get a recogniser for another language."""

    language: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Hand in what the caller said, with the sound of `utterance` where there is one to keep."""

    turn: int
    said: Said
    utterance: int | None


@dataclass(frozen=True, slots=True)
class WantPerson:
    """The caller wants, or needs, a person."""

    turn: int


@dataclass(frozen=True, slots=True)
class Show:
    """Show a caption."""

    caption: Caption


@dataclass(frozen=True, slots=True)
class Record:
    """A fact for the record."""

    what: str
    facts: dict[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class Comfort:
    """Begin or end the quiet tones that tell the line is alive."""

    on: bool


@dataclass(frozen=True, slots=True)
class Transfer:
    """Send the caller to a telephone queue; answered by `TransferDone`."""

    queue: str


@dataclass(frozen=True, slots=True)
class BridgeSound:
    """Begin or end carrying sound between the caller and a person."""

    on: bool


@dataclass(frozen=True, slots=True)
class End:
    """Close the line after what is queued was heard, and the record with `why`. The last command of every call."""

    why: str


Command = (
    Say
    | StopSaying
    | Hear
    | Finish
    | StopHearing
    | OpenEars
    | Ask
    | WantPerson
    | Show
    | Record
    | Comfort
    | Transfer
    | BridgeSound
    | End
)
