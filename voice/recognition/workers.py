"""Recogniser workers as the process of the calls sees them: started, asked, given up, replaced."""

import asyncio
import itertools
import logging
import multiprocessing
import socket
from typing import Any

from voice.errors import EngineFailed
from voice.recognition import protocol
from voice.recognition.worker import work

_log = logging.getLogger(__name__)
_STARTING = 60.0  # seconds until a new worker must have loaded its models
_SPAWN = multiprocessing.get_context("spawn")


class Worker:
    """One process with decoders, and the requests on their way to it."""

    def __init__(self, engine: str, folder: str) -> None:
        ours, theirs = socket.socketpair()
        self._socket: socket.socket | None = ours
        with theirs:
            self._process = _SPAWN.Process(target=work, args=(theirs, engine, folder), daemon=True, name="recogniser")
            self._process.start()
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._connecting = asyncio.Lock()
        self._ids = itertools.count(1)
        self._ready: asyncio.Future[None] | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self.dead = False
        self.calls = 0

    @property
    def pid(self) -> int | None:
        """Of the process."""
        return self._process.pid

    async def ask(self, patience: float, sound: bytes = b"", **request: Any) -> Any:
        """The worker's answer.

        Raises:
            EngineFailed: it died, it did not answer within `patience` seconds (it is then killed), or it says so.
        """
        await self._connect()
        if self.dead or self._writer is None:
            raise EngineFailed("A recogniser's worker has died.")
        number = next(self._ids)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(patience):
                self._writer.write(protocol.packed({"id": number, **request}, sound))
                await self._writer.drain()
                return await answer
        except TimeoutError:
            self.give_up("did not answer")
            raise EngineFailed(f"A recogniser did not answer within {patience:g} seconds; it is replaced.") from None
        except OSError as error:
            self.give_up("closed the connection")
            raise EngineFailed("A recogniser's worker has died.") from error
        finally:
            self._waiting.pop(number, None)

    def give_up(self, why: str) -> None:
        """Kill it; whoever waits for it is told."""
        if not self.dead:
            _log.warning("A recogniser's worker %s and is replaced.", why)
        self.stop()

    def stop(self) -> None:
        """End the process, without a complaint."""
        self.dead = True
        if self._process.is_alive():
            self._process.kill()
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.close()
        if self._socket is not None:
            self._socket.close()
        for answer in [*self._waiting.values(), *([self._ready] if self._ready else [])]:
            if not answer.done():
                answer.set_exception(EngineFailed("A recogniser's worker has died."))
                answer.exception()  # nobody may be waiting

    async def stopped(self) -> None:
        """The process is gone, and the system knows it."""
        self.stop()
        await asyncio.to_thread(self._process.join, 10)

    async def _connect(self) -> None:
        async with self._connecting:
            if self._socket is not None and not self.dead:
                mine, self._socket = self._socket, None
                reader, self._writer = await asyncio.open_connection(sock=mine)
                self._ready = asyncio.get_running_loop().create_future()
                self._reading = asyncio.create_task(self._read(reader, self._ready))
            if self._ready is not None:
                try:
                    async with asyncio.timeout(_STARTING):
                        await asyncio.shield(self._ready)
                except TimeoutError:
                    self.give_up("did not start")

    async def _read(self, reader: asyncio.StreamReader, ready: asyncio.Future[None]) -> None:
        try:
            while True:
                message = await protocol.read(reader)
                answer = ready if message["id"] == 0 else self._waiting.get(message["id"])
                if answer is None or answer.done():
                    continue
                if message["ok"]:
                    answer.set_result(message.get("what"))
                else:
                    answer.set_exception(EngineFailed(f"The recogniser failed: {message['why']}"))
        except (asyncio.IncompleteReadError, OSError):
            self._reading = None
            self.give_up("has died")
