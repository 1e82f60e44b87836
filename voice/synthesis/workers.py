"""N spawned workers, each with one engine; one that dies or hangs is replaced, and the text is tried again.

Spawned, never forked: a fork after the engine's start hangs. A thread waits for each worker, so the event
loop never does.
"""

import asyncio
import contextlib
import logging
import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from voice.errors import EngineFailed, EngineUnavailable
from voice.speaker import Speaker
from voice.synthesis.worker import Task, Trouble, work

log = logging.getLogger("voice.synthesis")

START = 60.0
"""Seconds for a new process to load its engine; a busy machine takes its time."""
AGAIN = 5.0
"""Seconds until a process that did not start is tried again."""
FREE = 15.0
"""Seconds that a text waits for a worker: when all were lost, new ones take a few to start."""
TRIES = 2


@dataclass(frozen=True, slots=True)
class Staffing:
    """What a worker is started with: the engine's name, the voices to check, and seconds it may take for a text."""

    engine: str
    speakers: tuple[Speaker, ...]
    patience: float


class Workers:
    """Makes sound of texts, as many at a time as there are workers."""

    def __init__(self, staffing: Staffing, count: int) -> None:
        """Starts them, and waits until they are ready.

        Raises:
            EngineUnavailable: the engine or a voice is not there.
        """
        self._staffing = staffing
        self._closed = threading.Event()
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="speech")
        self._idle: SimpleQueue[_Worker | None] = SimpleQueue()  # None wakes whoever waits: it is all over
        self._starting: list[threading.Thread] = []
        self._count = count
        self._all = {_Worker(staffing) for _ in range(count)}
        try:
            for worker in self._all:
                worker.wait_until_ready()
        except BaseException:
            self._end()
            raise
        for worker in self._all:
            self._idle.put(worker)

    async def make(self, task: Task) -> bytes:
        """The sound of one text.

        Raises:
            EngineFailed: two workers failed at it.
            EngineUnavailable: it cannot be done at all.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._made, task)

    async def close(self) -> None:
        """End all workers; what they are at fails."""
        self._end()
        for _ in range(self._count):
            self._idle.put(None)
        await asyncio.to_thread(self._threads.shutdown)
        for thread in self._starting:
            await asyncio.to_thread(thread.join)

    def processes(self) -> list[int]:
        """The ids of the workers' processes."""
        return [worker.process for worker in self._all]

    def _made(self, task: Task) -> bytes:
        failed = EngineFailed("No speech worker is free.")
        for _ in range(TRIES):
            try:
                worker = self._idle.get(timeout=FREE)
            except Empty:
                break
            if worker is None:
                break
            try:
                made = worker.ask(task)
            except _Lost as error:
                failed = error
                self._replace(worker, error)
            except EngineFailed as error:
                failed = error
                self._idle.put(worker)
            else:
                self._idle.put(worker)
                return made
        raise failed

    def _replace(self, worker: "_Worker", why: "_Lost") -> None:
        """The new one is not waited for: the other workers take the text."""
        worker.end()
        self._all.discard(worker)
        if not self._closed.is_set():
            log.warning("a speech worker is replaced: %s", why)
            thread = threading.Thread(target=self._start_another, name="speech-start", daemon=True)
            self._starting = [each for each in self._starting if each.is_alive()] + [thread]
            thread.start()

    def _start_another(self) -> None:
        while not self._closed.is_set():
            worker = _Worker(self._staffing)
            self._all.add(worker)
            try:
                worker.wait_until_ready()
            except EngineUnavailable as error:
                if self._closed.is_set():
                    break
                log.error("a speech worker does not start, and will be tried again: %s", error)
                worker.end()
                self._all.discard(worker)
                self._closed.wait(AGAIN)
            else:
                self._idle.put(worker)
                break
        if self._closed.is_set():
            self._end()

    def _end(self) -> None:
        self._closed.set()
        for worker in self._all.copy():
            worker.end()


class _Lost(EngineFailed):
    """The worker is of no more use."""


class _Worker:
    """One process, used by one thread at a time."""

    def __init__(self, staffing: Staffing) -> None:
        context = multiprocessing.get_context("spawn")
        self._patience = staffing.patience
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=work, args=(staffing.engine, staffing.speakers, theirs), name="speech", daemon=True
        )
        self._process.start()
        theirs.close()

    @property
    def process(self) -> int:
        return self._process.pid or 0

    def wait_until_ready(self) -> None:
        """Raises `EngineUnavailable` with the worker's own reason."""
        try:
            self._answer(START)
        except _Lost as error:
            raise EngineUnavailable(f"The speech engine does not start: {error}") from error

    def ask(self, task: Task) -> bytes:
        """The sound. Raises `_Lost` when there is no answer in time."""
        try:
            self._pipe.send(task)
        except OSError as error:
            raise _Lost("A speech worker has died.") from error
        return self._answer(self._patience)

    def end(self) -> None:
        """At once: there is nothing to lose."""
        self._process.kill()
        self._process.join()
        with contextlib.suppress(OSError):
            self._pipe.close()

    def _answer(self, patience: float) -> bytes:
        try:
            if not self._pipe.poll(patience):
                raise _Lost(f"A speech worker gave no sound within {patience:g} seconds.")
            answer: bytes | Trouble = self._pipe.recv()
        except (EOFError, OSError) as error:
            raise _Lost("A speech worker has died.") from error
        if isinstance(answer, Trouble):
            raise answer.error()
        return answer
