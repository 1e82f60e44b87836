"""A real gateway on a free port, a bot that does as told, and customers with real Socket.IO clients."""

import asyncio
import atexit
import contextlib
import functools
import json
import shutil
import socket
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import socketio
import uvicorn

from crm.store import Store
from gateway.app import Gateway
from gateway.settings import Settings
from vault import Vault, token_file

PATIENCE = 60.0


class QuietServer(uvicorn.Server):
    """Uvicorn that leaves the test process's signal handlers alone."""

    @contextlib.contextmanager
    def capture_signals(self):
        yield


class Served:
    """An ASGI app served on a port that stays the same across restarts."""

    def __init__(self, app, **options) -> None:
        self.app = app
        self.options = options
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._server: QuietServer | None = None
        self._task: asyncio.Task | None = None

    async def start(self) -> "Served":
        config = uvicorn.Config(
            self.app, host="127.0.0.1", port=self.port, log_config=None, access_log=False,
            timeout_graceful_shutdown=0, **self.options,
        )  # fmt: skip
        self._server = QuietServer(config)
        self._task = asyncio.create_task(self._server.serve())
        while not self._server.started:
            if self._task.done():
                self._task.result()
                raise RuntimeError("the server did not start")
            await asyncio.sleep(0.005)
        return self

    async def stop(self) -> None:
        if self._server and self._task:
            self._server.should_exit = True
            await self._task
            self._server = None


def utterance(ordinal: int = 0, text: str = "hello", **extra: Any) -> dict[str, Any]:
    return {"type": "utterance", "ordinal": ordinal, "text": text, **extra}


END = {"type": "end", "utterances": 1}
WORKING = {"type": "working"}
NO_WORDS = {"type": "error", "code": "no_words", "utterances": 0}
CUT = "cut"
HANG = "hang"


def _echo(turn: dict[str, Any]) -> list[Any]:
    silent = turn["command"] == "/person_left"
    return [END] if silent else [utterance(text=f"echo {turn['text'] or turn['command']}"), END]


class FakeBot:
    """The private channel as the contract has it.

    `answer(turn)` returns the steps of a turn: frames, CUT (the connection breaks), HANG (nothing more happens),
    or an awaitable that is waited for. `status` other than 200 refuses turns.
    """

    def __init__(self) -> None:
        self.turns: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        self.told_to: list[str] = []
        self.peers: set[tuple[str, int]] = set()
        self.most_at_once = 0
        self.in_flight: dict[str, int] = {}
        self.status = 200
        self.ready = True
        self.answer: Callable[[dict[str, Any]], list[Any]] = _echo

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        self.peers.add(tuple(scope["client"]))
        self.tokens.append(dict(scope["headers"]).get(b"authorization", b"").decode())
        if scope["path"].endswith("/ready"):
            await self._json(send, 200 if self.ready else 503, {"ready": self.ready, "why": "no model"})
            return
        if scope["path"].endswith(("/forget", "/scrub")):
            self.told_to.append(scope["path"].rpartition("/")[2])
            await self._json(send, self.status, {})
            return
        body = b""
        while True:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        if self.status != 200:
            await self._json(send, self.status, {})
            return
        await self._turn(json.loads(body), send)

    async def _turn(self, turn: dict[str, Any], send) -> None:
        self.turns.append(turn)
        key = turn["conversation_id"]
        self.in_flight[key] = self.in_flight.get(key, 0) + 1
        self.most_at_once = max(self.most_at_once, self.in_flight[key])
        try:
            await send({"type": "http.response.start", "status": 200,
                        "headers": [(b"content-type", b"application/x-ndjson")]})  # fmt: skip
            for step in self.answer(turn):
                if step == CUT:
                    raise ConnectionAbortedError
                if step == HANG:
                    await asyncio.Event().wait()
                if not isinstance(step, dict | bytes):
                    await step
                    continue
                line = step if isinstance(step, bytes) else json.dumps(step, ensure_ascii=False).encode()
                await send({"type": "http.response.body", "body": line + b"\n", "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.in_flight[key] -= 1

    @staticmethod
    async def _json(send, status: int, content: dict[str, Any]) -> None:
        await send({"type": "http.response.start", "status": status,
                    "headers": [(b"content-type", b"application/json")]})  # fmt: skip
        await send({"type": "http.response.body", "body": json.dumps(content).encode()})

    @staticmethod
    async def _lifespan(receive, send) -> None:
        while True:
            event = await receive()
            await send({"type": event["type"] + ".complete"})
            if event["type"] == "lifespan.shutdown":
                return


class Customer:
    """A browser with the widget: keeps its token and session, remembers every event."""

    def __init__(self, url: str, token: str | None = None, origin: str | None = None) -> None:
        self.url = url
        self.token = token
        self.origin = origin
        self.session: str | None = None
        self.events: list[tuple[str, Any]] = []
        self._news = asyncio.Event()
        self.client = socketio.AsyncClient(reconnection=False, logger=False, engineio_logger=False)
        self.client.on("*", self._on_event)

    async def _on_event(self, event: str, *data: Any) -> None:
        self.events.append((event, data[0] if data else None))
        if event == "browser":
            self.token = data[0]["token"]
        if event == "session_confirm":
            self.session = data[0]
        self._news.set()

    async def connect(self, **options: Any) -> "Customer":
        await self.client.connect(
            self.url, auth={"browser": self.token} if self.token else None, transports=["websocket"],
            headers={"Origin": self.origin} if self.origin else {}, wait_timeout=PATIENCE, **options,
        )  # fmt: skip
        return self

    async def open(self, session_id: str | None = None, after: int | None = None) -> str:
        """Ask for a session and wait for its history."""
        request = {key: value for key, value in (("session_id", session_id), ("after", after)) if value is not None}
        before = self.count("history")
        await self.client.emit("session_request", request)
        await self.until(lambda: self.count("history") > before)
        assert self.session
        return self.session

    async def say(self, text: str, message_id: str | None = None, attachments: list[str] | None = None) -> Any:
        """Send a message and return its acknowledgement."""
        metadata: dict[str, Any] = {"message_id": message_id or str(uuid.uuid4())}
        if attachments is not None:
            metadata["attachments"] = attachments
        return await self.client.call(
            "user_uttered", {"message": text, "session_id": self.session, "metadata": metadata}, timeout=PATIENCE
        )

    async def until(self, condition: Callable[[], Any], patience: float = PATIENCE) -> None:
        """Wait until the events seen fulfil `condition`."""
        try:
            async with asyncio.timeout(patience):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"still waiting after {patience} s; seen so far: {self.events}") from None

    def of(self, event: str) -> list[Any]:
        return [data for name, data in self.events if name == event]

    def count(self, event: str) -> int:
        return len(self.of(event))

    @property
    def heard(self) -> list[str]:
        """The texts of what was said to this customer, live."""
        return [data.get("text", "") for data in self.of("bot_uttered")]

    async def hears(self, number: int, patience: float = PATIENCE) -> list[str]:
        """Wait for `number` utterances in all."""
        await self.until(lambda: len(self.heard) >= number, patience)
        return self.heard

    async def leave(self) -> None:
        await self.client.disconnect()


@functools.cache
def _migrated() -> Path:
    """An empty store, migrated once for all tests of this process."""
    folder = Path(tempfile.mkdtemp(prefix="careline-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = Store.open(f"sqlite:///{folder / 'empty.db'}", Vault.load(folder / "master.key"))
    store.migrate()
    store.close()  # the last connection to go folds the write-ahead log into the file
    return folder / "empty.db"


class House:
    """Gateway, fake bot and store of one test."""

    def __init__(self, folder: Path, **overrides: Any) -> None:
        self.bot = FakeBot()
        self.bot_served = Served(self.bot)
        self.settings = Settings(
            var=folder,
            rasa_urls=(self.bot_served.url,),
            actions_url=self.bot_served.url,
            web_root=folder / "dist",
            knowledge_root=folder / "knowledge",
            **{
                "voice": False,
                "word_within": 30.0,
                "bot_silence_timeout": 2.0,
                "retry_first": 0.02,
                "retry_longest": 0.1,
                "housekeeping_seconds": 3600.0,
                **overrides,
            },
        )
        token_file(self.settings.token_file)
        self.vault = Vault.load(self.settings.key_file)
        shutil.copyfile(_migrated(), folder / "careline.db")
        self.store = Store.open(self.settings.store_url, self.vault)
        self.served = Served(None, ws_max_size=self.settings.max_payload)
        self.url = self.served.url
        self.customers: list[Customer] = []
        self.voice: dict[str, Any] = {}  # parts of the voice channel that a test brings

    async def start_gateway(self) -> None:
        self.gateway = Gateway(self.settings, voice=self.voice)
        self.served.app = self.gateway.app
        await self.served.start()

    async def stop_gateway(self) -> None:
        await self.served.stop()

    async def customer(self, session: bool = True, **options: Any) -> Customer:
        customer = Customer(self.url, **options)
        self.customers.append(customer)
        await customer.connect()
        if session:
            await customer.open()
        return customer


@contextlib.asynccontextmanager
async def house(
    folder: Path, *, bot_up: bool = True, calls: dict[str, Any] | None = None, **overrides: Any
) -> AsyncIterator[House]:
    """Everything running; all of it stopped at the end. `calls`: parts of the voice channel; it is off without."""
    built = House(folder, **{"voice": calls is not None, **overrides})
    built.voice = calls or {}
    if bot_up:
        await built.bot_served.start()
    await built.start_gateway()
    try:
        yield built
    finally:
        for customer in built.customers:
            with contextlib.suppress(Exception):
                await customer.leave()
        await asyncio.gather(built.stop_gateway(), built.bot_served.stop())
        built.store.close()
