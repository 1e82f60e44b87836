"""Who a browser is: an opaque id in a signed token, kept in a cookie or by the widget itself."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.clock import Clock
from gateway.settings import BROWSER_LIFETIME
from vault import StatementError, Vault

COOKIE = "careline_browser"
HEADER = b"x-careline-browser"
_PURPOSE = "browser"
_LONGEST_TOKEN = 1_000


@dataclass(frozen=True, slots=True)
class Browser:
    """What a request proves about its browser.

    Attributes:
        ids: the browser ids it may act for, the one to open new conversations with first; never empty.
        issued: the token of a browser seen for the first time, which it has to be given; else None.
    """

    ids: tuple[str, ...]
    issued: str | None = None


class Browsers:
    """Issues and reads browser tokens."""

    def __init__(self, vault: Vault, clock: Clock) -> None:
        self._vault = vault
        self._clock = clock

    def identify(self, tokens: Iterable[object]) -> Browser:
        """The browser that presents `tokens` (anything at all); a new one when none of them is ours."""
        ids = tuple(dict.fromkeys(known for token in tokens if (known := self._read(token))))
        if ids:
            return Browser(ids)
        browser_id = secrets.token_hex(16)
        token = self._vault.sign({"browser": browser_id}, _PURPOSE, BROWSER_LIFETIME, self._clock())
        return Browser((browser_id,), token)

    def pseudonym(self, address: str) -> str:
        """What stands for a network address where other gateways hear of it; the same in all of them."""
        return self._vault.blind_index(address, "gateway.address").hex()

    def _read(self, token: object) -> str | None:
        if not isinstance(token, str) or not token or len(token) > _LONGEST_TOKEN or not token.isascii():
            return None
        try:
            return str(self._vault.verify(token, _PURPOSE, self._clock())["browser"])
        except (StatementError, KeyError):
            return None


def tokens_in(scope: Scope) -> list[str]:
    """The browser tokens that a request carries: our header, then the cookie."""
    headers = scope.get("headers", ())
    tokens = [value.decode("latin-1") for name, value in headers if name == HEADER]
    for name, value in headers:
        if name == b"cookie":
            try:
                morsel = SimpleCookie(value.decode("latin-1")).get(COOKIE)
            except CookieError:
                continue
            if morsel:
                tokens.append(morsel.value)
    return tokens


class BrowserCookie:
    """ASGI middleware: gives a browser its cookie on a page or a socket's handshake.

    Handlers find the `Browser` in `scope["state"]["browser"]`, so that the socket uses the identity of the cookie
    that its own handshake sets.
    """

    def __init__(self, app: ASGIApp, browsers: Browsers, *, secure: bool) -> None:
        self._app = app
        self._browsers = browsers
        self._attributes = (
            f"Path=/; Max-Age={int(BROWSER_LIFETIME.total_seconds())}; HttpOnly; SameSite=Lax"
            + ("; Secure" if secure else "")
        )  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        browser = self._browsers.identify(tokens_in(scope))
        scope.setdefault("state", {})["browser"] = browser
        if browser.issued is None or not _gives_cookie(scope):
            await self._app(scope, receive, send)
            return
        cookie = f"{COOKIE}={browser.issued}; {self._attributes}"

        async def with_cookie(message: Message) -> None:
            if message["type"] in ("http.response.start", "websocket.accept") and message.get("status", 200) < 300:
                message.setdefault("headers", [])
                MutableHeaders(scope=message).append("set-cookie", cookie)
            await send(message)

        await self._app(scope, receive, with_cookie)


def _gives_cookie(scope: Scope) -> bool:
    """Pages and the first request of a socket; not assets, which caches may keep, nor health checks."""
    path = scope["path"]
    if path.startswith("/socket.io"):
        return b"sid=" not in scope.get("query_string", b"")
    return scope.get("method") == "GET" and (path in ("/", "/call") or path.startswith("/knowledge/"))
