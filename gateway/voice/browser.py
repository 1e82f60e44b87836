"""Calls from the page /call: sound and captions over a WebSocket.

The page asks `POST /voice/browser/ticket`, opens /voice/browser and says `hello` with the ticket. From `ready` on,
binary messages are 16 kHz PCM both ways. Everything else is JSON with a `type`:

- from the page: `hello {ticket, language}`, `key {key}`, `played {mark}`, `hang_up`
- to the page: `ready {rate}`, `refused {code}`, `caption {who, text, final}`, `mark {mark}` (to be answered with
  `played` when the sound before it was heard), `clear` (drop what is not heard yet), `over {why}`
"""

import asyncio
import logging
from contextlib import suppress

from fastapi import APIRouter, Request, WebSocket
from fastapi.responses import HTMLResponse, JSONResponse, Response

from gateway.limits import Limiter, address_key
from gateway.metrics import Metrics
from gateway.origins import Origins
from gateway.pages import templates
from gateway.sessions import Browser, Browsers
from gateway.texts import Texts
from gateway.voice.calls import CallRefused, Calls, State
from gateway.voice.lines import MarkedLine
from gateway.voice.settings import LineSettings
from gateway.voice.sockets import Garbage, Intake, close, tell
from gateway.voice.tokens import Tickets
from voice.ports import Caption

log = logging.getLogger("gateway.voice")

RATE = 16_000
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    )
)
_REFUSED, _BAD = 4000, 4400  # codes with which a socket is closed
# Why a socket was closed, by its code: the page was left, or our own server stops.
_CLOSED = {1000: "caller", 1001: "caller", 1012: "shutdown"}


class BrowserLine(MarkedLine):
    """A call from a browser."""

    def __init__(self, socket: WebSocket, language: str | None) -> None:
        super().__init__("browser", RATE, caller=None, language=language)
        self._socket = socket

    async def caption(self, caption: Caption) -> None:
        """See `Line.caption`."""
        if not self.is_over:
            words = tell(self._socket, type="caption", who=caption.who, text=caption.text, final=caption.final)
            await self._told(words)

    async def _send_sound(self, frame: bytes) -> None:
        await self._socket.send_bytes(frame)

    async def _forget_sound(self) -> None:
        await tell(self._socket, type="clear")

    async def _send_mark(self, mark: int) -> None:
        await tell(self._socket, type="mark", mark=mark)

    async def _finish(self) -> None:
        await tell(self._socket, type="over")


class BrowserCalls:
    """The page, its tickets and its socket."""

    def __init__(
        self,
        calls: Calls,
        tickets: Tickets,
        browsers: Browsers,
        origins: Origins,
        texts: Texts,
        language: str,
        metrics: Metrics,
        settings: LineSettings,
    ) -> None:
        self._calls = calls
        self._tickets = tickets
        self._browsers = browsers
        self._origins = origins
        self._texts = texts
        self._language = language
        self._metrics = metrics
        self._settings = settings
        self.limiter = Limiter(settings.address_rate, settings.address_burst)
        self.router = APIRouter()
        self.router.add_api_route("/call", self._page, methods=["GET", "HEAD"])
        self.router.add_api_route("/voice/browser/ticket", self._ticket, methods=["POST"])
        self.router.add_api_websocket_route("/voice/browser", self._socket)

    async def _page(self, request: Request, lang: str = "") -> Response:
        language = self._spoken(lang or request.headers.get("accept-language", ""))
        html = templates.get_template("call.html").render(
            language=language,
            state=self._calls.state if self._settings.browser_calls else State.OFF,
            title=self._texts.get(language, "call.title"),
            no_script=self._texts.get(language, "call.no_script"),
        )
        return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"})

    async def _ticket(self, request: Request) -> Response:
        """A ticket for one call, or why there is none: a code that the page has words for."""
        address = self._address(request.client.host if request.client else None)
        try:
            if not self._origins.allows_scope(request.scope):
                raise CallRefused("bad_origin")
            if not self._settings.browser_calls:
                raise CallRefused(str(State.OFF))
            if not self.limiter.allow(address):
                raise CallRefused("too_fast")
            self._calls.check(address)
        except CallRefused as refused:
            self._metrics.refused_calls.labels("browser", refused.code).inc()
            return JSONResponse({"code": refused.code}, status_code=403 if refused.code == "bad_origin" else 503)
        browser: Browser = request.scope["state"]["browser"]
        ticket = self._tickets.issue(browser=browser.ids[0], address=address)
        return JSONResponse({"ticket": ticket}, headers={"Cache-Control": "no-store"})

    async def _socket(self, socket: WebSocket) -> None:
        if not self._origins.allows_scope(socket.scope):
            await socket.close()
            return
        await socket.accept()
        intake = Intake(socket, 2 * RATE)
        try:
            hello = await intake.first(self._settings.first_frame_within)
            claims = self._tickets.take(hello.get("ticket")) if hello.get("type") == "hello" else None
            if claims is None:
                raise CallRefused("bad_ticket")
            await self._call(socket, intake, hello, str(claims["browser"]), str(claims["address"]))
        except CallRefused as refused:
            with suppress(Exception):  # it may have gone meanwhile
                await tell(socket, type="refused", code=refused.code)
                await close(socket, _REFUSED)
        except Garbage:
            self._metrics.malformed.inc()
            await close(socket, _BAD)

    async def _call(self, socket: WebSocket, intake: Intake, hello: dict, browser: str, address: str) -> None:  # type: ignore[type-arg]
        language = hello.get("language")
        line = BrowserLine(socket, language if language in self._texts.languages else None)
        reading = asyncio.create_task(self._read(line, intake))
        try:
            self._calls.check(address)
            await tell(socket, type="ready", rate=RATE)
            await self._calls.serve(line, owner=browser, address=address)
        finally:
            line.hang_up("closed")
            reading.cancel()
        await close(socket)

    async def _read(self, line: BrowserLine, intake: Intake) -> None:
        """Tell the line what arrives, until the call is over."""
        try:
            async for message in intake:
                if isinstance(message, bytes):
                    line.heard(message)
                elif message.get("type") == "key":
                    line.pressed(str(message.get("key")))
                elif message.get("type") == "played" and isinstance(message.get("mark"), int):
                    line.marked(message["mark"])
                elif message.get("type") == "hang_up":
                    line.hang_up("caller")
        except Garbage:
            self._metrics.malformed.inc()
            line.hang_up("lost")
        else:
            line.hang_up(_CLOSED.get(intake.code, "lost"))

    def _address(self, host: str | None) -> str:
        return self._browsers.pseudonym(address_key(host))

    def _spoken(self, wishes: str) -> str:
        """The first language of `wishes` (as in `Accept-Language`) that there are words in."""
        for wish in wishes.split(","):
            language = wish.partition(";")[0].partition("-")[0].strip().lower()
            if language in self._texts.languages:
                return language
        return self._language
