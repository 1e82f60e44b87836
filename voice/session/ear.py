"""The recogniser of one call, kept going: what dies or hangs is replaced, and hears the utterance from the start."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from voice.errors import EngineFailed, VoiceError
from voice.ports import Ears, Expectation, Recogniser
from voice.session.events import EarsFailed, EarsReady, Event, Partial, Recognised
from voice.settings import VoiceSettings

log = logging.getLogger("voice.session")

T = TypeVar("T")
_KEPT = 3  # utterances whose sound may still be asked for
_TRY_AGAIN = 5.0  # seconds between attempts to get a recogniser
_TROUBLE = (VoiceError, TimeoutError, OSError, EOFError, RuntimeError, ValueError)


@dataclass(frozen=True, slots=True)
class _Begin:
    utterance: int
    expectation: Expectation
    lead: bytes


@dataclass(frozen=True, slots=True)
class _Finish:
    token: int


@dataclass(frozen=True, slots=True)
class _GoOn:
    pass


_Item = _Begin | _Finish | _GoOn | bytes | str  # sound is bytes, a language to change to is a string


class Ear:
    """Does what the machine says about hearing, one thing after the other, in a task of its own.

    Args:
        ears: make recognisers.
        rate: of the line.
        settings: for how long an engine is waited for, and how much sound comes before an utterance.
        tell: takes events for the machine.
        note: called when a recogniser had to be replaced.
    """

    def __init__(
        self, ears: Ears, rate: int, settings: VoiceSettings, tell: Callable[[Event], None], note: Callable[[], None]
    ) -> None:
        self._ears = ears
        self._rate = rate
        self._patience = settings.engine_timeout
        self._tell = tell
        self._note = note
        self._recogniser: Recogniser | None = None
        self._language = ""
        self._work: deque[_Item] = deque()
        self._more = asyncio.Event()
        self._lead: deque[bytes] = deque()
        self._lead_bytes = round(settings.lead_in * rate) * 2
        self._led = 0
        self._open = False
        self._utterance = 0
        self._expectation = Expectation()
        self._sounds: dict[int, bytearray] = {}
        self._text = ""
        self._held: bytearray | None = None  # after a `finish`: most likely silence, and decoding it begins all over

    # --- told by the driver, without waiting

    def sound(self, pcm: bytes) -> None:
        """Sound of the caller, whether or not an utterance is in hand."""
        self._lead.append(pcm)
        self._led += len(pcm)
        while self._lead and self._led - len(self._lead[0]) >= self._lead_bytes:
            self._led -= len(self._lead.popleft())
        if self._open:
            self._put(pcm)

    def begin(self, utterance: int, expectation: Expectation) -> None:
        """An utterance, with the sound from shortly before."""
        self._open = True
        self._put(_Begin(utterance, expectation, b"".join(self._lead)))

    def finish(self, token: int) -> None:
        """What was said so far? `Recognised` or `EarsFailed` answers."""
        self._put(_Finish(token))

    def go_on(self) -> None:
        """The caller speaks: an utterance that was finished goes on, if one is in hand."""
        if self._open:
            self._put(_GoOn())

    def stop(self) -> None:
        """The utterance is over."""
        self._open = False

    def switch(self, language: str) -> None:
        """Hear another language from now on."""
        self._open = False
        self._put(language)

    def sound_of(self, utterance: int) -> bytes:
        """The sound of one of the last utterances; b"" when it is gone."""
        return bytes(self._sounds.get(utterance, b""))

    # --- the task

    async def run(self) -> None:
        """Work until cancelled; gives the recogniser back."""
        try:
            while True:
                await self._do(await self._next())
        finally:
            await self._close()

    def _put(self, item: _Item) -> None:
        self._work.append(item)
        self._more.set()

    async def _next(self) -> _Item:
        while not self._work:
            self._more.clear()
            looking = self._recogniser is None and self._language  # without one there is nothing else to do
            try:
                async with asyncio.timeout(_TRY_AGAIN if looking else None):
                    await self._more.wait()
            except TimeoutError:
                return self._language
        item = self._work.popleft()
        if not isinstance(item, bytes):
            return item
        pieces = [item]  # what has gathered meanwhile goes in one piece
        while self._work and isinstance(self._work[0], bytes):
            pieces.append(self._work.popleft())  # type: ignore[arg-type]
        return b"".join(pieces)

    async def _do(self, item: _Item) -> None:
        if isinstance(item, str):
            await self._get(item)
        elif isinstance(item, _Begin):
            self._note_utterance(item)
            await self._safely(self._hear_from_the_beginning)
        elif isinstance(item, _Finish):
            token = item.token
            await self._release()
            await self._safely(lambda: self._answer(token), again=True)
            self._held = bytearray()
        elif isinstance(item, _GoOn):
            await self._release()
        elif self._utterance in self._sounds:
            self._sounds[self._utterance] += item
            if self._held is None:
                await self._hear(item)
            else:
                self._held += item

    async def _hear(self, sound: bytes) -> None:
        await self._safely(lambda: self._feed(sound))

    async def _release(self) -> None:
        held, self._held = self._held, None
        if held and self._utterance in self._sounds:
            await self._hear(bytes(held))

    def _note_utterance(self, item: _Begin) -> None:
        self._utterance, self._expectation, self._text, self._held = item.utterance, item.expectation, "", None
        self._sounds[item.utterance] = bytearray(item.lead)
        for old in sorted(self._sounds)[:-_KEPT]:
            del self._sounds[old]

    async def _safely(self, work: Callable[[], Awaitable[None]], *, again: bool = False) -> None:
        """Do it; when the engine fails, another one hears the utterance so far; else it is given up.

        `again`: hearing it is not all, the work has to be done once more.
        """
        try:
            await work()
        except _TROUBLE as first:
            log.warning("a recogniser failed, another takes over", extra={"why": type(first).__name__})
            self._note()
            await self._close()
            try:
                self._recogniser = await self._wait(self._ears.open(self._language, self._rate))
                await self._hear_from_the_beginning()
                if again:
                    await work()
            except _TROUBLE as second:
                log.warning("an utterance is lost", extra={"why": type(second).__name__})
                await self._give_up()

    async def _give_up(self) -> None:
        self._open = False
        self._sounds.pop(self._utterance, None)
        while self._work and isinstance(self._work[0], bytes | _Finish):
            self._work.popleft()
        await self._close()
        with contextlib.suppress(*_TROUBLE):
            self._recogniser = await self._wait(self._ears.open(self._language, self._rate))
        self._tell(EarsFailed(usable=self._recogniser is not None))

    async def _hear_from_the_beginning(self) -> None:
        """The utterance in hand, with all that has been heard of it."""
        recogniser = self._needed()
        await self._wait(recogniser.start(self._expectation))
        sound = bytes(self._sounds.get(self._utterance, b""))
        if sound:
            await self._wait(recogniser.feed(sound))

    async def _feed(self, pcm: bytes) -> None:
        text = await self._wait(self._needed().feed(pcm))
        if text and text != self._text:
            self._text = text
            self._tell(Partial(self._utterance, text))

    async def _answer(self, token: int) -> None:
        hypothesis = await self._wait(self._needed().finish())
        if hypothesis is None:
            raise EngineFailed("the recogniser returned nothing")
        self._tell(Recognised(token, hypothesis))

    async def _get(self, language: str) -> None:
        self._language = language
        await self._close()
        try:
            self._recogniser = await self._wait(self._ears.open(language, self._rate))
        except _TROUBLE as error:
            log.warning("no recogniser", extra={"language": language, "why": type(error).__name__})
            self._tell(EarsFailed(usable=False))
        else:
            self._tell(EarsReady())

    def _needed(self) -> Recogniser:
        if self._recogniser is None:
            raise EngineFailed("there is no recogniser")
        return self._recogniser

    async def _close(self) -> None:
        recogniser, self._recogniser = self._recogniser, None
        if recogniser is not None:
            with contextlib.suppress(*_TROUBLE):
                await self._wait(recogniser.close())

    async def _wait(self, work: Awaitable[T]) -> T:
        async with asyncio.timeout(self._patience):  # `wait_for` of Python 3.11 may swallow that we are cancelled
            return await work
