"""The mouth of all calls of a process."""

import asyncio
from collections.abc import AsyncIterator

from voice.errors import EngineUnavailable
from voice.settings import VoiceSettings
from voice.speaker import Speaker
from voice.spoken import spoken
from voice.synthesis.phrases import Recent, Shelf, key_of
from voice.synthesis.sentences import sentences
from voice.synthesis.worker import Task
from voice.synthesis.workers import TRIES, Staffing, Workers


def open_mouth(settings: VoiceSettings) -> "SpeakingMouth":
    """Start the workers, and wait until they are ready (a second or two).

    Raises:
        EngineUnavailable: the engine or one of the voices is not there.
    """
    return SpeakingMouth(settings, open_workers(settings))


def open_workers(settings: VoiceSettings) -> Workers:
    """The workers alone; see `open_mouth`."""
    patience = settings.engine_timeout / TRIES  # a call waits for a sentence so long, and another worker is to be heard
    staffing = Staffing(settings.engine, tuple(settings.speakers.values()), patience)
    return Workers(staffing, settings.synthesis_workers)


class SpeakingMouth:
    """Speaks sentence by sentence: while one is heard, the next is made. Implements `voice.ports.Mouth`."""

    def __init__(self, settings: VoiceSettings, workers: Workers) -> None:
        self._engine = settings.engine
        self._speakers = settings.speakers
        self._workers = workers
        self._shelf = Shelf(settings.phrases)
        self._recent = Recent(settings.recent_bytes)

    async def speak(self, text: str, language: str, rate: int, speed: float = 1.0) -> AsyncIterator[bytes]:
        """Sound of `text`, a piece for every sentence, as it gets ready. See `voice.ports.Mouth.speak`."""
        speaker = self.speaker(language).at(speed)
        tasks = [Task(sentence, speaker, rate) for sentence in sentences(spoken(text, language))]
        coming = asyncio.ensure_future(self._sound(tasks[0])) if tasks else None
        try:
            for following in [*tasks[1:], None]:
                if coming is None:
                    return
                sound = await coming
                coming = asyncio.ensure_future(self._sound(following)) if following else None
                yield sound
        finally:
            if coming is not None:
                coming.cancel()

    def speaker(self, language: str) -> Speaker:
        """How the language is spoken. Raises `EngineUnavailable` when no voice speaks it."""
        found = self._speakers.get(language) or self._speakers.get(language.split("-")[0])
        if found is None:
            raise EngineUnavailable(f"No voice speaks {language!r}: add one to CARELINE_VOICE_SPEAKERS.")
        return found

    async def close(self) -> None:
        """Stop all workers."""
        await self._workers.close()

    async def _sound(self, task: Task) -> bytes:
        key = key_of(self._engine, task)
        sound = self._recent.get(key) or self._shelf.get(key)
        if sound is None:
            sound = await self._workers.make(task)
        self._recent.put(key, sound)
        return sound
