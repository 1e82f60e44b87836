"""The chat socket: Socket.IO with Rasa's event names, so that any Rasa web widget can speak to it."""

import logging
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import socketio

from crm.domain.conversations import ConversationView, MessageView, Sender
from crm.errors import InvalidInput, NotFound
from crm.services.takeovers import Standing
from gateway.archive import Archive
from gateway.channels import wire
from gateway.channels.events import UserUttered, is_typing, rating, session_request, user_uttered
from gateway.channels.packets import GuardedPacket
from gateway.channels.standings import Standings
from gateway.cleaning import storable
from gateway.conversation import Conversations, Incoming
from gateway.errors import Refusal
from gateway.limits import Limiter, address_key
from gateway.live.follower import Follower
from gateway.metrics import Metrics
from gateway.origins import Origins
from gateway.outlets import BOT, CUSTOMER
from gateway.sessions import Browser, Browsers, tokens_in
from gateway.settings import Settings
from gateway.texts import Texts

log = logging.getLogger("gateway.chat")

CHANNEL = "chat"
_MOST_ALIASES = 16
_OWN_MESSAGES = 64
_TYPING_RATE, _TYPING_BURST = 1.0, 5.0

Handler = Callable[..., Awaitable[dict[str, Any]]]


@dataclass(slots=True, eq=False)
class Socket:
    """One open socket.

    Attributes:
        follower: its place in that conversation.
        standing: what it was told last of the wait for a person.
        sent: ids of the newest messages that came through it, which need no echo.
        conversation_id: the conversation whose events it gets.
        aliases: session ids that the client named and that are not its own, with the conversation it got instead:
            some of Rasa's widgets make up their ids and never look at the confirmed one.
    """

    sid: str
    browser: Browser
    address: str
    conversation_id: str | None = None
    follower: Follower | None = None
    standing: dict[str, Any] = field(default_factory=lambda: wire.standing(Standing()))
    sent: deque[str] = field(default_factory=lambda: deque(maxlen=_OWN_MESSAGES))
    aliases: dict[str, str] = field(default_factory=dict)


class ChatChannel:
    """Adapter between Socket.IO and the conversations; an `Outlet`."""

    def __init__(
        self,
        conversations: Conversations,
        archive: Archive,
        browsers: Browsers,
        origins: Origins,
        texts: Texts,
        metrics: Metrics,
        settings: Settings,
    ) -> None:
        self._conversations = conversations
        self._archive = archive
        self._browsers = browsers
        self._texts = texts
        self._metrics = metrics
        self._settings = settings
        self._sockets: dict[str, Socket] = {}
        self._viewers: dict[str, set[Socket]] = {}
        self._standings = Standings(archive.standings, self._tell_standing)
        self._by_session = Limiter(settings.session_rate, settings.session_burst)
        self._by_address = Limiter(settings.address_rate, settings.address_burst)
        self.limiters = {"session": self._by_session, "address": self._by_address}
        self._by_typist = Limiter(_TYPING_RATE, _TYPING_BURST)
        self.server = _server(origins, metrics, settings)
        self.server.on("connect", self._connect)
        self.server.on("disconnect", self._disconnect)
        self.server.on("session_request", self._handled("session_request", self._session_request))
        self.server.on("user_uttered", self._handled("user_uttered", self._user_uttered))
        self.server.on("typing", self._handled("typing", self._typing))
        self.server.on("rate", self._handled("rate", self._rate))
        self.server.on("*", self._unknown)

    # --- what the conversation tells us (Outlet)

    async def news(self, conversation_id: str, message: MessageView | None) -> None:
        """Show what was said to everybody who has the conversation open; in other tabs also the customer's own."""
        for socket in self._showing(conversation_id):
            if socket.follower:
                await socket.follower.catch_up(message)

    async def typing(self, conversation_id: str, who: str, on: bool) -> None:
        """Show or hide the typing indicator."""
        if who == CUSTOMER:
            return
        told = {"state": "on" if on else "off", **({"who": who} if who != BOT else {})}
        await self.server.emit("typing", told, room=conversation_id)

    async def over(self, conversation_id: str, message_id: str) -> None:
        """A chat does not wait for the end of an answer."""

    async def handoff(self, conversation_id: str) -> None:
        """Show how the wait for a person stands, or who the person is, where it is not shown already."""
        if conversation_id in self._viewers:
            await self._standings.tell(conversation_id)

    async def language(self, conversation_id: str, language: str) -> None:
        """Let the widget's own words follow the conversation."""
        await self.server.emit("language", {"language": language}, room=conversation_id)

    async def closed(self, conversation_id: str, language: str) -> None:
        """Say the last word; what the browser says next begins a new conversation."""
        text = self._texts.get(language, "words.erased")
        await self.server.emit("bot_uttered", {"text": text, "session_id": conversation_id}, room=conversation_id)
        for socket in self._showing(conversation_id):
            self._turn_away(socket)
            await self.server.leave_room(socket.sid, conversation_id)

    async def resync(self) -> None:
        """Show what was missed, if anything was."""
        newest = await self._archive.last_seqs(list(self._viewers))
        for conversation_id, seq in newest.items():
            for socket in self._showing(conversation_id):
                if socket.follower and socket.follower.seen < seq:
                    await socket.follower.catch_up()

    async def _tell_standing(self, conversation_id: str, standing: Standing) -> None:
        told = wire.standing(standing)
        for socket in self._showing(conversation_id):
            if told != socket.standing and socket.conversation_id == conversation_id:
                socket.standing = told
                await self.server.emit("handoff", told, to=socket.sid)

    def _showing(self, conversation_id: str) -> list["Socket"]:
        return list(self._viewers.get(conversation_id, ()))

    def _turn_away(self, socket: Socket) -> None:
        """Let a socket show nothing for now."""
        viewers = self._viewers.get(socket.conversation_id or "")
        if viewers is not None:
            viewers.discard(socket)
            if not viewers:
                del self._viewers[str(socket.conversation_id)]
        socket.conversation_id = socket.follower = None
        socket.standing = wire.standing(Standing())

    async def _deliver(self, socket: Socket, message: MessageView) -> None:
        if message.sender is not Sender.CUSTOMER:
            event, told = wire.uttered(message)
            await self.server.emit(event, told, to=socket.sid)
        elif message.id not in socket.sent:
            await self.server.emit("message_stored", wire.stored(message), to=socket.sid)

    # --- what the browser tells us

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        scope = environ["asgi.scope"]
        named = auth.get("browser") if isinstance(auth, dict) else None
        browser = self._browsers.identify([named, *tokens_in(scope)])
        if browser.issued:
            browser = scope.get("state", {}).get("browser", browser)  # the one whose cookie this handshake sets
        client = scope.get("client")
        self._sockets[sid] = Socket(sid, browser, self._browsers.pseudonym(address_key(client[0] if client else None)))
        self._metrics.sockets.set(len(self._sockets))
        if browser.issued:
            await self.server.emit("browser", {"token": browser.issued}, to=sid)

    async def _disconnect(self, sid: str, *_: Any) -> None:
        socket = self._sockets.pop(sid, None)
        if socket:
            self._turn_away(socket)
        self._metrics.sockets.set(len(self._sockets))

    async def _unknown(self, _event: str, _sid: str, *_: Any) -> dict[str, Any]:
        self._metrics.malformed.inc()
        return self._refused("bad_message")

    async def _session_request(self, sid: str, socket: Socket, *arguments: Any) -> dict[str, Any]:
        request = session_request(arguments)
        conversation = await self._resumed(socket, request.session_id)
        if conversation is None:
            conversation = await self._open(socket, request.session_id, request.language)
        await self._show(sid, socket, conversation, request.after)
        return {"ok": True, "session_id": conversation.id}

    async def _user_uttered(self, sid: str, socket: Socket, *arguments: Any) -> dict[str, Any]:
        uttered = user_uttered(arguments)
        conversation_id = await self._conversation_for(sid, socket, uttered.session_id)
        try:
            self._by_session.check(conversation_id)
            with self._metrics.receive_seconds.time():
                message = await self._receive(sid, socket, uttered, conversation_id)
        except Refusal as refusal:
            if uttered.message_id is None:  # a plain widget waits for no acknowledgement: tell it in its own way
                await self.server.emit("bot_uttered", {"text": self._error_text(refusal.code)}, to=sid)
            raise
        return {"ok": True, "message_id": message.id, "seq": message.seq}

    async def _receive(self, sid: str, socket: Socket, uttered: UserUttered, conversation_id: str) -> MessageView:
        """Take a message in; one for a conversation that was erased meanwhile begins a new one."""
        message_id = uttered.message_id or str(uuid.uuid4())
        socket.sent.append(message_id)
        incoming = Incoming(conversation_id, uttered.message, message_id, uttered.attachments, CHANNEL)
        try:
            return await self._conversations.receive(incoming)
        except Refusal as refusal:
            if refusal.code != "no_session":
                raise
        conversation = await self._open(socket, uttered.session_id)
        await self._show(sid, socket, conversation, after=0)
        return await self._conversations.receive(replace(incoming, conversation_id=conversation.id))

    async def _conversation_for(self, sid: str, socket: Socket, session_id: str | None) -> str:
        """The conversation that a message is for; a session that is not this browser's becomes a new one."""
        if socket.conversation_id is not None and session_id in (None, socket.conversation_id):
            return socket.conversation_id
        conversation = await self._resumed(socket, session_id)
        if conversation is None:
            conversation = await self._open(socket, session_id)
        if conversation.id != socket.conversation_id:
            await self._show(sid, socket, conversation, after=conversation.last_seq)
        return conversation.id

    async def _resumed(self, socket: Socket, session_id: str | None) -> ConversationView | None:
        if session_id is None:
            return None
        return await self._archive.resume(socket.aliases.get(session_id, session_id), socket.browser.ids)

    async def _open(self, socket: Socket, asked_for: str | None, language: str | None = None) -> ConversationView:
        spoken = language if language in self._texts.languages else self._settings.language
        conversation = await self._archive.open(CHANNEL, socket.browser.ids[0], spoken)
        if asked_for is not None and len(socket.aliases) < _MOST_ALIASES:
            socket.aliases[asked_for] = conversation.id
        return conversation

    async def _show(self, sid: str, socket: Socket, conversation: ConversationView, after: int) -> None:
        """Let a socket see a conversation: live events from now on, and what it has missed."""
        conversation_id = conversation.id
        if socket.conversation_id not in (None, conversation_id):
            await self.server.leave_room(sid, socket.conversation_id)
        self._turn_away(socket)
        follower = Follower(self._archive, conversation_id, conversation.last_seq, partial(self._deliver, socket))
        socket.conversation_id, socket.follower = conversation_id, follower
        self._viewers.setdefault(conversation_id, set()).add(socket)
        await self.server.enter_room(sid, conversation_id)
        await self.server.emit("session_confirm", conversation_id, to=sid)
        async with follower.held():
            missed = await self._archive.history(conversation_id, after)
            follower.seen = missed[-1].seq if missed else conversation.last_seq
            history = {
                "session_id": conversation_id,
                "language": conversation.language,
                "messages": [wire.stored(message) for message in missed],
            }
            await self.server.emit("history", history, to=sid)
        await self._standings.tell(conversation_id)
        if self._conversations.is_typing(conversation_id):
            await self.server.emit("typing", {"state": "on"}, to=sid)

    async def _typing(self, sid: str, socket: Socket, *arguments: Any) -> dict[str, Any]:
        """The customer is writing, or no longer; of interest only while a person reads it."""
        on = is_typing(arguments)
        if socket.conversation_id and "agent" in socket.standing and self._by_typist.allow(socket.conversation_id):
            await self._conversations.typing(socket.conversation_id, on)
        return {"ok": True}

    async def _rate(self, sid: str, socket: Socket, *arguments: Any) -> dict[str, Any]:
        """What the customer thought of the person; asked once, when it is over."""
        score, comment = rating(arguments)
        if socket.conversation_id is None:
            raise Refusal("no_session")
        self._by_session.check(socket.conversation_id)
        try:
            await self._archive.rate(socket.conversation_id, score, storable(comment))
        except InvalidInput as error:
            raise Refusal("bad_message") from error
        except NotFound as error:
            raise Refusal("no_session") from error
        await self.handoff(socket.conversation_id)
        return {"ok": True}

    # --- the boundary: nothing that a browser sends gets an exception past here

    def _handled(self, event: str, handler: Handler) -> Handler:
        async def guarded(sid: str, *arguments: Any) -> dict[str, Any]:
            socket = self._sockets.get(sid)
            if socket is None:
                return self._refused("no_session")
            try:
                self._by_address.check(socket.address)
                return await handler(sid, socket, *arguments)
            except Refusal as refusal:
                return self._refused(refusal.code)
            except Exception:
                self._metrics.errors.labels(event).inc()
                log.exception("an event could not be handled", extra={"socket_event": event})
                return self._refused("unavailable")

        return guarded

    def _refused(self, code: str) -> dict[str, Any]:
        self._metrics.refusals.labels(code).inc()
        return {"ok": False, "error": {"code": code, "message": self._error_text(code)}}

    def _error_text(self, code: str) -> str:
        return self._texts.get(self._settings.language, f"errors.{code}")


def _server(origins: Origins, metrics: Metrics, settings: Settings) -> socketio.AsyncServer:
    """The Socket.IO server. Its own log could quote what customers write, so only the number of entries is kept."""
    quiet = logging.Logger("socketio", logging.ERROR)
    quiet.addHandler(_Counting(metrics))
    return socketio.AsyncServer(
        async_mode="asgi",
        serializer=GuardedPacket,
        async_handlers=False,  # one after the other, so that messages of a socket keep their order
        always_connect=True,  # `browser` may be sent from the connect handler
        cors_allowed_origins=origins.allows_environ,
        max_http_buffer_size=settings.max_payload,
        ping_interval=20,
        ping_timeout=20,
        logger=quiet,
        engineio_logger=quiet,
    )


class _Counting(logging.Handler):
    def __init__(self, metrics: Metrics) -> None:
        super().__init__()
        self._metrics = metrics

    def emit(self, record: logging.LogRecord) -> None:
        self._metrics.malformed.inc()
