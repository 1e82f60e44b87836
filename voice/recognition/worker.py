"""The process that holds decoders: several calls each, one request at a time, in the order they come.

What a pause in a sentence costs is paid while nobody waits: sound of an utterance that goes on after it was finished is
decoded again in slices, between the requests of other calls.
"""

import select
import signal
import socket
from collections.abc import Callable
from typing import Any

from voice.recognition.decoding import Decoding, Models, load
from voice.recognition.protocol import Message, packed, receive


def work(connection: socket.socket, engine: str, folder: str) -> None:
    """Load the engine's models of `folder`, say so, then answer until the other side goes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches us as well; whoever started us closes the connection
    worker = _Worker(load(engine, folder))
    connection.sendall(packed({"id": 0, "ok": True}))
    while True:
        if not select.select([connection], [], [], 0)[0] and worker.catch_up():
            continue
        request = receive(connection)
        if request is None:
            return
        connection.sendall(packed(worker.answer(*request)))


class _Worker:
    def __init__(self, models: Models) -> None:
        self._models = models
        self._calls: dict[int, Decoding] = {}
        self._spare: list[Decoding] = [models.decoding()]

    def answer(self, request: Message, sound: bytes) -> Message:
        """What a request comes to; a failure is an answer as well."""
        try:
            do: Callable[[Message, bytes], Any] = getattr(self, f"_{request['do']}")
            return {"id": request["id"], "ok": True, "what": do(request, sound)}
        except Exception as error:  # whatever the decoder does, the other calls of this worker go on
            return {"id": request["id"], "ok": False, "why": f"{type(error).__name__}: {error}"}

    def catch_up(self) -> bool:
        """Decode a slice of what some call has waiting; False when none has."""
        return any(decoding.catch_up() for decoding in self._calls.values())

    def _open(self, request: Message, sound: bytes) -> None:
        decoding = self._spare.pop() if self._spare else self._models.decoding()
        decoding.answer_the_phone(request["rate"])
        self._calls[request["call"]] = decoding

    def _start(self, request: Message, sound: bytes) -> None:
        self._calls[request["call"]].start(request["expectation"])

    def _feed(self, request: Message, sound: bytes) -> str:
        return self._calls[request["call"]].feed(sound)

    def _finish(self, request: Message, sound: bytes) -> Message:
        return self._calls[request["call"]].finish()

    def _close(self, request: Message, sound: bytes) -> None:
        decoding = self._calls.pop(request["call"], None)
        if decoding is not None:
            self._spare.append(decoding)
