"""What the caller is played: prompts, one at a time, and the quiet tones of a line that is alive."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import numpy as np

from voice.errors import VoiceError
from voice.ports import Line, Mouth
from voice.session.events import Event, PromptEnded, PromptFailed, Say, Sounding
from voice.settings import VoiceSettings

log = logging.getLogger("voice.session")

_TONE = (440.0, 0.15, 500.0)  # hertz, seconds, amplitude of 32768: there, and in nobody's way
_TONE_EVERY = 2.0  # seconds
_TROUBLE = (VoiceError, TimeoutError, OSError, EOFError, RuntimeError, ValueError)


class Throat:
    """Carries out what the machine says about speaking.

    Args:
        line: plays.
        mouth: makes the sound.
        settings: for how long a sentence is waited for.
        tell: takes events for the machine.
    """

    def __init__(self, line: Line, mouth: Mouth, settings: VoiceSettings, tell: Callable[[Event], None]) -> None:
        self._line = line
        self._mouth = mouth
        self._patience = settings.engine_timeout
        self._tell = tell
        self._task: asyncio.Task[None] | None = None

    async def say(self, say: Say) -> None:
        """Begin a prompt; what is played ends."""
        await self._begin(self._prompt(say))

    async def comfort(self, on: bool) -> None:
        """Begin the tones, or end them."""
        if on:
            await self._begin(self._tones())
        else:
            await self.stop()

    async def stop(self) -> None:
        """Be silent at once."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        await self._line.clear()
        await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """End the work, but let be heard what is queued."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        had = self._task
        if had is not None and not had.done():
            await self.stop()
        self._task = asyncio.create_task(work)

    async def _prompt(self, say: Say) -> None:
        sounding = False
        sound = self._mouth.speak(say.text, say.language, self._line.rate, say.speed)
        try:
            while (pcm := await self._piece(sound)) is not None:
                if not pcm:
                    continue
                await self._line.play(pcm)
                if not sounding:
                    sounding = True
                    self._tell(Sounding(say.prompt))
        except _TROUBLE as error:
            log.warning("a prompt could not be spoken", extra={"why": type(error).__name__})
            await self._line.played()
            self._tell(PromptFailed(say.prompt))
        else:
            await self._line.played()
            self._tell(PromptEnded(say.prompt) if sounding else PromptFailed(say.prompt))
        finally:
            await _close(sound)

    async def _piece(self, sound: AsyncIterator[bytes]) -> bytes | None:
        try:
            async with asyncio.timeout(self._patience):
                return await anext(sound)
        except StopAsyncIteration:
            return None

    async def _tones(self) -> None:
        pcm = tone(self._line.rate)
        while True:
            await self._line.play(pcm)
            # A line that has gone plays nothing, and takes no time for it.
            await asyncio.gather(self._line.played(), asyncio.sleep(_TONE_EVERY))


def tone(rate: int) -> bytes:
    """One soft tone and the pause after it, as PCM."""
    hertz, seconds, amplitude = _TONE
    time = np.arange(round(seconds * rate)) / rate
    swell = np.sin(np.pi * time / seconds)  # no click at either end
    sound = np.sin(2 * np.pi * hertz * time) * swell * amplitude
    return sound.astype("<i2").tobytes() + bytes(2 * round((_TONE_EVERY - seconds) * rate))


async def _close(sound: AsyncIterator[bytes]) -> None:
    close = getattr(sound, "aclose", None)
    if close is not None:
        with contextlib.suppress(*_TROUBLE):
            await close()
