"""What a member of staff sees and changes of their own account."""

from typing import Annotated

import segno
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from crm.domain import StaffAccount, StaffSession, Theme
from crm.domain.staff import StaffMember
from crm.errors import NotEligible, WeakPassword
from crm.services import staff, staff_passwords, staff_second_factor, staff_sessions
from gateway.desk.rendering import TEXTS, render
from gateway.staff.guard import Duty, Guard
from gateway.staff.login_pages import enter, leave
from gateway.staff.requests import HOME, visitor
from gateway.staff.state import entrance_of

router = APIRouter(prefix="/desk/account")
Member = Annotated[StaffMember, Depends(Guard.page())]
AlsoWithOldPassword = Annotated[StaffMember, Depends(Guard.own(Duty.PASSWORD))]
AlsoWithoutFactor = Annotated[StaffMember, Depends(Guard.own(Duty.SECOND_FACTOR))]
Password = Annotated[str, Form(max_length=1000)]
_LANGUAGES = {"en": "English", "zh": "中文"}
_DONE = frozenset({"preferences", "password", "second_factor_off", "session"})


@router.get("")
async def own_account(request: Request, member: AlsoWithoutFactor) -> Response:
    """The account."""
    done = request.query_params.get("done", "")
    return await _page(request, member, done=done if done in _DONE else "")


@router.post("/preferences")
async def preferences(
    request: Request,
    member: Member,
    language: Annotated[str, Form(max_length=10)],
    theme: Annotated[str, Form(max_length=10)],
) -> Response:
    """Language and colours."""
    if language in staff.LANGUAGES and theme in list(Theme):
        door = entrance_of(request).door
        await door.write(
            lambda session: staff.change(session, member.account_id, language=language, theme=Theme(theme)),
            member.actor,
        )
    return _back("preferences")


@router.get("/password")
async def password_form(request: Request, member: AlsoWithOldPassword) -> Response:
    """The form for another password."""
    return _password_form(request, member, await _account(request, member))


@router.post("/password")
async def change_password(
    request: Request, member: AlsoWithOldPassword, current: Password = "", new: Password = "", again: Password = ""
) -> Response:
    """Another password; everywhere else they are logged out."""
    door, account = entrance_of(request).door, await _account(request, member)
    if new != again:
        return _password_form(request, member, account, "different")
    try:
        staff_passwords.check(new, account.username)
    except WeakPassword as weak:
        return _password_form(request, member, account, weak.reason)
    if new == current:
        return _password_form(request, member, account, "same")
    if not await door.confirm(account, current, visitor(request).address):
        return _password_form(request, member, account, "wrong")
    await door.set_password(account.id, new, must_change=False, actor=member.actor)
    return enter(request, await door.renew(account.id, visitor(request)), f"{HOME}/account?done=password")


@router.post("/second-factor")
async def begin_second_factor(request: Request, member: AlsoWithoutFactor, password: Password = "") -> Response:
    """Show the QR code of a new second factor."""
    door, account = entrance_of(request).door, await _account(request, member)
    if account.has_totp:
        return _back("")
    if not await door.confirm(account, password, visitor(request).address):
        return await _page(request, member, problem="password_wrong", status=403)
    secret = await door.write(lambda session: staff_second_factor.begin(session, account.id), member.actor)
    return _qr_page(request, member, account, secret)


@router.post("/second-factor/confirm")
async def confirm_second_factor(
    request: Request, member: AlsoWithoutFactor, code: Annotated[str, Form(max_length=100)] = ""
) -> Response:
    """The first one-time password; from now on it is asked for."""
    door, account, now = entrance_of(request).door, await _account(request, member), entrance_of(request).door.now()
    try:
        codes = await door.write(
            lambda session: staff_second_factor.confirm(session, account.id, code, now=now), member.actor
        )
    except NotEligible:
        return _back("")
    if codes is None:
        secret = await door.read(lambda session: staff_second_factor.pending(session, account.id))
        return _qr_page(request, member, account, secret or "", problem="code_failed", status=422)
    return render(request, "recovery_codes.html", member, codes=codes)


@router.post("/second-factor/off")
async def remove_second_factor(request: Request, member: Member, password: Password = "") -> Response:
    """Ask for no second factor any more."""
    return await _confirmed(request, member, password, off=True)


@router.post("/second-factor/codes")
async def renew_recovery_codes(request: Request, member: Member, password: Password = "") -> Response:
    """Other recovery codes."""
    return await _confirmed(request, member, password, off=False)


@router.post("/sessions/end")
async def end_all_sessions(request: Request, member: Member) -> Response:
    """Log out everywhere, here too."""
    door = entrance_of(request).door
    await door.write(lambda session: staff_sessions.end_all(session, member.account_id), member.actor)
    return leave(request)


@router.post("/sessions/{session_id}/end")
async def end_session(request: Request, member: Member, session_id: str) -> Response:
    """Log out somewhere else, or here."""
    await entrance_of(request).door.log_out(member.account_id, session_id)
    return leave(request) if session_id == member.session_id else _back("session")


async def _confirmed(request: Request, member: StaffMember, password: str, *, off: bool) -> Response:
    """Take the second factor away, or give new codes, once the password was right."""
    door, account = entrance_of(request).door, await _account(request, member)
    if not account.has_totp:
        return _back("")
    if not await door.confirm(account, password, visitor(request).address):
        return await _page(request, member, problem="password_wrong", status=403)
    if off:
        await door.write(lambda session: staff_second_factor.remove(session, account.id), member.actor)
        return _back("second_factor_off")
    codes = await door.write(lambda session: staff_second_factor.renew_codes(session, account.id), member.actor)
    return render(request, "recovery_codes.html", member, codes=codes)


async def _page(
    request: Request, member: StaffMember, *, done: str = "", problem: str = "", status: int = 200
) -> Response:
    door, now = entrance_of(request).door, entrance_of(request).door.now()

    def look(session: Session) -> tuple[StaffAccount, list[StaffSession], int]:
        return (
            staff.account(session, member.account_id),
            staff_sessions.of_account(session, member.account_id, now=now, idle=door.idle),
            staff_second_factor.codes_left(session, member.account_id),
        )

    account, sessions, codes_left = await door.read(look, member.actor)
    return render(
        request, "account.html", member, status_code=status, account=account, sessions=sessions, codes_left=codes_left,
        languages=_LANGUAGES, themes=list(Theme), done=done, problem=problem, bare=_has_to(request),
    )  # fmt: skip


async def _account(request: Request, member: StaffMember) -> StaffAccount:
    return await entrance_of(request).door.read(lambda session: staff.account(session, member.account_id))


def _password_form(request: Request, member: StaffMember, account: StaffAccount, problem: str = "") -> Response:
    return render(
        request, "password.html", member, status_code=422 if problem else 200, problem=problem,
        has_to=account.must_change_password, username=account.username, shortest=staff_passwords.SHORTEST,
        bare=account.must_change_password,
    )  # fmt: skip


def _qr_page(
    request: Request, member: StaffMember, account: StaffAccount, secret: str, *, problem: str = "", status: int = 200
) -> Response:
    address = staff_second_factor.address(secret, account.username, TEXTS.get(member.language, "shell.product"))
    image = segno.make(address, error="m").svg_data_uri(scale=5, border=2, light="white")
    return render(
        request, "second_factor.html", member, status_code=status, problem=problem, image=image, bare=_has_to(request),
        secret=" ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
    )  # fmt: skip


def _has_to(request: Request) -> bool:
    """Whether this has to be done before anything else."""
    return getattr(request.state, "duty", None) is not None


def _back(done: str) -> Response:
    return RedirectResponse(f"{HOME}/account" + (f"?done={done}" if done else ""), status_code=303)
