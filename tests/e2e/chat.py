"""A customer at the chat socket, and what the store holds of the conversation."""

import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
import socketio

from crm.domain.conversations import MessageStatus, MessageView, Sender
from crm.services import conversations, outbox
from tests.e2e.stack import Stack


@dataclass
class Turn:
    """One message and what was said to it, in order."""

    message: MessageView
    replies: list[MessageView] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "\n".join(reply.text for reply in self.replies)

    @property
    def spoken_by_bot(self) -> list[MessageView]:
        return [reply for reply in self.replies if reply.sender == Sender.BOT]

    @property
    def buttons(self) -> dict[str, str]:
        """Title to payload."""
        return {offer["title"]: offer["payload"] for reply in self.replies for offer in reply.quick_replies}


class Customer:
    """Speaks Socket.IO as the widget does: resends what was not acknowledged, comes back after a lost connection."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._store = stack.store()
        self._browser: str | None = None
        self._confirmed = threading.Event()
        self.session = ""
        self.events: list[tuple[str, Any]] = []
        self._socket = socketio.Client(reconnection_delay=0.1, reconnection_delay_max=0.5)
        self._socket.on("browser", self._on_browser)
        self._socket.on("connect", self._on_connect)
        self._socket.on("session_confirm", self._on_confirm)
        for event in ("bot_uttered", "handoff", "history", "message_stored"):
            self._socket.on(event, lambda data, event=event: self.events.append((event, data)))
        self._socket.connect(stack.url, auth=lambda: {"browser": self._browser}, retry=True, wait_timeout=60)
        assert self._confirmed.wait(60), "the gateway confirmed no session"

    def close(self) -> None:
        self._socket.disconnect()

    def say(self, text: str, *, attachments: list[str] | None = None) -> Turn:
        """Say it, resend until it is taken, and wait until it is answered for good."""
        return self.finish(self.send(text, attachments=attachments))

    def send(self, text: str, *, attachments: list[str] | None = None) -> str:
        """Say it and wait until the gateway has it; returns the message id."""
        message_id = uuid.uuid4().hex
        metadata = {"message_id": message_id, "attachments": attachments or []}
        while True:
            answer = self._call({"message": text, "session_id": self.session, "metadata": metadata})
            if answer and answer.get("ok"):
                return message_id
            if answer and answer["error"]["code"] != "unavailable":
                raise AssertionError(f"{text!r} was refused: {answer}")
            time.sleep(0.1)

    def finish(self, message_id: str) -> Turn:
        """Wait until a message that was sent is answered for good."""
        while True:
            told = self.transcript()
            message = next(message for message in told if message.id == message_id)
            if message.status in (MessageStatus.ANSWERED, MessageStatus.FAILED):
                return Turn(message, [reply for reply in told if reply.in_reply_to == message_id])
            time.sleep(0.02)

    def press(self, turn: Turn, title: str) -> Turn:
        """Choose one of the buttons that a turn offered."""
        return self.say(turn.buttons[title])

    def upload(self, name: str, content: bytes, media_type: str = "image/jpeg") -> str:
        """Send a file, again if the connection is lost; returns its id."""
        while True:
            try:
                answer = httpx.post(
                    f"{self._stack.url}/chat/attachments",
                    files={"file": (name, content, media_type)},
                    data={"session_id": self.session},
                    headers={"X-Careline-Browser": self._browser or ""},
                    timeout=60,
                )
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            if answer.status_code != 503:  # not yet ready after a start
                answer.raise_for_status()
                return answer.json()["id"]
            time.sleep(0.1)

    def download(self, file_id: str) -> httpx.Response:
        """A file of the conversation, as the widget asks for it."""
        return httpx.get(
            f"{self._stack.url}/chat/attachments/{file_id}",
            params={"session_id": self.session},
            headers={"X-Careline-Browser": self._browser or ""},
            timeout=60,
        )

    def code_sent(self) -> str:
        """The newest one-time code of the outbox."""
        with self._store.reading() as session:
            told = [entry.text for entry in outbox.newest(session) if entry.kind == outbox.ONE_TIME_CODE]
        return re.search(r"\d{6}", told[0]).group()

    def transcript(self) -> list[MessageView]:
        """What the store holds of this conversation."""
        with self._store.reading() as session:
            return conversations.history(session, self.session, limit=1000)

    def _call(self, body: dict[str, Any]) -> dict[str, Any] | None:
        try:
            return self._socket.call("user_uttered", body, timeout=5)
        except (socketio.exceptions.SocketIOError, ValueError):
            return None

    def _on_browser(self, data: dict[str, str]) -> None:
        self._browser = data["token"]

    def _on_connect(self) -> None:
        self._socket.emit("session_request", {"session_id": self.session or None})

    def _on_confirm(self, session: str) -> None:
        self.session = session
        self._confirmed.set()
