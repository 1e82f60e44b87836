"""Calls, whatever brings them: the one place where a line gets a conversation and a session."""

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from gateway.metrics import Metrics
from gateway.voice.assistant import Callers
from gateway.voice.bridge import Bridges, CallBridge
from gateway.voice.settings import LineSettings
from voice.errors import VoiceError
from voice.ports import Activity, Caption, Ears, Ending, HangUp, Line, LineEvent, Mouth, Who
from voice.settings import VoiceSettings
from voice.texts import Texts

log = logging.getLogger("gateway.voice")

_GRACE = 30.0  # seconds past the longest call, in which the session itself says good-bye
_ENDINGS = frozenset({"caller", "lost", "limit", "shutdown", "goodbye", "transferred", "failed", "too_long", "silent"})

Pseudonym = Callable[[str], str]


class State(StrEnum):
    """Whether calls can be taken."""

    OFF = "off"
    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"


class CallRefused(VoiceError):
    """A call that is not taken. `code`: `busy`, `starting`, `failed`, `off`, or `too_many` from one address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Engines:
    """What calls hear and speak with; opening them may take seconds, and is done in a thread."""

    open_ears: Callable[[VoiceSettings], Ears]
    open_mouth: Callable[[VoiceSettings], Mouth]
    activity: Callable[[int], Activity]


class Calls:
    """All calls of this gateway.

    A transport makes a `Line` and calls `serve`; that is all a further one has to do.
    """

    def __init__(
        self,
        callers: Callers,
        engines: Engines | None,
        pseudonym: Pseudonym,
        metrics: Metrics,
        settings: LineSettings,
        voice: VoiceSettings,
        bridges: Bridges,
    ) -> None:
        self._callers = callers
        self._engines = engines
        self._pseudonym = pseudonym
        self._metrics = metrics
        self._settings = settings
        self._voice = voice
        self._bridges = bridges
        self._texts = Texts()
        self._ears: Ears | None = None
        self._mouth: Mouth | None = None
        self._going_on: set[_Guarded] = set()
        self._from: Counter[str] = Counter()
        self._nobody = asyncio.Event()
        self._nobody.set()
        self.state = State.OFF if engines is None else State.STARTING
        self.why = ""

    @property
    def longest(self) -> float:
        """Seconds after which a call has ended, whatever became of it."""
        return self._voice.call_longest_with_person + _GRACE + self._settings.farewell_longest

    # --- from the start to the end of the process

    async def start(self) -> None:
        """Start ears and mouth. It takes seconds and may fail; nothing but calls depends on it."""
        if self._engines is None:
            return
        try:
            self._mouth = await asyncio.to_thread(self._engines.open_mouth, self._voice)
            self._ears = await asyncio.to_thread(self._engines.open_ears, self._voice)
        except Exception as error:
            self.state, self.why = State.FAILED, str(error) or type(error).__name__
            log.error("calls cannot be taken: %s", self.why, exc_info=not isinstance(error, VoiceError))
            await self._close_engines()
        else:
            self.state = State.READY
            log.info("calls can be taken")

    async def close(self) -> None:
        """Say good-bye to everybody, then let the engines go."""
        self.state = State.OFF
        for guarded in list(self._going_on):
            guarded.end("shutdown")
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.farewell_longest + 1):
                await self._nobody.wait()
        await self._close_engines()

    async def _close_engines(self) -> None:
        for engine in (self._ears, self._mouth):
            if engine:
                try:
                    await engine.close()
                except Exception:
                    log.exception("an engine could not be closed")
        self._ears = self._mouth = None

    # --- a call

    def check(self, address: str | None = None) -> None:
        """Whether another call can be taken, from this address (or its pseudonym) if the transport knows one.

        Raises:
            CallRefused: it cannot.
        """
        if self.state is not State.READY:
            raise CallRefused(str(self.state))
        if len(self._going_on) >= self._settings.most_calls:
            raise CallRefused("busy")
        if address is not None and self._from[address] >= self._settings.most_calls_per_address:
            raise CallRefused("too_many")

    async def serve(self, line: Line, *, owner: str | None = None, address: str | None = None) -> Ending:
        """Take a call and stay with it until it is over and its line closed.

        Args:
            owner: the browser it belongs to, where there is one; else the pseudonym of the caller's number.
            address: where it comes from, if calls from there are to be counted.

        Raises:
            CallRefused: see `check`; nothing was said, and the line is open.
        """
        try:
            self.check(address)
        except CallRefused as refused:
            self._metrics.refused_calls.labels(line.transport, refused.code).inc()
            raise
        guarded = _Guarded(line, self._metrics)
        self._going_on.add(guarded)
        self._from[address or ""] += 1
        self._nobody.clear()
        self._metrics.calls_now.set(len(self._going_on))
        longest = self._voice.call_longest_with_person + _GRACE
        limit = asyncio.get_running_loop().call_later(longest, guarded.end, "limit")
        ending = Ending("failed", 0.0)
        try:
            ending = await self._talk(guarded, owner or self._owner(line))
        except Exception:  # a call that fails ends, and nothing else does
            log.exception("a call failed", extra={"transport": line.transport})
        finally:
            limit.cancel()
            await self._let_go(guarded, ending)
            self._going_on.discard(guarded)
            self._from[address or ""] -= 1
            self._from += Counter()  # forgets addresses without calls
            self._metrics.calls_now.set(len(self._going_on))
            self._metrics.calls.labels(line.transport, ending.why if ending.why in _ENDINGS else "other").inc()
            if not self._going_on:
                self._nobody.set()
        return ending

    async def _talk(self, line: "_Guarded", owner: str) -> Ending:
        from voice.session import CallSession

        engines, ears, mouth = self._engines, self._ears, self._mouth
        if engines is None or ears is None or mouth is None:
            raise CallRefused("off")  # not with the state checked a moment ago
        assistant = await self._callers.open(line, owner, line.asked)
        ending = Ending("failed", 0.0)
        try:
            with self._bridges.open(assistant.conversation_id, line.rate) as line.bridge:
                activity = engines.activity(line.rate)
                session = CallSession(line, ears, mouth, assistant, activity, self._texts, self._voice, line.bridge)
                ending = await session.run()
        finally:
            await assistant.end(ending.why)
        return ending

    async def _let_go(self, guarded: "_Guarded", ending: Ending) -> None:
        """Close the line; a caller whose call was ended from outside, or broke down, is told."""
        line = guarded.inner
        try:
            async with asyncio.timeout(self._settings.farewell_longest):
                if guarded.ended_by or ending.why == "failed":
                    await self._apologise(line, guarded.language or self._voice.language, guarded.ended_by or "failed")
                await line.close()
        except Exception as error:
            log.info("a line could not be closed in time", extra={"why": type(error).__name__})

    async def _apologise(self, line: Line, language: str, why: str) -> None:
        await line.clear()
        text = self._texts.get(language, f"say.ended.{why}")
        await line.caption(Caption(Who.SYSTEM, text))
        if self._mouth is None:
            return
        with suppress(VoiceError):
            async for pcm in self._mouth.speak(text, language, line.rate):
                await line.play(pcm)

    def _owner(self, line: Line) -> str:
        return self._pseudonym(line.caller) if line.caller else secrets.token_hex(16)


class _Guarded:
    """A line that can be hung up from outside, and that notes when sound begins."""

    def __init__(self, inner: Line, metrics: Metrics) -> None:
        self.inner = inner
        self.rate, self.transport = inner.rate, inner.transport
        self.caller, self.language = inner.caller, inner.language
        self.ended_by: str | None = None
        self.bridge: CallBridge | None = None
        self._metrics = metrics
        self._ended = asyncio.Event()
        self._waits_since: float | None = asyncio.get_running_loop().time()
        self._waits_for = "call"

    def end(self, why: str) -> None:
        """Hang up; whoever serves the call says why."""
        if not self._ended.is_set():
            self.ended_by = why
            self._ended.set()

    def asked(self) -> None:
        """The caller has finished speaking and waits for an answer."""
        self._waits_since, self._waits_for = asyncio.get_running_loop().time(), "answer"

    async def events(self) -> AsyncIterator[LineEvent]:
        """See `Line.events`."""
        events = aiter(self.inner.events())
        ended = asyncio.create_task(self._ended.wait())
        following: asyncio.Future[LineEvent] | None = None
        try:
            while True:
                following = asyncio.ensure_future(anext(events))
                await asyncio.wait((following, ended), return_when=asyncio.FIRST_COMPLETED)
                if ended.done():
                    yield HangUp(str(self.ended_by))
                    return
                event = following.result()
                yield event
                if isinstance(event, HangUp):
                    return
        except StopAsyncIteration:
            yield HangUp("lost")
        finally:
            ended.cancel()
            if following:
                following.cancel()

    async def play(self, pcm: bytes) -> None:
        """See `Line.play`."""
        if self._waits_since is not None and pcm:
            seconds = asyncio.get_running_loop().time() - self._waits_since
            self._metrics.first_sound.labels(self._waits_for).observe(seconds)
            self._waits_since = None
        if not self._ended.is_set():
            await self.inner.play(pcm)

    async def played(self) -> None:
        """See `Line.played`."""
        await self.inner.played()

    async def clear(self) -> float:
        """See `Line.clear`."""
        return await self.inner.clear()

    async def caption(self, caption: Caption) -> None:
        """See `Line.caption`; the desk sees it, too."""
        await self.inner.caption(caption)
        if self.bridge:
            await self.bridge.caption(caption)

    async def transfer(self, queue: str) -> bool:
        """See `Line.transfer`; the desk is told."""
        done = await self.inner.transfer(queue)
        if done and self.bridge:
            self.bridge.transferred(queue)
        return done

    async def close(self) -> None:
        """See `Line.close`; of a call that is ended from outside the line stays open for a last word."""
        if not self._ended.is_set():
            await self.inner.close()
