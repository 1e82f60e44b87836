"""Logging in and out: password, second factor, single sign-on."""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from crm.domain.staff import StaffMember
from gateway.desk.rendering import render, spoken
from gateway.staff.door import STEP_LIFETIME, LoggedIn, SecondStep
from gateway.staff.guard import Duty, Guard
from gateway.staff.requests import (
    FORM_COOKIE,
    HOME,
    LOGIN,
    SESSION_COOKIE,
    SIGN_ON_COOKIE,
    STEP_COOKIE,
    carries,
    drop_cookie,
    form_secret,
    is_from_here,
    own_page,
    set_cookie,
    visitor,
)
from gateway.staff.single_sign_on import SignOnFailed
from gateway.staff.state import entrance_of

log = logging.getLogger("gateway.staff")
router = APIRouter(prefix="/desk")
_FORM_SECONDS = 3600
_SIGN_ON_SECONDS = 600


@router.get("/login")
async def form(request: Request) -> Response:
    """The log-in; who is logged in already goes on."""
    token = request.cookies.get(SESSION_COOKIE)
    if token and await entrance_of(request).door.present(token):
        return RedirectResponse(own_page(request.query_params.get("next")), status_code=303)
    return _form(request, own_page(request.query_params.get("next")))


@router.post("/login")
async def log_in(
    request: Request,
    username: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next_page: Annotated[str, Form(alias="next", max_length=500)] = HOME,
) -> Response:
    """Check a password."""
    where = own_page(next_page)
    if not await _is_our_form(request):
        return _form(request, where, problem="expired", status=403)
    if not entrance_of(request).pace.allow(visitor(request).address):
        return _form(request, where, problem="failed", status=429)
    result = await entrance_of(request).door.log_in(username, password, visitor(request))
    if isinstance(result, LoggedIn):
        return enter(request, result, where)
    if isinstance(result, SecondStep):
        return _code_form(request, result, where)
    return _form(request, where, problem="failed", status=401)


@router.post("/login/code")
async def second_step(
    request: Request,
    code: Annotated[str, Form(max_length=100)] = "",
    next_page: Annotated[str, Form(alias="next", max_length=500)] = HOME,
) -> Response:
    """Check the second factor."""
    where = own_page(next_page)
    if not await _is_our_form(request):
        return _form(request, where, problem="expired", status=403)
    door = entrance_of(request).door
    result = await door.second_step(request.cookies.get(STEP_COOKIE, ""), code, visitor(request))
    if isinstance(result, LoggedIn):
        return enter(request, result, where)
    if isinstance(result, SecondStep):
        return _code_form(request, result, where, problem="code_failed", status=401)
    return _form(request, where, problem="expired", status=401)


@router.post("/logout")
async def log_out(request: Request, member: Annotated[StaffMember, Depends(Guard.own(*Duty))]) -> Response:
    """End this session."""
    await entrance_of(request).door.log_out(member.account_id, member.session_id)
    return leave(request)


@router.get("/login/oidc")
async def to_provider(request: Request) -> Response:
    """Off to the identity provider."""
    entrance = entrance_of(request)
    where = own_page(request.query_params.get("next"))
    if entrance.single_sign_on is None:
        return RedirectResponse(LOGIN, status_code=303)
    back = entrance.settings.oidc_redirect_url or str(request.url_for("from_provider"))
    try:
        departure = await entrance.single_sign_on.depart(back, where, spoken(request))
    except SignOnFailed as failed:
        return _sign_on_failed(request, failed)
    response = RedirectResponse(departure.url, status_code=303, headers={"Cache-Control": "no-store"})
    set_cookie(
        request, response, SIGN_ON_COOKIE, departure.cookie, seconds=_SIGN_ON_SECONDS, secure=entrance.secure
    )  # fmt: skip
    return response


@router.get("/login/oidc/callback")
async def from_provider(request: Request) -> Response:
    """Back from the identity provider."""
    entrance = entrance_of(request)
    if entrance.single_sign_on is None:
        return RedirectResponse(LOGIN, status_code=303)
    try:
        cookie = request.cookies.get(SIGN_ON_COOKIE, "")
        identity, where = await entrance.single_sign_on.arrive(cookie, dict(request.query_params))
    except SignOnFailed as failed:
        return _sign_on_failed(request, failed)
    result = await entrance.door.sign_on(identity, visitor(request))
    if result is None:
        return _sign_on_failed(request, SignOnFailed("denied", "the account is disabled"))
    return enter(request, result, own_page(where))


def enter(request: Request, logged_in: LoggedIn, where: str) -> Response:
    """On to the desk, with the session's cookie."""
    entrance = entrance_of(request)
    response = RedirectResponse(where, status_code=303, headers={"Cache-Control": "no-store"})
    seconds = int(entrance.settings.staff_session_hours * 3600)
    set_cookie(request, response, SESSION_COOKIE, logged_in.token, seconds=seconds, secure=entrance.secure)
    for name in (STEP_COOKIE, FORM_COOKIE, SIGN_ON_COOKIE):
        drop_cookie(response, name)
    return response


def leave(request: Request) -> Response:
    """To the log-in, without the session's cookie; the browser forgets what it kept of the desk's pages."""
    where = f"{LOGIN}?out"
    if request.headers.get("hx-request"):
        response = Response(status_code=204, headers={"HX-Redirect": where})
    else:
        response = RedirectResponse(where, status_code=303)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    drop_cookie(response, SESSION_COOKIE)
    return response


def _form(request: Request, where: str, *, problem: str = "", status: int = 200) -> Response:
    single_sign_on = entrance_of(request).single_sign_on
    secret = form_secret(request)
    response = render(
        request, "login.html", None, status_code=status, csrf=secret, where=where, problem=problem,
        is_out="out" in request.query_params,
        provider=None if single_sign_on is None else single_sign_on.name,
    )  # fmt: skip
    _bind(request, response, secret)
    return response


def _code_form(
    request: Request, step: SecondStep, where: str, *, problem: str = "", status: int = 200
) -> Response:  # fmt: skip
    secret = form_secret(request)
    response = render(request, "login_code.html", None, status_code=status, csrf=secret, where=where, problem=problem)
    _bind(request, response, secret)
    seconds, secure = int(STEP_LIFETIME.total_seconds()), entrance_of(request).secure
    set_cookie(request, response, STEP_COOKIE, step.statement, seconds=seconds, secure=secure)
    return response


def _bind(request: Request, response: Response, secret: str) -> None:
    set_cookie(
        request, response, FORM_COOKIE, secret, seconds=_FORM_SECONDS, secure=entrance_of(request).secure
    )  # fmt: skip


async def _is_our_form(request: Request) -> bool:
    """Another site must not log somebody in as somebody else."""
    return is_from_here(request) and await carries(request, request.cookies.get(FORM_COOKIE, ""))


def _sign_on_failed(request: Request, failed: SignOnFailed) -> Response:
    log.warning("single sign-on failed", extra={"reason": failed.reason, "detail": str(failed)})
    response = _form(request, HOME, problem=f"sign_on_{failed.reason}", status=403)
    drop_cookie(response, SIGN_ON_COOKIE)
    return response
