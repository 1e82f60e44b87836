"""A small server that speaks the chat protocol and serves web/dist, for tests of the widget alone.

What it knows lies in a `World` that outlives the process-like `FakeServer`, so that a test can stop and start
the server as often as it likes.
"""

import asyncio
import contextlib
import itertools
import socket
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import socketio
import uvicorn
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

DIST = Path(__file__).resolve().parents[2] / "web" / "dist"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self' ws://127.0.0.1:*; form-action 'self'; base-uri 'none'"
)
REPLIES = [{"content_type": "text", "title": "File a claim", "payload": '/file_claim{"line": "auto"}'}]
REPLIES += [{"content_type": "text", "title": "My policies", "payload": "/list_policies"}]


@dataclass
class World:
    """Everything that was said, and how the server shall misbehave."""

    messages: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    received: list[dict[str, Any]] = field(default_factory=list)
    languages: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    tokens: list[str | None] = field(default_factory=list)
    typing: list[str] = field(default_factory=list)
    remarks: list[str | None] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    foreign_page: str = ""
    answer_after: float = 0.05
    lose_acknowledgements: int = 0
    refuse: list[str] = field(default_factory=list)
    ids: Any = field(default_factory=lambda: itertools.count(1))

    def store(self, session: str, sender: str, **content: Any) -> tuple[dict[str, Any], bool]:
        """Keep a message once; the second value tells whether it is new."""
        told = self.messages[session]
        known = next((message for message in told if message["id"] == content.get("id")), None)
        if known:
            return known, False
        message = {"id": f"m{next(self.ids)}", **content, "seq": len(told) + 1, "sender": sender}
        message |= {"session_id": session, "ts": datetime.now(UTC).isoformat()}
        told.append(message)
        return message, True


def answers(text: str) -> list[tuple[str, dict[str, Any]]]:
    """What is said to a text: event and content."""
    known: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "hello": [("bot_uttered", {"text": "Hello! How can I help?", "quick_replies": REPLIES})],
        "/list_policies": [
            ("bot_uttered", {"text": "You have two policies.", "data": _data("list", rows=["Auto PA-1000001", "Home"])})
        ],
        "hostile": [("bot_uttered", {"text": "<img src=x onerror=\"window.hacked=1\"><b>bold</b> & 'so on'"})],
        "source": [
            (
                "bot_uttered",
                {
                    "text": "Storm damage is covered. See https://example.org/storm.",
                    "data": _data("source", title="Storm & hail", url="/knowledge/en/storm-and-hail"),
                },
            )
        ],
        "summary": [
            (
                "bot_uttered",
                {
                    "text": "Your claim:\nPolicy: PA-1000001 (auto)\nWhen: 12 November 2026\nWhere: High Street 4\n"
                    "Is this right?",
                    "quick_replies": [
                        {"title": "Yes, send it", "payload": "/affirm"},
                        {"title": "Change something", "payload": "/deny"},
                    ],
                    "data": _data(
                        "summary",
                        title="Your claim",
                        rows=[
                            ["Policy", "PA-1000001 (auto)"],
                            ["When", "12 November 2026"],
                            ["Where", "High Street 4"],
                        ],
                    ),
                },
            )
        ],
        "emergency": [("bot_uttered", {"text": "Call for help first.", "data": _data("emergency", phone="112")})],
        "说中文": [("bot_uttered", {"text": "好的，我们说中文。"}), ("language", {"language": "zh"})],
        "in english": [("bot_uttered", {"text": "English it is."}), ("language", {"language": "en"})],
        "person": [
            ("handoff", {"state": "waiting", "position": 2}),
            ("agent_uttered", {"text": "Hello, Maria here.", "agent": "Maria"}),
            ("handoff", {"state": "active"}),
        ],
        "wait": [("handoff", {"state": "queued", "open": True, "position": 2, "minutes": 4})],
        "next": [("handoff", {"state": "offered", "open": True, "position": 1, "minutes": 1})],
        "busy": [("handoff", {"state": "queued", "open": True, "busy": True, "position": 2, "minutes": 9})],
        "closed": [("handoff", {"state": "queued", "open": False, "position": 1})],
        "colleague": [
            ("handoff", {"state": "active", "open": True, "agent": {"name": "Maria"}}),
            ("agent_uttered", {"text": "Good morning.", "agent": {"name": "Maria"}}),
        ],
        "over": [("handoff", {"state": "ended", "open": True, "rate": True})],
    }
    return known.get(text, [("bot_uttered", {"text": f"You said: {text}"})] if text != "quiet" else [])


def _data(kind: str, **content: Any) -> dict[str, Any]:
    return {"kind": kind, **content}


class Chat:
    """The Socket.IO side."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.sio = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins="*", always_connect=True)
        self.sio.on("connect", self.connect)
        self.sio.on("session_request", self.session_request)
        self.sio.on("user_uttered", self.user_uttered)
        self.sio.on("typing", self.typing)
        self.sio.on("rate", self.rate)

    async def connect(self, sid: str, _environ: dict[str, Any], auth: dict[str, Any] | None = None) -> None:
        token = (auth or {}).get("browser")
        self.world.tokens.append(token)
        if not token:
            await self.sio.emit("browser", {"token": "browser-1"}, to=sid)

    async def session_request(self, sid: str, data: dict[str, Any]) -> None:
        session = data.get("session_id")
        if session not in self.world.messages:
            session = f"session-{len(self.world.messages) + 1}"
            self.world.messages[session] = []
            self.world.languages[session] = data.get("language", "en")
        await self.sio.enter_room(sid, session)
        await self.sio.emit("session_confirm", session, to=sid)
        missed = [message for message in self.world.messages[session] if message["seq"] > data.get("after", 0)]
        history = {"session_id": session, "language": self.world.languages.get(session, "en"), "messages": missed}
        await self.sio.emit("history", history, to=sid)

    async def user_uttered(self, sid: str, data: dict[str, Any]) -> dict[str, Any] | None:
        if self.world.refuse:
            return {"ok": False, "error": {"code": self.world.refuse.pop(0), "message": "refused"}}
        metadata = data["metadata"]
        self.world.received.append(data)
        files = [self._attachment(name) for name in metadata.get("attachments", [])]
        content = {"id": metadata["message_id"], "text": data["message"], "attachments": files}
        message, new = self.world.store(data["session_id"], "customer", **content)
        if new:
            await self.sio.emit("message_stored", message, room=data["session_id"], skip_sid=sid)
            self.sio.start_background_task(self._answer, data["session_id"], data["message"])
        if self.world.lose_acknowledgements:
            self.world.lose_acknowledgements -= 1
            await self.sio.disconnect(sid)
            return None
        return {"ok": True, "message_id": message["id"], "seq": message["seq"]}

    async def _answer(self, session: str, text: str) -> None:
        if text == "quiet":
            return
        await self.sio.emit("typing", {"state": "on"}, room=session)
        await asyncio.sleep(self.world.answer_after)
        for event, content in answers(text):
            if event == "language":
                self.world.languages[session] = content["language"]
            elif event != "handoff":
                content, _ = self.world.store(session, event.removesuffix("_uttered"), **content)
            await self.sio.emit(event, content, room=session)
        await self.sio.emit("typing", {"state": "off"}, room=session)
        if text == "agent types":
            await self.sio.emit("typing", {"state": "on", "who": "agent"}, room=session)

    async def typing(self, _sid: str, data: dict[str, Any]) -> None:
        self.world.typing.append(data["state"])

    async def rate(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        self.world.marks.append(data["score"])
        self.world.remarks.append(data.get("comment"))
        await self.sio.emit("handoff", {"state": "ended", "open": True}, to=sid)
        return {"ok": True}

    def _attachment(self, file_id: str) -> dict[str, Any]:
        name, content = self.world.files[file_id]
        media_type = "application/pdf" if name.endswith("pdf") else "image/png"
        return {"id": file_id, "name": name, "media_type": media_type, "size": len(content)}


def build(world: World) -> Any:
    """The whole application."""
    chat = Chat(world)

    async def upload(request: Request) -> Response:
        form = await request.form()
        file = form["file"]
        if form["session_id"] not in world.messages or not request.headers.get("x-careline-browser"):
            return JSONResponse({"error": {"code": "no_session", "message": "unknown"}}, 403)
        file_id = f"f{next(world.ids)}"
        world.files[file_id] = (file.filename, await file.read())
        return JSONResponse(chat._attachment(file_id))

    async def download(request: Request) -> Response:
        name, content = world.files[request.path_params["id"]]
        return Response(content, media_type="application/pdf" if name.endswith("pdf") else "image/png")

    async def home(_: Request) -> Response:
        return Response((DIST / "index.html").read_bytes(), media_type="text/html")

    async def foreign(_: Request) -> Response:
        return Response(world.foreign_page, media_type="text/html")

    async def with_policy(request: Request, call_next: Any) -> Response:
        response = await call_next(request)
        if request.url.path != "/foreign":
            response.headers["Content-Security-Policy"] = POLICY
        return response

    pages = Starlette(
        routes=[
            Route("/", home),
            Route("/foreign", foreign),
            Route("/chat/attachments", upload, methods=["POST"]),
            Route("/chat/attachments/{id}", download),
            Mount("/", StaticFiles(directory=DIST)),
        ]
    )
    pages.add_middleware(BaseHTTPMiddleware, dispatch=with_policy)
    return socketio.ASGIApp(chat.sio, pages)


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class FakeServer:
    """The application on a port of its own, in a thread; stopping cuts every connection."""

    def __init__(self, world: World, port: int | None = None) -> None:
        self.world = world
        self.port = port or free_port()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        config = uvicorn.Config(
            build(self.world), host="127.0.0.1", port=self.port, log_level="critical", lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError(f"the fake server did not start on port {self.port}")
            self._thread.join(0.01)

    def stop(self) -> None:
        if self._server and self._thread:
            self._server.should_exit = True
            self._server.force_exit = True
            self._thread.join(10)
