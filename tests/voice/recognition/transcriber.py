"""A server that speaks OpenAI's transcription API, and answers as a test says."""

import io
import json
import threading
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 60.0


@dataclass
class Asked:
    """One request, as it came."""

    path: str
    key: str | None
    fields: dict[str, str]
    rate: int
    samples: int


@dataclass
class Transcriber:
    """What it answers, and what it was asked.

    Attributes:
        status, answer: of every answer; bytes are sent as they are, anything else as JSON.
        go_on: while it is not set, nothing is answered.
    """

    url: str = ""
    status: int = 200
    answer: Any = field(default_factory=lambda: {"text": ""})
    go_on: threading.Event = field(default_factory=threading.Event)
    asked: list[Asked] = field(default_factory=list)


@contextmanager
def transcriber() -> Iterator[Transcriber]:
    """One on a free port of this machine."""
    home = Transcriber()
    home.go_on.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            home.asked.append(_read(self))
            home.go_on.wait(PATIENCE)
            body = home.answer if isinstance(home.answer, bytes) else json.dumps(home.answer).encode()
            self.send_response(home.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args: object) -> None:
            """A client that did not wait for its answer is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    home.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield home
    finally:
        home.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE)


def _read(request: BaseHTTPRequestHandler) -> Asked:
    body = request.rfile.read(int(request.headers["Content-Length"]))
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    parts: list[Message] = BytesParser(policy=HTTP).parsebytes(head + body).get_payload()  # type: ignore[assignment]
    fields = {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True) for part in parts
    }
    with wave.open(io.BytesIO(fields.pop("file"))) as sound:  # type: ignore[arg-type]
        assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
        rate, samples = sound.getframerate(), sound.getnframes()
    text = {name: bytes(value).decode() for name, value in fields.items()}  # type: ignore[arg-type]
    return Asked(request.path, request.headers["Authorization"], text, rate, samples)
