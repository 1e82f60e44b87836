"""`python -m bot` as a child process, and a client for its private channel."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RasaProcess:
    """Starts on entry, waits until ready, and is stopped on exit; `log` keeps what it wrote."""

    def __init__(self, model: Path, var: Path, actions_url: str, **environ: str) -> None:
        self.port = free_port()
        self.var = var
        self.log = var / f"rasa-{self.port}.log"
        self.environ = {
            **os.environ,
            "CARELINE_VAR": str(var),
            "CARELINE_RASA_PORT": str(self.port),
            "CARELINE_ACTIONS_URL": actions_url,
            "CARELINE_MODEL": str(model),
            "CARELINE_HEARTBEAT": "0.2",
            **environ,
        }
        self.command = [sys.executable, "-m", "bot"]
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> "RasaProcess":
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd=ROOT, env=self.environ, stdout=log, stderr=log)
        deadline = time.monotonic() + 120
        while self.ready()[0] != 200:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"Rasa did not start:\n{self.log.read_text()}")
            time.sleep(0.1)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    @property
    def token(self) -> str:
        return (self.var / "rasa.token").read_text().strip()

    def request(self, method: str, path: str, body: Any = None, token: str | None = None) -> tuple[int, Any]:
        status, lines = self.stream(method, path, body, token)
        content = b"".join(lines)
        return status, json.loads(content) if content else None

    def stream(self, method: str, path: str, body: Any = None, token: str | None = None) -> tuple[int, Iterator[bytes]]:
        response = self._send(method, path, body, token).getresponse()
        return response.status, iter(response.readline, b"")

    def hear_one_line_and_hang_up(self, path: str, body: Any) -> bytes:
        connection = self._send("POST", path, body, None)
        response = connection.getresponse()
        line = response.readline()
        response.close()
        connection.close()
        return line

    def _send(self, method: str, path: str, body: Any, token: str | None) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"Bearer {self.token if token is None else token}"} if token != "" else {}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        return connection

    def ready(self) -> tuple[int, Any]:
        try:
            return self.request("GET", "/webhooks/careline/ready", token="")
        except OSError:
            return 0, None

    def turn(self, conversation_id: str, text: str = "", **fields: Any) -> list[dict[str, Any]]:
        """All frames of a turn but the heartbeats."""
        status, lines = self.stream("POST", "/webhooks/careline/turn", turn_body(conversation_id, text, **fields))
        assert status == 200
        return [frame for frame in map(json.loads, lines) if frame["type"] != "working"]


def turn_body(conversation_id: str, text: str = "", **fields: Any) -> dict[str, Any]:
    body = {"conversation_id": conversation_id, "message_id": uuid.uuid4().hex, "text": text, "command": None}
    return {**body, "attachments": [], "channel": "chat", "language": "en", "statement": "s", **fields}


def conversation() -> str:
    return uuid.uuid4().hex
