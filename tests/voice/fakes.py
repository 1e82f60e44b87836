"""Stand-ins for everything a call session needs, on a clock that runs only when everybody waits.

A test tells a caller's side as a story and looks at what was said and stored::

    async def story() -> None:
        line = FakeLine()
        ...
        await line.speech("yes", seconds=0.4)
        await line.quiet(2)

    simulated(story())

Sound carries its own script: every sample of `FakeLine.speech("yes")` has the number of that phrase, `FakeActivity`
hears samples that are not zero, and `FakeEars` turn the numbers back into words.
"""

import array
import asyncio
import itertools
import selectors
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from voice.errors import AssistantUnavailable, EngineFailed, EngineUnavailable
from voice.ports import (
    AssistantEvent,
    Audio,
    Caption,
    Digit,
    Expectation,
    HangUp,
    Hypothesis,
    LineEvent,
    Said,
    TurnOver,
    Utterance,
    Who,
)

T = TypeVar("T")
FRAME = 0.02  # seconds a frame, as a telephone sends them


# --- time


class _Impatient(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Never waits: time is moved on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.loop: SimulatedLoop | None = None

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout and self.loop is not None:
            self.loop.now += timeout
        if not ready and timeout is None:
            raise RuntimeError("everybody waits, and nothing will ever happen")
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock stands still while anything runs, and jumps to the next timer when nothing does."""

    def __init__(self) -> None:
        selector = _Impatient()
        self.now = 1000.0
        super().__init__(selector)
        selector.loop = self

    def time(self) -> float:
        return self.now


def simulated(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` in simulated time; fails when a task is left behind."""
    loop = SimulatedLoop()
    try:
        result = loop.run_until_complete(main)
        left = [task for task in asyncio.all_tasks(loop) if not task.done()]
        assert not left, f"tasks are left behind: {left}"
        return result
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


# --- the line

_phrases: dict[str, int] = {}


def sound_of(phrase: str, seconds: float, rate: int = 8000) -> bytes:
    """Sound that `FakeEars` read as `phrase`; "" is silence."""
    number = 0 if not phrase else _phrases.setdefault(phrase, len(_phrases) + 1)
    return array.array("h", [number] * round(seconds * rate)).tobytes()


def words_in(pcm: bytes) -> str:
    """What `sound_of` put in, phrase after phrase."""
    names = {number: phrase for phrase, number in _phrases.items()}
    numbers = (number for number, _ in itertools.groupby(array.array("h", pcm)) if number)
    return " ".join(names[number] for number in numbers)


class FakeLine:
    """A line whose caller is told what to do by the test, and which plays in simulated time.

    Attributes:
        heard: texts the caller was played, if `FakeMouth` made the sound, with the time at which each began.
        captions: everything shown.
        log: what happened, in order: ("play", seconds), ("clear", seconds not heard), ("transfer", queue), ("close",).
    """

    def __init__(
        self, *, rate: int = 8000, transport: str = "audiosocket", language: str | None = None, transfers: bool = False
    ) -> None:
        self.rate = rate
        self.transport = transport
        self.caller: str | None = "+15550100"
        self.language = language
        self.transfers = transfers
        self.captions: list[Caption] = []
        self.log: list[tuple[Any, ...]] = []
        self.sent: list[bytes] = []
        self.closed = asyncio.Event()
        self._events: asyncio.Queue[LineEvent] = asyncio.Queue()
        self._until = 0.0
        self._changed = asyncio.Event()

    # the caller's side

    async def speech(self, phrase: str, seconds: float = 0.8) -> None:
        """The caller says `phrase`; returns when it is said."""
        await self._frames(sound_of(phrase, seconds, self.rate))

    async def quiet(self, seconds: float, *, frames: bool = True) -> None:
        """The caller says nothing; without `frames` the line sends nothing either."""
        if frames:
            await self._frames(sound_of("", seconds, self.rate))
        else:
            await asyncio.sleep(seconds)

    async def press(self, keys: str, gap: float = 0.2) -> None:
        """The caller presses keys one after the other."""
        for key in keys:
            self._events.put_nowait(Digit(key, self._now))
            await self.quiet(gap)

    def hang_up(self, why: str = "caller") -> None:
        """The call is over from the caller's side."""
        self._events.put_nowait(HangUp(why))

    async def _frames(self, pcm: bytes) -> None:
        size = round(FRAME * self.rate) * 2
        for start in range(0, len(pcm), size):
            await asyncio.sleep(FRAME)
            self._events.put_nowait(Audio(pcm[start : start + size], self._now))

    # the port

    async def events(self) -> AsyncIterator[LineEvent]:
        while True:
            event = await self._events.get()
            yield event
            if isinstance(event, HangUp):
                return

    async def play(self, pcm: bytes) -> None:
        if self.closed.is_set():
            return
        seconds = len(pcm) / 2 / self.rate
        self.sent.append(pcm)
        self.log.append(("play", seconds))
        self._until = max(self._until, self._now) + seconds
        self._changed.set()

    async def played(self) -> None:
        while (rest := self._until - self._now) > 1e-9:
            self._changed.clear()
            try:
                async with asyncio.timeout(rest):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def clear(self) -> float:
        rest = max(0.0, self._until - self._now)
        self.log.append(("clear", rest))
        self._until = self._now
        self._changed.set()
        return rest

    async def caption(self, caption: Caption) -> None:
        self.captions.append(caption)

    async def transfer(self, queue: str) -> bool:
        self.log.append(("transfer", queue))
        return self.transfers

    async def close(self) -> None:
        if not self.closed.is_set():
            self.log.append(("close",))
            self.closed.set()
            self._events.put_nowait(HangUp("shutdown"))

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    @property
    def heard(self) -> str:
        """All that was played, as text, cut off where it was cut off by the page."""
        return words_in(b"".join(self.sent))

    def captions_of(self, who: Who) -> list[str]:
        """The final captions of one side."""
        return [caption.text for caption in self.captions if caption.who is who and caption.final]


# --- engines


class FakeActivity:
    """Speech is what is not silence."""

    def feed(self, pcm: bytes) -> bool | None:
        return any(pcm)


def understood(text: str, *, confidence: float = 0.9, complete: float = 1.0, **more: Any) -> Hypothesis:
    """A hypothesis to be believed."""
    return Hypothesis(text, confidence, True, complete, **more)


NOT_UNDERSTOOD = Hypothesis("", 0.1, False, 0.5)


@dataclass
class FakeEars:
    """Ears that hear what `sound_of` wrote.

    Attributes:
        hypotheses: by text, where a plain `understood(text)` is not what shall be heard.
        trouble: what befalls the next calls of `finish`: an exception to raise, "hang", or None for none.
        refuse: whether no recogniser can be opened.
        asked: the expectation of every utterance begun.
        log: "start", "feed" and "finish" as they come.
        opened, closed: how many recognisers.
    """

    hypotheses: dict[str, Hypothesis] = field(default_factory=dict)
    trouble: list[Exception | str | None] = field(default_factory=list)
    refuse: bool = False
    asked: list[Expectation] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    opened: int = 0
    closed: int = 0

    async def open(self, language: str, rate: int) -> "FakeRecogniser":
        if self.refuse:
            raise EngineUnavailable("no recogniser is free")
        self.opened += 1
        return FakeRecogniser(self)

    async def close(self) -> None:
        pass


class FakeRecogniser:
    """See `FakeEars`."""

    def __init__(self, ears: FakeEars) -> None:
        self._ears = ears
        self._pcm = b""

    async def start(self, expectation: Expectation) -> None:
        self._ears.asked.append(expectation)
        self._ears.log.append("start")
        self._pcm = b""

    async def feed(self, pcm: bytes) -> str:
        self._pcm += pcm
        self._ears.log.append("feed")
        return words_in(self._pcm)

    async def finish(self) -> Hypothesis:
        self._ears.log.append("finish")
        trouble = self._ears.trouble.pop(0) if self._ears.trouble else None
        if trouble == "hang":
            await asyncio.sleep(3600)
        if isinstance(trouble, Exception):
            raise trouble
        text = words_in(self._pcm)
        return self._ears.hypotheses.get(text) or (understood(text) if text else NOT_UNDERSTOOD)

    async def close(self) -> None:
        self._ears.closed += 1


@dataclass
class FakeMouth:
    """Speaks a character in 50 ms.

    Attributes:
        said: (text, speed) of everything that was begun.
        trouble: what befalls the next calls: "fail", "hang", or None.
    """

    said: list[tuple[str, float]] = field(default_factory=list)
    trouble: list[str | None] = field(default_factory=list)

    async def speak(self, text: str, language: str, rate: int, speed: float = 1.0) -> AsyncIterator[bytes]:
        self.said.append((text, speed))
        trouble = self.trouble.pop(0) if self.trouble else None
        if trouble == "hang":
            await asyncio.sleep(3600)
        if trouble == "fail":
            raise EngineFailed("no sound")
        await asyncio.sleep(0.01)
        for sentence in text.replace("? ", "?\0").replace(". ", ".\0").split("\0"):
            yield sound_of(sentence, 0.05 * len(sentence) / speed, rate)

    @property
    def texts(self) -> list[str]:
        return [text for text, _ in self.said]

    async def close(self) -> None:
        pass


# --- the assistant

Answering = Callable[[Said], Iterable[AssistantEvent | float]]


@dataclass
class FakeAssistant:
    """Answers what the test gives it; a number among the events is a pause in seconds.

    Attributes:
        answer: what follows on what is said; `TurnOver` is added at the end unless it is there.
        person: what follows on `wants_person`.
        said, facts, ended: all that was handed in.
        unavailable: how many of the next calls cannot be stored.
    """

    answer: Answering = lambda said: ()
    person: Sequence[AssistantEvent | float] = ()
    language: str = "en"
    unavailable: int = 0
    said: list[Said] = field(default_factory=list)
    facts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    persons: int = 0
    ended: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._events: asyncio.Queue[AssistantEvent] = asyncio.Queue()
        self._speaking: set[asyncio.Task[None]] = set()

    async def say(self, said: Said) -> None:
        self._refuse()
        self.said.append(said)
        self.emit(*self.answer(said), turn=True)

    async def wants_person(self) -> None:
        self._refuse()
        self.persons += 1
        self.emit(*self.person, turn=True)

    async def noticed(self, what: str, **facts: str | int | float | bool) -> None:
        self.facts.append((what, facts))

    async def events(self) -> AsyncIterator[AssistantEvent]:
        while True:
            yield await self._events.get()

    async def end(self, why: str) -> None:
        self.ended.append(why)
        for task in self._speaking:
            task.cancel()

    def emit(self, *events: AssistantEvent | float, turn: bool = False) -> None:
        """Let something happen on the other side, also without being asked."""
        whole = [*events, *([TurnOver()] if turn and TurnOver() not in events else [])]
        task = asyncio.get_running_loop().create_task(self._tell(whole))
        self._speaking.add(task)
        task.add_done_callback(self._speaking.discard)

    async def _tell(self, events: Sequence[AssistantEvent | float]) -> None:
        for event in events:
            if isinstance(event, int | float):
                await asyncio.sleep(event)
            else:
                self._events.put_nowait(event)

    def _refuse(self) -> None:
        if self.unavailable:
            self.unavailable -= 1
            raise AssistantUnavailable("try again")

    @property
    def texts(self) -> list[str]:
        return [said.text for said in self.said]


def bot(text: str, expectation: Expectation | None = None, language: str = "en") -> Utterance:
    """The assistant says something."""
    return Utterance(Who.BOT, text, language, expectation)


class FakeBridge:
    """A person whose sound the test gives."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.voice: asyncio.Queue[bytes] = asyncio.Queue()

    async def to_person(self, pcm: bytes) -> None:
        self.heard.append(pcm)

    async def from_person(self) -> AsyncIterator[bytes]:
        while True:
            yield await self.voice.get()


async def until(condition: Callable[[], object], seconds: float = 120.0) -> None:
    """Wait, in simulated time, until something is so; fails when it does not come to it."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not condition():
        assert loop.time() < end, "it did not come to it"
        await asyncio.sleep(FRAME)


Story = Callable[[], Awaitable[None]]
