"""HTTP side of the private channel: `turn`, `forget`, `scrub`, `renew` and `ready` under `/webhooks/careline`."""

import hmac
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from rasa.core.tracker_store import TrackerStore
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot import rasa_patches
from bot.channel import frames
from bot.channel.commands import ATTACH_FILES, Command, neutral, parse_command
from bot.channel.readiness import why_not_ready
from bot.channel.requests import BadRequest, TurnRequest, identifier
from bot.channel.turns import RunningTurn, TurnOutput, Turns
from bot.settings import Settings
from bot.tracker_store import SealedTrackerStore, UnreadableConversation
from bot.tracker_store.rotation import Place
from bot.turn import Turn
from vault import token_file

logger = logging.getLogger(__name__)

_MOST_GONE = 10_000  # far more than can have a turn on its way

_RENEWED_AT_ONCE = 500  # rows: some tens of milliseconds, in which no turn can be stored


class CarelineChannel(InputChannel):
    """Takes one customer message at a time and streams what Rasa says to it."""

    @classmethod
    def name(cls) -> str:
        """The channel's place in URLs, and its name in the tracker."""
        return "careline"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> "CarelineChannel":
        """The channel as `credentials.yml` asks for it; it has no options there."""
        settings = Settings.from_env()
        return cls(token_file(settings.token_file), settings.heartbeat, settings.stop_grace)

    def __init__(self, token: str, heartbeat: float = 2, stop_grace: float = 20) -> None:
        """A channel that lets in whoever has `token`; times are in seconds, see `Settings`."""
        rasa_patches.apply()
        self._expected = f"Bearer {token}".encode()
        self._heartbeat = heartbeat
        self._stop_grace = stop_grace
        self._turns = Turns()
        self._gone: OrderedDict[str, None] = OrderedDict()  # forgotten for good, the latest last
        self._stopping = False

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The five endpoints."""
        blueprint = Blueprint("careline_channel")
        blueprint.add_route(self._guarded(self._turn), "/turn", methods=["POST"], name="turn")
        blueprint.add_route(self._guarded(self._forget), "/forget", methods=["POST"], name="forget")
        blueprint.add_route(self._guarded(self._scrub), "/scrub", methods=["POST"], name="scrub")
        blueprint.add_route(self._guarded(self._renew), "/renew", methods=["POST"], name="renew")
        blueprint.add_route(_function(self._ready), "/ready", methods=["GET"], name="ready")
        blueprint.listener("before_server_stop")(_function(self._stop))
        return blueprint

    def _guarded(self, handler: Callable[[Request], Awaitable[HTTPResponse | None]]) -> Any:
        async def guarded(request: Request) -> HTTPResponse | None:
            given = request.headers.get("authorization", "").encode("utf-8", "replace")
            if not hmac.compare_digest(given, self._expected):
                return _problem(401, "unauthorized", "The bearer token is missing or wrong.")
            try:
                return await handler(request)
            except BadRequest as error:
                return _problem(400, "bad_request", str(error))

        return guarded

    async def _turn(self, request: Request) -> HTTPResponse | None:
        asked = TurnRequest.parse(_body(request))
        if asked.conversation_id in self._gone:
            return _problem(410, "gone", "This conversation was forgotten for good.")
        running = self._turns.find(asked.conversation_id, asked.message_id)
        if running is None:
            why = "The process is stopping." if self._stopping else why_not_ready(request.app)
            if why:
                return _problem(503, "not_ready", why)
            agent = request.app.ctx.agent

            async def work(turn: RunningTurn) -> None:
                await self._answer(agent, asked, turn)

            running = self._turns.start(Turn(asked.conversation_id, asked.message_id), work)
        response = await request.respond(content_type="application/x-ndjson")
        async for frame in running.follow(self._heartbeat):
            await response.send(frames.line(frame))
        await response.eof()
        return None

    async def _answer(self, agent: Any, asked: TurnRequest, running: RunningTurn) -> None:
        stored = await agent.tracker_store.answered(asked.conversation_id, asked.message_id)
        if stored is None:
            await agent.handle_message(await self._message(agent, asked, running))
            return
        running.turn.may_be_silent = True
        for message in stored:
            running.say(message)

    async def _message(self, agent: Any, asked: TurnRequest, running: RunningTurn) -> UserMessage:
        channel = asked.channel if asked.channel == "voice" else self.name()
        command = await self._command(agent, asked)
        running.turn.may_be_silent = command is not None and command.is_silent
        names = " ".join(str(item["name"] or item["id"]) for item in asked.attachments)
        return UserMessage(
            text=command.text if command else neutral(asked.text or asked.command or names),
            output_channel=TurnOutput(running, channel),
            sender_id=asked.conversation_id,
            parse_data=command.parse_data if command else None,
            input_channel=channel,
            message_id=asked.message_id,
            metadata={
                "message_id": asked.message_id,
                "statement": asked.statement,
                "channel": asked.channel,
                "language": asked.language,
                "attachments": asked.attachments,
            },
        )

    async def _command(self, agent: Any, asked: TurnRequest) -> Command | None:
        given = asked.command
        if not given and not asked.text.strip():
            given = ATTACH_FILES
        if not given:
            return None
        command = parse_command(given, agent.domain)
        if command and command.rewinds and given not in await agent.tracker_store.offered(asked.conversation_id):
            command = None
        if command is None:
            # Buttons outlive the model that offered them: what is no command any more is read as text.
            logger.warning("A command that the model does not know was read as text.")
        return command

    async def _forget(self, request: Request) -> HTTPResponse:
        """Drops a conversation; `for_good`: a turn of it that comes late, or again, must not bring it back."""
        body = _body(request)
        conversation_id = identifier(body, "conversation_id")
        why = why_not_ready(request.app)
        if why:
            return _problem(503, "not_ready", why)
        if body.get("for_good"):
            self._gone[conversation_id] = None
            if len(self._gone) > _MOST_GONE:
                self._gone.popitem(last=False)
        async with self._turns.queue(conversation_id):
            events = await request.app.ctx.agent.tracker_store.forget(conversation_id)
        return json({"forgotten": True, "events": events})

    async def _renew(self, request: Request) -> HTTPResponse:
        """Some stored rows brought under the active data key; whoever rotates keys calls on from `next`."""
        why = why_not_ready(request.app)
        if why:
            return _problem(503, "not_ready", why)
        try:
            after = Place.from_json((_body(request) or {}).get("after") or Place().as_json())
            renewed = await request.app.ctx.agent.tracker_store.renew(_RENEWED_AT_ONCE, after)
        except (ValueError, AttributeError) as error:
            raise BadRequest(str(error)) from error
        except UnreadableConversation as error:
            return _problem(409, "sealed", str(error))
        return json(renewed.as_json())

    async def _scrub(self, request: Request) -> HTTPResponse:
        """Overwrites what forgotten conversations left in the files."""
        why = why_not_ready(request.app)
        if why:
            return _problem(503, "not_ready", why)
        if not await request.app.ctx.agent.tracker_store.scrub():
            return _problem(503, "busy", "The write-ahead log is being read; ask again.")
        return json({"scrubbed": True})

    async def _ready(self, request: Request) -> HTTPResponse:
        why = "The process is stopping." if self._stopping else why_not_ready(request.app)
        store: TrackerStore = getattr(getattr(request.app.ctx, "agent", None), "tracker_store", None)
        if not why and isinstance(store, SealedTrackerStore):
            try:
                await store.ping()
            except Exception as error:
                why = f"The tracker store does not answer ({type(error).__name__})."
        return json({"ready": False, "why": why}, status=503) if why else json({"ready": True})

    async def _stop(self, _app: Sanic, *_: Any) -> None:
        self._stopping = True
        await self._turns.drain(self._stop_grace)


def _function(method: Callable[..., Awaitable[Any]]) -> Any:
    """Sanic marks its handlers with attributes, which bound methods do not take."""

    async def handler(*args: Any) -> Any:
        return await method(*args)

    return handler


def _body(request: Request) -> Any:
    try:
        return request.json
    except Exception:
        raise BadRequest("The body must be JSON.") from None


def _problem(status: int, code: str, message: str) -> HTTPResponse:
    return json({"error": {"code": code, "message": message}}, status=status)
