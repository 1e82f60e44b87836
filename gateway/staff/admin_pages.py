"""The pages on which an administrator makes, changes and disables accounts of staff. Every look is in the audit."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from crm.audit_trail import note
from crm.domain import Role, StaffAccount, StaffSession
from crm.domain.staff import Permission, StaffMember
from crm.errors import CrmError, InvalidInput, NotFound
from crm.services import staff, staff_passwords, staff_second_factor, staff_sessions
from gateway.desk.access import Number
from gateway.desk.rendering import render
from gateway.staff.guard import Guard
from gateway.staff.requests import HOME
from gateway.staff.state import entrance_of

router = APIRouter(prefix="/desk/staff")
Admin = Annotated[StaffMember, Depends(Guard.page(Permission.STAFF_ADMIN))]
Word = Annotated[str, Form(max_length=200)]
_DONE = frozenset({"changed", "disabled", "enabled", "logged_out", "second_factor_off"})


@router.get("")
async def everybody(request: Request, member: Admin) -> Response:
    """All accounts, and the form for another one."""
    return await _list(request, member)


@router.post("")
async def add(
    request: Request,
    member: Admin,
    username: Word = "",
    name: Word = "",
    role: Annotated[str, Form(max_length=20)] = Role.AGENT,
    employee: Annotated[str, Form(max_length=20)] = "",
    language: Annotated[str, Form(max_length=10)] = "en",
) -> Response:
    """A new account; its password is shown once."""
    door, now = entrance_of(request).door, entrance_of(request).door.now()
    password = staff_passwords.generated()
    password_hash = await door.hashed(password)

    def verb(session: Session) -> StaffAccount:
        employee_id = _number(employee)
        called = name.strip() or staff.name_of_employee(session, employee_id) or username
        return staff.add(
            session, username=username, name=called, role=_role(role), employee_id=employee_id, language=language,
            password_hash=password_hash, now=now,
        )  # fmt: skip

    try:
        account = await door.write(verb, member.actor)
    except InvalidInput as invalid:
        return await _list(request, member, problem=invalid.field, status=422)
    return render(request, "staff_password.html", member, account=account, password=password)


@router.get("/{account_id}")
async def one(request: Request, member: Admin, account_id: Number) -> Response:
    """One account, and what can be done with it."""
    done = request.query_params.get("done", "")
    return await _one(request, member, account_id, done=done if done in _DONE else "")


@router.post("/{account_id}")
async def change(
    request: Request,
    member: Admin,
    account_id: Number,
    name: Word = "",
    role: Annotated[str, Form(max_length=20)] = "",
    employee: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Name, role, and whose account it is."""

    def verb(session: Session) -> None:
        staff.change(session, account_id, name=name, role=_role(role), employee_id=_number(employee) or 0)

    return await _do(request, member, account_id, verb, "changed")


@router.post("/{account_id}/password")
async def reset_password(request: Request, member: Admin, account_id: Number) -> Response:
    """A new password, shown once and changed at the next log-in."""
    door = entrance_of(request).door
    password = staff_passwords.generated()
    try:
        await door.set_password(account_id, password, must_change=True, actor=member.actor)
        account = await door.read(lambda session: staff.account(session, account_id))
    except NotFound:
        return _missing(request, member)
    return render(request, "staff_password.html", member, account=account, password=password)


@router.post("/{account_id}/second-factor/off")
async def remove_second_factor(request: Request, member: Admin, account_id: Number) -> Response:
    """For somebody who lost device and recovery codes."""
    return await _do(
        request,
        member,
        account_id,
        lambda session: staff_second_factor.remove(session, account_id),
        "second_factor_off",
    )


@router.post("/{account_id}/disable")
async def disable(request: Request, member: Admin, account_id: Number) -> Response:
    """Let nobody in with this account any more."""
    now = entrance_of(request).door.now()
    return await _do(
        request, member, account_id, lambda session: staff.disable(session, account_id, now=now), "disabled"
    )


@router.post("/{account_id}/enable")
async def enable(request: Request, member: Admin, account_id: Number) -> Response:
    """Undo `disable`."""
    return await _do(request, member, account_id, lambda session: staff.enable(session, account_id), "enabled")


@router.post("/{account_id}/sessions/end")
async def end_sessions(request: Request, member: Admin, account_id: Number) -> Response:
    """Log an account out everywhere."""
    return await _do(
        request, member, account_id, lambda session: staff_sessions.end_all(session, account_id), "logged_out"
    )


async def _do(
    request: Request, member: StaffMember, account_id: int, verb: Callable[[Session], object], done: str
) -> Response:
    """Do something to an account, and show it as it is then."""
    try:
        await entrance_of(request).door.write(verb, member.actor)
    except NotFound:
        return _missing(request, member)
    except CrmError as refused:
        problem = refused.field if isinstance(refused, InvalidInput) else "last_admin"
        return await _one(request, member, account_id, problem=problem, status=422)
    return RedirectResponse(f"{HOME}/staff/{account_id}?done={done}", status_code=303)


async def _list(request: Request, member: StaffMember, *, problem: str = "", status: int = 200) -> Response:
    door = entrance_of(request).door

    def look(session: Session) -> tuple[list[StaffAccount], list[tuple[int, str]]]:
        return staff.accounts(session), staff.employees_without_account(session)

    accounts, employees = await door.read(look, member.actor)
    return render(
        request, "staff.html", member, status_code=status, accounts=accounts, employees=employees, roles=list(Role),
        problem=problem,
    )  # fmt: skip


async def _one(
    request: Request, member: StaffMember, account_id: int, *, done: str = "", problem: str = "", status: int = 200
) -> Response:
    door, now = entrance_of(request).door, entrance_of(request).door.now()

    def look(session: Session) -> tuple[StaffAccount, list[StaffSession], list[tuple[int, str]]]:
        account = staff.account(session, account_id)
        note(session, "read", "staff_accounts", (f"account={account_id}",))
        employees = staff.employees_without_account(session)
        if account.employee_id is not None:
            employees.insert(0, (account.employee_id, staff.name_of_employee(session, account.employee_id)))
        return account, staff_sessions.of_account(session, account_id, now=now, idle=door.idle), employees

    try:
        account, sessions, employees = await door.read(look, member.actor)
    except NotFound:
        return _missing(request, member)
    return render(
        request, "staff_account.html", member, status_code=status, account=account, sessions=sessions,
        employees=employees, roles=list(Role), done=done, problem=problem,
    )  # fmt: skip


def _missing(request: Request, member: StaffMember) -> Response:
    return render(request, "refused.html", member, status_code=404, why="missing")


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise InvalidInput("role", f"A role is one of {', '.join(Role)}.") from None


def _number(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidInput("employee_id", "An employee is named by a number.")
    return int(text)
