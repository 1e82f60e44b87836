"""Ears made of workers: each call has a decoder in one of them, and another one when that worker dies."""

import asyncio
import contextlib
import itertools
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from voice.errors import EngineFailed, EngineUnavailable
from voice.ports import Expectation, Hypothesis, Recogniser, Word
from voice.recognition.workers import Worker

_PIECE = 16_000  # bytes of sound in one request, so that no call waits long behind another's


class WorkerEars:
    """English ears in as many processes as `workers`, for `calls` calls each."""

    def __init__(self, engine: str, folder: Path, *, workers: int, calls: int, patience: float) -> None:
        """Starts the processes; `patience`: seconds without an answer after which one counts as hanging."""
        self._engine, self._folder, self._calls, self.patience = engine, str(folder), calls, patience
        self._workers = [Worker(engine, self._folder) for _ in range(workers or os.cpu_count() or 1)]
        self._numbers = itertools.count(1)
        self._farewells: set[asyncio.Task[None]] = set()

    @property
    def pids(self) -> list[int]:
        """Of the workers' processes."""
        return [worker.pid for worker in self._workers if worker.pid]

    async def open(self, language: str, rate: int) -> Recogniser:
        """Ears for one call.

        Raises:
            EngineUnavailable: another language than English, or as many calls as there is room for.
        """
        if language != "en":
            raise EngineUnavailable(f"The built-in recogniser knows English only: name an engine for {language!r}.")
        if rate not in (8000, 16000):
            raise EngineUnavailable(f"The recogniser takes 8000 or 16000 samples a second, not {rate}.")
        return WorkerRecogniser(self, rate, next(self._numbers), self.least_busy())

    def least_busy(self) -> Worker:
        """A living worker with room for a call; dead ones are replaced first."""
        for place, worker in enumerate(self._workers):
            if worker.dead:
                self._bury(worker)
                self._workers[place] = Worker(self._engine, self._folder)
        worker = min(self._workers, key=lambda each: each.calls)
        if worker.calls >= self._calls:
            raise EngineUnavailable(
                "Every recogniser is in use: raise CARELINE_VOICE_RECOGNITION_CALLS or the workers."
            )
        worker.calls += 1
        return worker

    async def close(self) -> None:
        """Stop all workers."""
        await asyncio.gather(*(worker.stopped() for worker in self._workers), *self._farewells)

    def _bury(self, worker: Worker) -> None:
        farewell = asyncio.create_task(worker.stopped())
        self._farewells.add(farewell)
        farewell.add_done_callback(self._farewells.discard)


class WorkerRecogniser:
    """A `Recogniser` whose decoder lives in a worker."""

    def __init__(self, ears: WorkerEars, rate: int, number: int, worker: Worker) -> None:
        self._ears, self._rate, self._number, self._worker = ears, rate, number, worker
        self._opened = False
        self._broken = True  # no utterance yet
        self._closed = False

    async def start(self, expectation: Expectation) -> None:
        """Begin an utterance, in another worker if the last one died."""
        self._broken = True
        if self._worker.dead:
            self._worker, self._opened = self._ears.least_busy(), False
        if not self._opened:
            await self._ask("open", rate=self._rate)
            self._opened = True
        await self._ask("start", expectation=asdict(expectation))
        self._broken = False

    async def feed(self, pcm: bytes) -> str:
        """Sound of the utterance; returns the words so far."""
        text = ""
        for start in range(0, len(pcm) or 1, _PIECE):
            text = await self._utterance("feed", pcm[start : start + _PIECE])
        return text

    async def finish(self) -> Hypothesis:
        """What was said so far."""
        heard = await self._utterance("finish")
        words = tuple(Word(*word) for word in heard.pop("words"))
        return Hypothesis(**{**heard, "words": words, "alternatives": tuple(heard["alternatives"])})

    async def close(self) -> None:
        """Give the decoder back; never raises."""
        if self._closed:
            return
        self._closed = True
        self._worker.calls -= 1
        if self._opened and not self._worker.dead:
            with contextlib.suppress(EngineFailed):
                await self._ask("close")

    async def _utterance(self, do: str, sound: bytes = b"") -> Any:
        if self._broken:
            raise EngineFailed("The utterance was lost with its recogniser's worker, or never begun.")
        try:
            return await self._ask(do, sound)
        except EngineFailed:
            self._broken = True
            raise

    async def _ask(self, do: str, sound: bytes = b"", **request: Any) -> Any:
        return await self._worker.ask(self._ears.patience, sound, do=do, call=self._number, **request)
