"""What callers do: ordinary conversations, an utterance each seven seconds."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.voice.caller import Caller, Span
from benchmarks.voice.speech import said

EVERY = 7.0  # seconds between the beginnings of two utterances
PATIENCE = 15.0  # seconds for an answer to begin
_LISTENS = 1.0  # seconds of an answer that a caller hears at least before they say the next thing
_POLITE = 0.7  # seconds of silence after which it is the caller's turn
_GREETED = 1.2  # and after the greeting
_MOST_PATIENT = 60.0  # seconds for the greeting to end
_SURELY_OURS = 0.4  # seconds in which what sounds was begun before the caller spoke


@dataclass(frozen=True, slots=True)
class Says:
    """The caller speaks, seven seconds after they last began to; the pause of a `|` lasts 600 ms.

    `over`: also while the other side still speaks.
    """

    words: str
    over: bool = True


@dataclass(frozen=True, slots=True)
class Presses:
    """The caller presses keys when the question has been asked."""

    keys: str


@dataclass(frozen=True, slots=True)
class Interrupts:
    """The caller speaks in the middle of what they hear, if they hear anything; `after` seconds of it."""

    words: str
    after: float = 1.5


Step = Says | Presses | Interrupts

ANYBODYS = (
    "what is a deductible",
    "how long does a claim take",
    "thank you very much",
    "what can you do for me",
    "how do I pay my premium",
    "what should I do after an accident",
    "are you a robot",
    "what are your opening hours",
)
A_CUSTOMERS = (
    "what is the status of my claim",
    "show me my policies",
    "what documents are missing",
    "what does my home insurance cover",
    "how much do I owe",
    "when is my next payment due",
    "thank you very much",
)
WITH_PAUSES = (
    "I would like to know | how long a claim takes",
    "can you tell me please | what a deductible is",
    "my car was damaged in an accident | and I want to file a claim",
    "I have a question | about my home insurance",
    "what happens to my policy | when I move to another address",
    "I need to know the status | of the claim that I made last week",
    "does my travel insurance | cover a lost suitcase",
    "I want to change | the address on my policy",
    "how much do I have to pay | for my car insurance next year",
    "could you send me | a proof of insurance please",
)
INTERRUPTIONS = ("stop please", "wait a moment", "excuse me", "no thank you", "I want something else")


def verification(policy_number: str, birth_date: str) -> list[Step]:
    """Ask for a claim's status and prove who it is by keys; the date is `YYYY-MM-DD`."""
    year, month, day = birth_date.split("-")
    digits = policy_number.removeprefix("PA-")
    return [Says(A_CUSTOMERS[0], over=False), Presses(f"{digits}#"), Presses(f"{day}{month}{year}")]


def ordinary(number: int, customer: tuple[str, str]) -> Iterator[Step]:
    """The steps of a caller, without end: every other one proves who they are first; each interrupts now and then."""
    is_known = number % 2 == 1
    if is_known:
        yield from verification(*customer)
    questions = A_CUSTOMERS if is_known else ANYBODYS
    for turn in itertools.count(number):
        yield Says(questions[turn % len(questions)])
        if turn % 4 == 3:
            yield Interrupts(INTERRUPTIONS[turn // 4 % len(INTERRUPTIONS)])


def with_pauses(number: int) -> Iterator[Step]:
    """Sentences with a pause of 600 ms inside."""
    for turn in itertools.count(number):
        yield Says(WITH_PAUSES[turn % len(WITH_PAUSES)], over=False)


@dataclass
class Utterance:
    """What a caller said: when it began and ended, on the loop's clock, and seconds from there to the first sound.

    None: there was none within the patience of a caller.
    """

    words: str
    began: float
    ended: float
    first_sound: float | None = None


@dataclass
class Notes:
    """What a caller noted.

    Attributes:
        call: the call's id.
        utterances: what they said, but for interruptions.
        keys: seconds from the last of several keys to the first sound.
        unanswered_keys: how often there was none.
        stopped: seconds from the beginning of an interruption to silence.
        talked_on: interruptions that nobody minded.
        lost: why the call ended by itself.
    """

    call: str = ""
    utterances: list[Utterance] = field(default_factory=list)
    keys: list[float] = field(default_factory=list)
    unanswered_keys: int = 0
    stopped: list[float] = field(default_factory=list)
    talked_on: int = 0
    lost: str = ""


class Conversation:
    """One caller who follows a script until the time is over."""

    def __init__(self, caller: Caller, voice: str, notes: Notes) -> None:
        self._caller = caller
        self._voice = voice
        self._notes = notes
        self._last_began = 0.0

    async def begin(self, consent: str = "1") -> None:
        """Hear the greeting, and agree to what it asks."""
        await self._caller.sounding(PATIENCE)
        await self._caller.quiet(_GREETED, _MOST_PATIENT)
        pressed = await self._caller.press(consent)
        await self._caller.answer(pressed, PATIENCE)
        await self._caller.quiet(_GREETED, _MOST_PATIENT)

    async def run(self, steps: Iterator[Step], until: float) -> None:
        """Do step after step; `until` is on the loop's clock."""
        loop = asyncio.get_running_loop()
        for step in steps:
            if isinstance(step, Says):
                await asyncio.sleep(max(0.0, self._last_began + EVERY - loop.time()))
            if loop.time() >= until:
                return
            if isinstance(step, Says):
                await self._say(step)
            elif isinstance(step, Presses):
                await self._press(step)
            else:
                await self._interrupt(step)
            await asyncio.sleep(_LISTENS)

    async def _say(self, step: Says) -> None:
        if not step.over:
            await self._caller.quiet(_POLITE, _MOST_PATIENT)
        spoken = await self._speak(step.words)
        utterance = Utterance(step.words, spoken.began, spoken.ended)
        self._notes.utterances.append(utterance)
        heard = await self._caller.answer(spoken.ended, PATIENCE)
        if heard is not None:
            utterance.first_sound = heard - spoken.ended

    async def _press(self, step: Presses) -> None:
        await self._caller.quiet(_POLITE, PATIENCE)
        pressed = await self._caller.press(step.keys)
        heard = await self._caller.answer(pressed, PATIENCE)
        if heard is None:
            self._notes.unanswered_keys += 1
        else:
            self._notes.keys.append(heard - pressed)

    async def _interrupt(self, step: Interrupts) -> None:
        """Only what sounds can be interrupted."""
        ear, loop = self._caller.ear, asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, step.after - _LISTENS))
        if not ear.hears(loop.time()):
            return
        interrupted = ear.spans[-1]
        spoken = await self._speak(step.words)
        if spoken.began < interrupted.ended < spoken.ended - _SURELY_OURS:
            self._notes.stopped.append(interrupted.ended - spoken.began)
        elif interrupted.ended >= spoken.ended - _SURELY_OURS:
            self._notes.talked_on += 1
        await self._caller.answer(spoken.ended, PATIENCE)

    async def _speak(self, words: str) -> Span:
        spoken = await self._caller.say(said(words, self._voice, self._caller.rate))
        self._last_began = spoken.began
        return spoken
