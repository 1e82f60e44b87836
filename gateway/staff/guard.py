"""Who may open which page and call which method.

Every route of the desk and of the API names what it needs, once, where it is defined:

    async def board(request: Request, member: Annotated[StaffMember, Depends(Guard.page(Permission.BOARD))])

The guard itself hangs on the application (`app.state.guard`), so that a route can be defined before there is a store.
"""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from crm.audit_trail import note
from crm.domain import Role
from crm.domain.staff import Permission, StaffMember
from crm.services.staff_sessions import Present
from gateway.desk.rendering import TEXTS, render, spoken
from gateway.staff.door import Door
from gateway.staff.requests import (
    LOGIN,
    SESSION_COOKIE,
    carries,
    changes_something,
    is_from_here,
    own_page,
    socket_is_from_here,
)

Check = Callable[[Request], Awaitable[StaffMember]]
Authenticate = Callable[[Session, str, datetime], StaffMember | None]
PASSWORD_PAGE = "/desk/account/password"  # noqa: S105 -- an address
ACCOUNT_PAGE = "/desk/account"
_NO_STORE = {"Cache-Control": "no-store"}
_FIRST = {
    "password": "Change the password first, on the desk's page.",
    "second_factor": "Turn on a second factor first, on the desk's page.",
}


class Duty(StrEnum):
    """What somebody has to do before they may do anything else."""

    PASSWORD = "password"  # noqa: S105 -- change it
    SECOND_FACTOR = "second_factor"  # turn it on


class Refused(Exception):
    """A request that goes no further; `response` is what it gets."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class Guard:
    """Lets members of staff in, and nobody else.

    Args:
        bearer: finds the member of staff whom a token of the API stands for; without it there are no tokens.
        second_factor: roles that need one.
    """

    def __init__(
        self, door: Door, bearer: Authenticate | None = None, second_factor: Collection[Role] = frozenset()
    ) -> None:
        self._door = door
        self._bearer = bearer
        self._second_factor = frozenset(second_factor)

    @staticmethod
    def page(permission: Permission | None = None) -> Check:
        """A dependency for pages; without a permission everybody who is logged in may.

        Who is not logged in is sent to /desk/login (303, or HX-Redirect for htmx), who may not gets a page that says
        so (403). Requests that change something have to carry `member.csrf`, in the header X-CSRF-Token or in the
        hidden field `csrf`.
        """

        async def check(request: Request) -> StaffMember:
            return await guard_of(request).admit_to_page(request, permission)

        return check

    @staticmethod
    def own(*duties: Duty) -> Check:
        """A dependency for the pages that are open to who has these duties: where they do what comes first."""

        async def check(request: Request) -> StaffMember:
            return await guard_of(request).admit_to_page(request, None, excused=duties)

        return check

    @staticmethod
    def api(permission: Permission | None = None) -> Check:
        """A dependency for the JSON API: a session's cookie, or a token (`Authorization: Bearer`).

        Refusals are problems in JSON (RFC 9457): 401, 403. With the cookie, requests that change something have to
        carry `member.csrf` in the header X-CSRF-Token.
        """

        async def check(request: Request) -> StaffMember:
            return await guard_of(request).admit_to_api(request, permission)

        return check

    async def admit_to_page(
        self, request: Request, permission: Permission | None, *, excused: Collection[Duty] = ()
    ) -> StaffMember:
        """Who asks for a page; `excused` from duties where they are done. Raises `Refused`."""
        present = await self._present(request)
        if present is None:
            raise Refused(_to_login(request))
        member = present.member
        if changes_something(request) and not (is_from_here(request) and await carries(request, member.csrf)):
            raise Refused(_refusal(request, member, "expired"))
        duty = self.duty_of(present)
        if duty is not None and duty not in excused:
            raise Refused(_to_duty(request, duty))
        request.state.duty = duty
        if permission is not None and not member.may(permission):
            await self._enter_refusal(member, permission)
            raise Refused(_refusal(request, member, "forbidden"))
        request.state.member = member
        return member

    async def admit_to_api(self, request: Request, permission: Permission | None) -> StaffMember:
        """Who calls the API. Raises `Refused`."""
        member = await self._caller(request)
        if permission is not None and not member.may(permission):
            await self._enter_refusal(member, permission)
            raise Refused(_problem(403, "forbidden", f"This needs the permission {permission.value}."))
        request.state.member = member
        return member

    async def admit_to_socket(self, socket: WebSocket, permission: Permission) -> StaffMember | None:
        """Who opens a WebSocket from a page of ours; None when they may not. Only a session's cookie counts."""
        token = socket.cookies.get(SESSION_COOKIE)
        present = await self._door.present(token, passive=True) if token and socket_is_from_here(socket) else None
        if present is None or self.duty_of(present) is not None:
            return None
        if not present.member.may(permission):
            await self._enter_refusal(present.member, permission)
            return None
        return present.member

    async def is_still_in(self, request: HTTPConnection, member: StaffMember) -> bool:
        """Whether session or token did not end meanwhile: for connections that stay open to ask now and then."""
        if member.session_id:
            return await self._door.is_alive(member.session_id)
        return await self._of_token(_bearer(request)) is not None

    def still(self, session: Session, request: Request) -> StaffMember | None:
        """Who holds the session's cookie of a request, as of now: for what goes out later on a connection."""
        present = self._door.find(session, request.cookies.get(SESSION_COOKIE, ""))
        return None if present is None or self.duty_of(present) is not None else present.member

    def duty_of(self, present: Present) -> Duty | None:
        """What they have to do first, if anything."""
        if present.must_change_password:
            return Duty.PASSWORD
        needs = present.member.role in self._second_factor and not present.has_second_factor
        return Duty.SECOND_FACTOR if needs else None

    async def _caller(self, request: Request) -> StaffMember:
        if "authorization" in request.headers:
            member = await self._of_token(_bearer(request))
            if member is None:
                raise Refused(_problem(401, "unauthorized", "The token is unknown, revoked or expired."))
            return member
        present = await self._present(request)
        if present is None:
            raise Refused(_problem(401, "unauthorized", "Log in, or send a token: Authorization: Bearer <token>."))
        if changes_something(request) and not (
            is_from_here(request) and await carries(request, present.member.csrf, form=False)
        ):
            raise Refused(_problem(403, "csrf", "Send the session's X-CSRF-Token with requests that change something."))
        duty = self.duty_of(present)
        if duty is not None:
            raise Refused(_problem(403, duty, _FIRST[duty]))
        return present.member

    async def _of_token(self, token: str) -> StaffMember | None:
        bearer, now = self._bearer, self._door.now()
        if bearer is None or not token:
            return None
        return await self._door.write(lambda session: bearer(session, token, now))

    async def _present(self, request: Request) -> Present | None:
        token = request.cookies.get(SESSION_COOKIE)
        return await self._door.present(token, passive=_is_stream(request)) if token else None

    async def _enter_refusal(self, member: StaffMember, permission: Permission) -> None:
        entered: tuple[str, ...] = (f"permission={permission.value}",)
        await self._door.write(lambda session: note(session, "refused", "staff_accounts", entered), member.actor)


def guard_of(request: HTTPConnection) -> Guard:
    """The application's guard."""
    guard: Guard = request.app.state.guard
    return guard


def install(app: FastAPI, guard: Guard) -> None:
    """Let the application's routes use `guard`."""

    async def refuse(_: Request, refused: Any) -> Response:
        response: Response = refused.response
        return response

    app.state.guard = guard
    app.add_exception_handler(Refused, refuse)


def _bearer(request: HTTPConnection) -> str:
    """The token that a request carries, empty without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _is_stream(request: Request) -> bool:
    return "text/event-stream" in request.headers.get("accept", "")


def _to_login(request: Request) -> Response:
    """To the log-in and back: to the page that was asked for, or to the one that a fragment was for."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.headers.get("hx-request"):
        shown = urlsplit(request.headers.get("hx-current-url", ""))
        wanted = shown.path + (f"?{shown.query}" if shown.query else "")
    elif changes_something(request):
        wanted = ""
    where = own_page(wanted)
    return _lead(request, LOGIN if where == "/desk" else f"{LOGIN}?next={quote(where, safe='/')}")


def _to_duty(request: Request, duty: Duty) -> Response:
    """To the page where it is done. What that page itself asks for in the background gets nothing: led there again
    and again, it would load without end."""
    if _is_stream(request) or request.headers.get("hx-request"):
        return Response(status_code=204, headers=_NO_STORE)
    where = PASSWORD_PAGE if duty is Duty.PASSWORD else ACCOUNT_PAGE
    return RedirectResponse(where, status_code=303, headers=_NO_STORE)


def _lead(request: Request, where: str) -> Response:
    if _is_stream(request):
        return Response(status_code=401, headers=_NO_STORE)
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": where, **_NO_STORE})
    return RedirectResponse(where, status_code=303, headers=_NO_STORE)


def _refusal(request: Request, member: StaffMember, why: str) -> Response:
    if _is_stream(request) or request.headers.get("hx-request"):
        language = member.language or spoken(request)
        words = TEXTS.get(language, f"denied.{why}")
        return Response(words, status_code=403, media_type="text/plain; charset=utf-8", headers=_NO_STORE)
    return render(request, "refused.html", member, status_code=403, why=why)


def _problem(status: int, kind: str, detail: str) -> Response:
    headers = {"WWW-Authenticate": 'Bearer realm="careline"', **_NO_STORE} if status == 401 else _NO_STORE
    title = {401: "Unauthorized", 403: "Forbidden"}[status]
    content = {"type": f"urn:careline:problem:{kind}", "title": title, "status": status, "detail": detail}
    return JSONResponse(content, status_code=status, media_type="application/problem+json", headers=headers)
