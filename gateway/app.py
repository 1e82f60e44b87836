"""The ASGI application, put together."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import socketio
from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from crm.bot_memory import PrivateChannel
from crm.domain import ErasureView
from crm.housekeeping import Housekeeping
from crm.services import api_tokens
from crm.store import Store
from gateway.announcer import Announcer
from gateway.api import application as api
from gateway.api.callers import Pace
from gateway.archive import Archive
from gateway.bodies import ENVELOPE, Bounded
from gateway.bot_client import BotClient
from gateway.channels.chat import ChatChannel
from gateway.channels.files import Files
from gateway.channels.packets import SocketGuard
from gateway.clock import Clock, utc_now
from gateway.conversation import Conversations
from gateway.crew import Crew
from gateway.desk.router import put_up
from gateway.desk.work import Desk
from gateway.dispatcher import Dispatcher
from gateway.headers import SecurityHeaders
from gateway.housekeeping import Caretaker
from gateway.knowledge_pages import KnowledgePages
from gateway.live.announcements import Announcements
from gateway.live.bus import Bus
from gateway.live.limits import SharedLimits
from gateway.live.opening import open_bus
from gateway.live.relay import Relay
from gateway.metrics import Metrics
from gateway.origins import Origins
from gateway.outlets import Outlets
from gateway.pages import Pages
from gateway.payments import Payments
from gateway.persons import Persons
from gateway.readiness import Readiness
from gateway.sessions import BrowserCookie, Browsers
from gateway.settings import STATEMENT_LIFETIME, Settings
from gateway.speech import Speech
from gateway.staff.entrance import let_in, make_entrance
from gateway.staff.settings import StaffSettings
from gateway.store_access import StoreAccess
from gateway.takeover import Takeover
from gateway.targets.chatwoot import ChatwootTarget
from gateway.targets.chatwoot_hook import ChatwootHook
from gateway.targets.desk import DeskTarget
from gateway.targets.port import HandoffTarget
from gateway.targets.settings import TargetSettings
from gateway.texts import Texts
from gateway.turns import Turns
from gateway.voice.channel import Around, VoiceChannel
from gateway.voice.lost import LostCalls
from gateway.webhooks.addresses import Addresses
from gateway.webhooks.postman import Postman
from gateway.work import Work
from vault import Vault

log = logging.getLogger("gateway")


class Gateway:
    """Every part of the gateway, wired; `app` is the ASGI application, `http` its routes."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock = utc_now,
        staff: StaffSettings | None = None,
        bus: Bus | None = None,
        targets: TargetSettings | None = None,
        voice: Mapping[str, Any] | None = None,
    ) -> None:
        self.settings = settings
        self._voice_parts = voice or {}
        self.metrics = Metrics()
        self.texts = Texts()
        self._vault = Vault.load(settings.key_file)
        self._store = Store.open(settings.store_url, self._vault)
        self._access = StoreAccess(self._store)
        self.archive = Archive(self._access, clock)
        self.bot = BotClient(
            settings.rasa_urls,
            settings.token_file,
            connect_timeout=settings.bot_connect_timeout,
            silence_timeout=settings.bot_silence_timeout,
        )
        self.readiness = Readiness(self.bot, self.archive, settings.actions_url, self.metrics)
        self._entrance = make_entrance(self._access, clock, staff or StaffSettings(), secure=settings.secure_cookies)
        self._origins = Origins(settings.allowed_origins)
        self._browsers = Browsers(self._vault, clock)
        self.bus = bus or open_bus(settings.live_url, settings.store_url)
        self.outlets = Outlets(self.bus)
        self.announcements = Announcements(self.bus)
        self.work = self._working()
        self.conversations = Conversations(self.archive, self.outlets, self.work, self.metrics, settings)
        self.chat = ChatChannel(
            self.conversations, self.archive, self._browsers, self._origins, self.texts, self.metrics, settings
        )
        self._files = Files(self.archive, self._browsers, self._origins, self.texts, self.metrics, settings)
        self._pace = Pace.of(settings)
        self.voice = self._calling(clock)
        limiters = {**self.chat.limiters, **self._files.limiters, **self._pace.limiters, **self.voice.limiters}
        self._limits = SharedLimits(self.bus, self.work.crew, limiters)
        self.relay = Relay(self.bus, self.metrics, settings.catch_up_seconds)
        self.relay.attach(self.chat)
        self.relay.attach(self.voice.callers)
        targets = targets or TargetSettings()
        self.target = self._target(targets, clock)
        self.takeover = Takeover(
            self.archive, self.work, self.outlets, self.announcements, self.target, self.texts, clock, settings
        )
        self._hook: ChatwootHook | None = None
        if isinstance(self.target, ChatwootTarget):
            self.target.attach(self.takeover)
            self._hook = ChatwootHook(self.target, clock, targets)
        self.dispatcher = Dispatcher(
            self.archive, Announcer(self.texts), self.announcements, self.outlets, self.bus, self.target, clock,
            self.metrics, settings.dispatch_seconds,
        )  # fmt: skip
        addresses = Addresses(plain=settings.webhook_plain, private=settings.webhook_private)
        self.postman = Postman(self._access, self.bus, addresses, clock, self.metrics, settings.webhook_timeout)
        self.desk = Desk(self._access, clock, self.takeover, self.bus, settings.knowledge_root)
        self._bot_memory = PrivateChannel(settings.rasa_urls, settings.token_file)
        housekeeping = Housekeeping(self._store, self._bot_memory, clock=clock, anchors=settings.anchor_file)
        lost = LostCalls(
            self.archive,
            self.announcements,
            self.work.crew,
            self.voice.callers.going_on,
            clock,
            self.voice.calls.longest,
        )
        self.caretaker = Caretaker(housekeeping, self._store, self._farewell, clock, self.metrics, settings, lost.end)
        self.http = self._http()
        self.app = self._wrapped(socketio.ASGIApp(self.chat.server, self.http))

    async def _farewell(self, view: ErasureView) -> None:
        """Say in a conversation that was erased that it was, and end it."""
        if view.conversation_id is not None:
            await self.outlets.closed(view.conversation_id, view.language)

    def _target(self, targets: TargetSettings, clock: Clock) -> HandoffTarget:
        if targets.handoff_target == "desk":
            return DeskTarget()
        return ChatwootTarget(
            self.archive, self.bus, self.outlets, self.announcements, self.texts, clock, self.metrics, targets,
            self.settings.message_characters,
        )  # fmt: skip

    def _calling(self, clock: Clock) -> VoiceChannel:
        around = Around(
            self.conversations, self.archive, self.announcements, self._browsers, self._origins, self.texts,
            self._vault, self.metrics, clock,
        )  # fmt: skip
        return VoiceChannel(around, self.settings, **self._voice_parts)

    def _working(self) -> Work:
        speech = Speech(self.archive, self.outlets, self.texts, self.metrics)
        persons = Persons(self.archive, speech, self.announcements, self.texts, self.metrics)
        sign = partial(self._vault.sign, purpose="turn", ttl=STATEMENT_LIFETIME)
        turns = Turns(self.bot, speech, persons, sign, self.metrics, self.settings)
        crew = Crew(self._access, self.settings.gateway_patience)
        return Work(self.archive, speech, persons, turns, crew, self.outlets, self.metrics, self.settings)

    def _http(self) -> FastAPI:
        app = FastAPI(title="Careline", openapi_url=None, docs_url=None, redoc_url=None, lifespan=self._lifespan)
        # Forms are read before anybody is asked who sends them; files have bounds of their own where they are taken in.
        file = self.settings.upload_bytes + 2 * ENVELOPE
        app.add_middleware(Bounded, most=self.settings.max_payload, most_of_a_file=file)
        app.add_middleware(
            CORSMiddleware,
            allow_origins=sorted(self._origins.allowed),
            allow_methods=["GET", "POST"],
            allow_headers=["X-Careline-Browser", "Content-Type"],
            max_age=3600,
        )
        app.include_router(self._files.router)
        app.include_router(KnowledgePages(self.settings, self.texts).router)
        app.include_router(Payments(self.archive, self.settings, self.texts).router)
        app.include_router(Pages(self.settings, self.texts).router)
        app.include_router(self.voice.router)
        app.state.bridges = self.voice.bridges
        let_in(app, self._entrance, api_tokens.authenticate)
        put_up(app, self.desk, self.settings.web_root)
        self.api = api.put_up(app, self.desk, self._entrance, self._pace, self._browsers.pseudonym, self.settings)
        if self._hook is not None:
            app.include_router(self._hook.router)
        app.add_api_route("/health", self._health, methods=["GET"])
        app.add_api_route("/ready", self._ready, methods=["GET"])
        app.add_api_route("/metrics", self._metrics_page, methods=["GET"])
        return app

    def _wrapped(self, app: ASGIApp) -> ASGIApp:
        app = SocketGuard(app, self.metrics)
        app = BrowserCookie(app, self._browsers, secure=self.settings.secure_cookies)
        return SecurityHeaders(app, https=self.settings.secure_cookies)

    @asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        await self.bus.start()
        await self.target.start()
        pieces = (
            self.relay.run(),
            self.relay.keep_looking(),
            self._limits.tell(),
            self._limits.listen(),
            self.work.listen(self.bus),
            self.work.run(),
            self.caretaker.run(),
            self.dispatcher.run(),
            self.postman.run(),
        )
        tasks = [asyncio.create_task(piece) for piece in pieces]
        await self.relay.listening.wait()
        self.voice.start()
        try:
            yield
        finally:
            await self.voice.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._bot_memory.close()
            await self.work.close()
            await self.chat.server.shutdown()
            await self.target.close()
            await self.bus.close()
            await self.bot.close()
            await self.readiness.close()
            await self._entrance.close()
            self._access.close()
            self._store.close()

    async def _health(self) -> Response:
        """Alive: the process answers."""
        return JSONResponse({"status": "ok"})

    async def _ready(self) -> Response:
        """Ready: everything a turn needs answers. Whether calls can be taken is told beside it: chats go without."""
        reasons = await self.readiness.reasons()
        if reasons:
            return JSONResponse({"ready": False, "reasons": reasons}, status_code=503)
        return JSONResponse({"ready": True, "calls": self.voice.calls.state})

    async def _metrics_page(self) -> Response:
        return Response(generate_latest(self.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def create_app(settings: Settings | None = None, clock: Clock = utc_now) -> ASGIApp:
    """The gateway as an ASGI application."""
    return Gateway(settings or Settings(), clock).app
