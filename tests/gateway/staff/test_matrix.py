"""Every route of the desk and of the API, by every role and by nobody: who is let in and who is not.

A route that is added is added to `ROUTES`, with what it needs; a test fails otherwise.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import connect

from crm.domain import Role
from crm.domain.staff import Permission as P
from crm.services import staff_sessions
from crm.services.staff_roles import permissions_of
from gateway.clock import utc_now
from tests.factories.staff import an_account
from tests.gateway.harness import House, house

OPEN = "open to everybody"
ANYBODY = "anybody who is logged in"
Need = P | str

ROUTES: dict[tuple[str, str], Need] = {
    # Logging in and out
    ("GET", "/desk/login"): OPEN,
    ("POST", "/desk/login"): OPEN,
    ("POST", "/desk/login/code"): OPEN,
    ("GET", "/desk/login/oidc"): OPEN,
    ("GET", "/desk/login/oidc/callback"): OPEN,
    ("POST", "/desk/logout"): ANYBODY,
    # The own account
    ("GET", "/desk/account"): ANYBODY,
    ("POST", "/desk/account/preferences"): ANYBODY,
    ("GET", "/desk/account/password"): ANYBODY,
    ("POST", "/desk/account/password"): ANYBODY,
    ("POST", "/desk/account/second-factor"): ANYBODY,
    ("POST", "/desk/account/second-factor/confirm"): ANYBODY,
    ("POST", "/desk/account/second-factor/codes"): ANYBODY,
    ("POST", "/desk/account/second-factor/off"): ANYBODY,
    ("POST", "/desk/account/sessions/end"): ANYBODY,
    ("POST", "/desk/account/sessions/{session_id}/end"): ANYBODY,
    # Accounts of staff
    ("GET", "/desk/staff"): P.STAFF_ADMIN,
    ("POST", "/desk/staff"): P.STAFF_ADMIN,
    ("GET", "/desk/staff/{account_id}"): P.STAFF_ADMIN,
    ("POST", "/desk/staff/{account_id}"): P.STAFF_ADMIN,
    ("POST", "/desk/staff/{account_id}/disable"): P.STAFF_ADMIN,
    ("POST", "/desk/staff/{account_id}/enable"): P.STAFF_ADMIN,
    ("POST", "/desk/staff/{account_id}/password"): P.STAFF_ADMIN,
    ("POST", "/desk/staff/{account_id}/second-factor/off"): P.STAFF_ADMIN,
    ("POST", "/desk/staff/{account_id}/sessions/end"): P.STAFF_ADMIN,
    # The queue
    ("GET", "/desk"): ANYBODY,
    ("GET", "/desk/queue"): P.QUEUE_VIEW,
    ("GET", "/desk/mine"): P.TAKE,
    ("GET", "/desk/offers"): P.TAKE,
    ("GET", "/desk/events"): ANYBODY,
    ("GET", "/desk/presence"): P.TAKE,
    ("POST", "/desk/presence"): P.TAKE,
    ("POST", "/desk/handoffs/{handoff_id}/take"): P.TAKE,
    ("POST", "/desk/handoffs/{handoff_id}/decline"): P.TAKE,
    ("POST", "/desk/handoffs/{handoff_id}/take-over"): P.TAKE_OVER,
    ("GET", "/desk/handoffs/{handoff_id}/transfer"): P.TRANSFER,
    ("POST", "/desk/handoffs/{handoff_id}/transfer"): P.TRANSFER,
    ("POST", "/desk/handoffs/{handoff_id}/give-back"): P.TAKE,
    ("GET", "/desk/handoffs/{handoff_id}/close"): P.TAKE,
    ("POST", "/desk/handoffs/{handoff_id}/close"): P.TAKE,
    # A conversation
    ("GET", "/desk/conversations/{conversation_id}"): P.QUEUE_VIEW,
    ("GET", "/desk/conversations/{conversation_id}/entries"): P.QUEUE_VIEW,
    ("GET", "/desk/conversations/{conversation_id}/head"): P.QUEUE_VIEW,
    ("GET", "/desk/conversations/{conversation_id}/summary"): P.QUEUE_VIEW,
    ("POST", "/desk/conversations/{conversation_id}/say"): P.CONVERSE,
    ("POST", "/desk/conversations/{conversation_id}/typing"): P.CONVERSE,
    ("POST", "/desk/conversations/{conversation_id}/notes"): P.CONVERSE,
    ("POST", "/desk/conversations/{conversation_id}/tags"): P.CONVERSE,
    ("POST", "/desk/conversations/{conversation_id}/tags/remove"): P.CONVERSE,
    ("POST", "/desk/conversations/{conversation_id}/attachments"): P.CONVERSE,
    ("GET", "/desk/conversations/{conversation_id}/attachments/{attachment_id}"): P.QUEUE_VIEW,
    ("GET", "/desk/conversations/{conversation_id}/canned"): P.CONVERSE,
    ("POST", "/desk/conversations/{conversation_id}/canned/{reply_id}"): P.CONVERSE,
    ("POST", "/desk/conversations/{conversation_id}/messages/{message_id}/unmask"): P.UNMASK,
    # The customer beside it
    ("GET", "/desk/conversations/{conversation_id}/sidebar"): P.CUSTOMER_VIEW,
    ("POST", "/desk/conversations/{conversation_id}/customer/{field}/unmask"): P.UNMASK,
    ("POST", "/desk/conversations/{conversation_id}/customer/callback"): P.CUSTOMER_CHANGE,
    ("POST", "/desk/conversations/{conversation_id}/customer/contact"): P.CUSTOMER_CHANGE,
    ("POST", "/desk/conversations/{conversation_id}/customer/offer"): P.CUSTOMER_CHANGE,
    ("GET", "/desk/conversations/{conversation_id}/export.{kind}"): P.EXPORT,
    # Help, and the bot's mistakes
    ("GET", "/desk/conversations/{conversation_id}/suggestions"): P.CONVERSE,
    ("GET", "/desk/conversations/{conversation_id}/messages/{message_id}/mark"): P.CONVERSE,
    ("POST", "/desk/conversations/{conversation_id}/messages/{message_id}/mark"): P.CONVERSE,
    ("POST", "/desk/conversations/{conversation_id}/messages/{message_id}/unmark"): P.CONVERSE,
    ("GET", "/desk/review"): P.REVIEW,
    ("POST", "/desk/review/{mark_id}"): P.REVIEW,
    ("GET", "/desk/canned"): P.CANNED_EDIT,
    ("POST", "/desk/canned"): P.CANNED_EDIT,
    ("POST", "/desk/canned/{reply_id}"): P.CANNED_EDIT,
    ("POST", "/desk/canned/{reply_id}/delete"): P.CANNED_EDIT,
    # Webhooks
    ("GET", "/desk/webhooks"): P.WEBHOOKS,
    ("POST", "/desk/webhooks"): P.WEBHOOKS,
    ("GET", "/desk/webhooks/{webhook_id}"): P.WEBHOOKS,
    ("POST", "/desk/webhooks/{webhook_id}/test"): P.WEBHOOKS,
    ("POST", "/desk/webhooks/{webhook_id}/delete"): P.WEBHOOKS,
    ("POST", "/desk/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver"): P.WEBHOOKS,
    # Search, the board, figures
    ("GET", "/desk/search"): P.SEARCH,
    ("GET", "/desk/board"): P.BOARD,
    ("GET", "/desk/board/now"): P.BOARD,
    ("GET", "/desk/figures"): P.FIGURES,
    ("GET", "/desk/figures.csv"): P.FIGURES,
    # Tokens
    ("GET", "/desk/tokens"): P.TOKENS,
    ("POST", "/desk/tokens"): P.TOKENS,
    ("POST", "/desk/tokens/{token_id}/revoke"): P.TOKENS,
    # The API
    ("GET", "/api/openapi.json"): OPEN,
    ("GET", "/api/docs"): OPEN,
    ("GET", "/api/v1/me"): ANYBODY,
    ("GET", "/api/v1/presence"): P.TAKE,
    ("PUT", "/api/v1/presence"): P.TAKE,
    ("GET", "/api/v1/events"): ANYBODY,
    ("GET", "/api/v1/queue"): P.QUEUE_VIEW,
    ("GET", "/api/v1/queue/mine"): P.TAKE,
    ("GET", "/api/v1/queue/active"): P.WATCH,
    ("GET", "/api/v1/handoffs/{handoff_id}"): P.QUEUE_VIEW,
    ("POST", "/api/v1/handoffs/{handoff_id}/take"): P.TAKE,
    ("POST", "/api/v1/handoffs/{handoff_id}/decline"): P.TAKE,
    ("POST", "/api/v1/handoffs/{handoff_id}/take-over"): P.TAKE_OVER,
    ("POST", "/api/v1/handoffs/{handoff_id}/transfer"): P.TRANSFER,
    ("POST", "/api/v1/handoffs/{handoff_id}/give-back"): P.TAKE,
    ("POST", "/api/v1/handoffs/{handoff_id}/close"): P.TAKE,
    ("GET", "/api/v1/colleagues"): P.TRANSFER,
    ("GET", "/api/v1/teams"): P.TRANSFER,
    ("GET", "/api/v1/dispositions"): P.TAKE,
    ("GET", "/api/v1/conversations/{conversation_id}"): P.QUEUE_VIEW,
    ("GET", "/api/v1/conversations/{conversation_id}/messages"): P.QUEUE_VIEW,
    ("POST", "/api/v1/conversations/{conversation_id}/messages"): P.CONVERSE,
    ("POST", "/api/v1/conversations/{conversation_id}/messages/{message_id}/unmask"): P.UNMASK,
    ("POST", "/api/v1/conversations/{conversation_id}/typing"): P.CONVERSE,
    ("POST", "/api/v1/conversations/{conversation_id}/attachments"): P.CONVERSE,
    ("GET", "/api/v1/conversations/{conversation_id}/attachments/{attachment_id}"): P.QUEUE_VIEW,
    ("GET", "/api/v1/conversations/{conversation_id}/summary"): P.QUEUE_VIEW,
    ("GET", "/api/v1/conversations/{conversation_id}/notes"): P.QUEUE_VIEW,
    ("POST", "/api/v1/conversations/{conversation_id}/notes"): P.CONVERSE,
    ("GET", "/api/v1/conversations/{conversation_id}/tags"): P.QUEUE_VIEW,
    ("POST", "/api/v1/conversations/{conversation_id}/tags"): P.CONVERSE,
    ("DELETE", "/api/v1/conversations/{conversation_id}/tags/{tag}"): P.CONVERSE,
    ("GET", "/api/v1/conversations/{conversation_id}/export.{kind}"): P.EXPORT,
    ("GET", "/api/v1/conversations/{conversation_id}/customer"): P.CUSTOMER_VIEW,
    ("POST", "/api/v1/conversations/{conversation_id}/customer/fields/{field}/unmask"): P.UNMASK,
    ("POST", "/api/v1/conversations/{conversation_id}/customer/callbacks"): P.CUSTOMER_CHANGE,
    ("PATCH", "/api/v1/conversations/{conversation_id}/customer/contact"): P.CUSTOMER_CHANGE,
    ("POST", "/api/v1/conversations/{conversation_id}/customer/offer-answers"): P.CUSTOMER_CHANGE,
    ("GET", "/api/v1/conversations/{conversation_id}/suggestions"): P.CONVERSE,
    ("GET", "/api/v1/tags"): P.CONVERSE,
    ("GET", "/api/v1/canned-replies"): P.CONVERSE,
    ("POST", "/api/v1/canned-replies"): P.CANNED_EDIT,
    ("PUT", "/api/v1/canned-replies/{reply_id}"): P.CANNED_EDIT,
    ("DELETE", "/api/v1/canned-replies/{reply_id}"): P.CANNED_EDIT,
    ("POST", "/api/v1/conversations/{conversation_id}/canned-replies/{reply_id}"): P.CONVERSE,
    ("GET", "/api/v1/intents"): ANYBODY,
    ("PUT", "/api/v1/conversations/{conversation_id}/messages/{message_id}/mark"): P.CONVERSE,
    ("DELETE", "/api/v1/conversations/{conversation_id}/messages/{message_id}/mark"): P.CONVERSE,
    ("GET", "/api/v1/review"): P.REVIEW,
    ("POST", "/api/v1/review/{mark_id}"): P.REVIEW,
    ("GET", "/api/v1/search"): P.SEARCH,
    ("GET", "/api/v1/board"): P.BOARD,
    ("GET", "/api/v1/figures"): P.FIGURES,
    ("GET", "/api/v1/figures.csv"): P.FIGURES,
    ("GET", "/api/v1/staff"): P.STAFF_ADMIN,
    ("POST", "/api/v1/staff"): P.STAFF_ADMIN,
    ("GET", "/api/v1/staff/{account_id}"): P.STAFF_ADMIN,
    ("PATCH", "/api/v1/staff/{account_id}"): P.STAFF_ADMIN,
    ("POST", "/api/v1/staff/{account_id}/disable"): P.STAFF_ADMIN,
    ("POST", "/api/v1/staff/{account_id}/enable"): P.STAFF_ADMIN,
    ("POST", "/api/v1/staff/{account_id}/password"): P.STAFF_ADMIN,
    ("DELETE", "/api/v1/staff/{account_id}/second-factor"): P.STAFF_ADMIN,
    ("DELETE", "/api/v1/staff/{account_id}/sessions"): P.STAFF_ADMIN,
    ("GET", "/api/v1/tokens"): P.TOKENS,
    ("POST", "/api/v1/tokens"): P.TOKENS,
    ("DELETE", "/api/v1/tokens/{token_id}"): P.TOKENS,
}

# A socket is accepted first and then closed with a code that a page can read: 4403 for who may not.
SOCKETS: dict[str, P] = {"/desk/calls/{conversation_id}/sound": P.QUEUE_VIEW}

_FILLED = {
    "conversation_id": "0" * 32,
    "session_id": "0" * 32,
    "message_id": "m-0",
    "field": "name",
    "kind": "txt",
}
_LASTS = timedelta(hours=1)
VISITORS = [None, *Role]


def routes_of(routes: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of every route, whether or not it is in a description of the API."""
    for route in routes:
        if hasattr(route, "original_router"):
            yield from routes_of(route.original_router.routes, prefix + route.include_context.prefix)
        elif getattr(route, "methods", None):
            yield from ((method, prefix + route.path) for method in route.methods if method != "HEAD")
        elif getattr(route, "routes", None):
            yield from routes_of(route.routes, prefix + route.path)


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as built:
        with built.store.session() as session:
            for role in Role:
                an_account(session, role.value, role=role)
        yield built


class Visitor:
    """Sends a request to every route as one role, each from a session of its own."""

    def __init__(self, home: House, http: httpx.AsyncClient, role: Role | None) -> None:
        self.home, self.http, self.role = home, http, role

    def credentials(self) -> tuple[dict[str, str], dict[str, str]]:
        """Cookies and headers."""
        if self.role is None:
            return {}, {}
        account_id = list(Role).index(self.role) + 1
        with self.home.store.session() as session:
            token = staff_sessions.start(
                session, account_id, method="password", address="192.0.2.1", browser="Test", now=utc_now(), lasts=_LASTS
            )
        return {"careline_staff": token}, {"X-CSRF-Token": staff_sessions.csrf_of(token)}

    async def ask(self, method: str, path: str, *, bare: bool = False) -> str:
        """What became of a request, as one word."""
        cookies, headers = self.credentials()
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        sent = {"cookie": cookie, **({} if bare else headers)}
        filled = re.sub(r"{(\w+)(?::\w+)?}", lambda found: _FILLED.get(found[1], "999999"), path)
        async with self.http.stream(method, filled, headers=sent) as answer:
            if answer.headers.get("content-type", "").startswith("text/event-stream"):
                return "let in"
            await answer.aread()
        return outcome(answer)


def outcome(answer: httpx.Response) -> str:
    if answer.status_code == 401 or answer.headers.get("location", "").startswith("/desk/login?next"):
        return "not logged in"
    if answer.status_code == 303 and answer.headers["location"] == "/desk/login":
        return "not logged in"
    if answer.status_code == 403 and "Your role does not include this" in answer.text:
        return "forbidden"
    if answer.status_code == 403 and "urn:careline:problem:forbidden" in answer.text:
        return "forbidden"
    if answer.status_code == 403 and ("open too long" in answer.text or "urn:careline:problem:csrf" in answer.text):
        return "not from our page"
    return "let in" if answer.status_code < 500 else f"failed with {answer.status_code}"


def expected(role: Role | None, need: Need) -> str:
    if role is None:
        return "not logged in"
    return "let in" if need == ANYBODY or need in permissions_of(role) else "forbidden"


async def test_every_route_is_in_the_table(home):
    there = {route for route in routes_of(home.gateway.http.routes) if route[1].startswith(("/desk", "/api"))}
    assert there - set(ROUTES) == set(), "add these, with what they need"
    assert set(ROUTES) - there == set(), "these are gone"


@pytest.mark.parametrize("role", VISITORS, ids=[str(role or "nobody") for role in VISITORS])
async def test_every_route_lets_in_who_may_and_nobody_else(home, role):
    async with httpx.AsyncClient(base_url=home.url, timeout=60) as http:
        visitor = Visitor(home, http, role)
        found = {route: await visitor.ask(*route) for route, need in ROUTES.items() if need != OPEN}
    assert found == {route: expected(role, need) for route, need in ROUTES.items() if need != OPEN}


def sockets_of(routes: Any, prefix: str = "") -> Iterator[str]:
    """The path of every WebSocket."""
    for route in routes:
        if hasattr(route, "original_router"):
            yield from sockets_of(route.original_router.routes, prefix + route.include_context.prefix)
        elif isinstance(route, WebSocketRoute):
            yield prefix + route.path


async def test_every_socket_is_in_the_table(home):
    there = {path for path in sockets_of(home.gateway.http.routes) if path.startswith(("/desk", "/api"))}
    assert there == set(SOCKETS)


@pytest.mark.parametrize("role", VISITORS, ids=[str(role or "nobody") for role in VISITORS])
async def test_every_socket_lets_in_who_may_and_nobody_else(home, role):
    async with httpx.AsyncClient(base_url=home.url, timeout=60) as http:
        cookies, _ = Visitor(home, http, role).credentials()
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    for path, need in SOCKETS.items():
        url = home.url.replace("http", "ws") + path.format(**_FILLED)
        async with connect(url, origin=home.url, additional_headers={"Cookie": cookie}, open_timeout=60) as socket:
            await socket.wait_closed()
        may = role is not None and need in permissions_of(role)
        assert (socket.close_code != 4403) == may, path


async def test_no_route_changes_anything_for_another_site(home):
    async with httpx.AsyncClient(base_url=home.url, timeout=60) as http:
        visitor = Visitor(home, http, Role.ADMIN)
        changing = [route for route, need in ROUTES.items() if route[0] != "GET" and need != OPEN]
        found = {route: await visitor.ask(*route, bare=True) for route in changing}
    assert found == dict.fromkeys(changing, "not from our page")


async def test_what_is_open_says_nothing_to_nobody(home):
    """Pages of the log-in show no word of the desk's, and are not kept by caches."""
    async with httpx.AsyncClient(base_url=home.url, timeout=60) as http:
        for (method, path), need in ROUTES.items():
            if need == OPEN:
                answer = await http.request(method, path)
                assert answer.headers.get("cache-control") == "no-store" or answer.status_code == 303, path


async def test_no_page_of_the_desk_allows_inline_scripts_or_styles(home):
    async with httpx.AsyncClient(base_url=home.url, timeout=60) as http:
        for path in ("/desk", "/desk/login", "/desk/nowhere", "/api/nowhere", "/desk/assets/desk.css"):
            policy = (await http.get(path)).headers["content-security-policy"]
            assert "unsafe" not in policy, path
            assert "default-src 'none'" in policy, path
            assert "frame-ancestors 'none'" in policy, path


async def test_what_is_not_there_is_told_on_a_page(home):
    async with httpx.AsyncClient(base_url=home.url, timeout=60) as http:
        cookies, _ = Visitor(home, http, Role.SUPERVISOR).credentials()
        http.cookies.update(cookies)
        answer = await http.get("/desk/handoffs/999999/close")
    assert answer.status_code == 404
    assert "not here" in answer.text
