"""Accounts of staff: who there is, what they may do, and how that changes. Every change is entered in the audit."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm import normalise
from crm.audit_trail import note
from crm.domain import Role, StaffAccount, Theme
from crm.errors import InvalidInput, NotEligible, NotFound
from crm.schema import Employee
from crm.schema import StaffAccount as Row
from crm.services import staff_sessions

LANGUAGES = ("en", "zh")
_LONGEST_NAME = 100
_AREA = "staff_accounts"


def accounts(session: Session) -> list[StaffAccount]:
    """All accounts by user name, disabled ones last. The look is entered in the audit."""
    note(session, "read", _AREA)
    found = [view(row) for row in session.scalars(select(Row))]
    return sorted(found, key=lambda account: (not account.is_active, account.username))


def account(session: Session, account_id: int) -> StaffAccount:
    """One account. Raises `NotFound`."""
    return view(row_of(session, account_id))


def named(session: Session, username: str) -> StaffAccount:
    """The account with this user name. Raises `NotFound`."""
    row = session.scalars(select(Row).where(Row.username_index == username)).one_or_none()
    if row is None:
        raise NotFound(f"There is no member of staff called {username}.")
    return view(row)


def anybody(session: Session) -> bool:
    """Whether there is any account."""
    return session.scalar(select(Row.id).limit(1)) is not None


def add(
    session: Session,
    *,
    username: str,
    name: str,
    role: Role,
    now: datetime,
    password_hash: str | None = None,
    employee_id: int | None = None,
    language: str = "en",
    must_change_password: bool = True,
) -> StaffAccount:
    """A new account.

    Args:
        password_hash: from `staff_passwords.hashed`; None for somebody who logs in through the identity provider only.
        employee_id: whom it belongs to; needed to take customers.

    Raises:
        InvalidInput: the user name is taken or cannot be one; there is no such employee, or they have an account.
    """
    spelled = normalise.username(username)
    if spelled is None:
        raise InvalidInput(
            "username", "A user name has 2 to 64 letters, digits or . _ @ + - and begins with a letter or digit."
        )
    if session.scalar(select(Row.id).where(Row.username_index == spelled)) is not None:
        raise InvalidInput("username", f"There is a member of staff called {spelled} already; choose another name.")
    row = Row(
        username=spelled,
        username_index=spelled,
        name=_name(name),
        role=role,
        language=_language(language),
        theme=Theme.AUTO,
        employee_id=_employee(session, employee_id),
        password_hash=password_hash,
        must_change_password=must_change_password and password_hash is not None,
        password_changed_at=now if password_hash else None,
        created_at=now,
    )
    session.add(row)
    session.flush()
    _enter(session, "add", row, ("role",))
    return view(row)


def change(
    session: Session,
    account_id: int,
    *,
    name: str | None = None,
    role: Role | None = None,
    employee_id: int | None = None,
    language: str | None = None,
    theme: Theme | None = None,
) -> StaffAccount:
    """Change what is given; an `employee_id` of 0 takes the employee away.

    Raises:
        NotFound: no such account.
        InvalidInput: a value cannot be accepted.
        NotEligible: nobody would be left who may administer accounts.
    """
    row = row_of(session, account_id, lock=True)
    values: dict[str, object] = {}
    if name is not None:
        values["name"] = _name(name)
    if role is not None and role is not row.role:
        _keep_an_admin(session, row)
        values["role"] = role
    if employee_id is not None and (employee_id or None) != row.employee_id:
        values["employee_id"] = _employee(session, employee_id or None)
    if language is not None:
        values["language"] = _language(language)
    if theme is not None:
        values["theme"] = theme
    changed = [field for field, value in values.items() if getattr(row, field) != value]
    for field in changed:
        setattr(row, field, values[field])
    session.flush()
    if changed:
        _enter(session, "change", row, changed)
    return view(row)


def set_password(
    session: Session, account_id: int, password_hash: str, *, must_change: bool, now: datetime
) -> StaffAccount:
    """Another password; everybody who is logged in with the account is logged out. Raises `NotFound`."""
    row = row_of(session, account_id, lock=True)
    row.password_hash, row.must_change_password, row.password_changed_at = password_hash, must_change, now
    staff_sessions.end_all(session, account_id)
    _enter(session, "change", row, ("password",))
    return view(row)


def disable(session: Session, account_id: int, *, now: datetime) -> StaffAccount:
    """Nobody logs in with the account any more, and who is logged in is out. Raises `NotFound`, `NotEligible`."""
    row = row_of(session, account_id, lock=True)
    if row.disabled_at is None:
        _keep_an_admin(session, row)
        row.disabled_at = now
        staff_sessions.end_all(session, account_id)
        _enter(session, "change", row, ("disabled",))
    return view(row)


def enable(session: Session, account_id: int) -> StaffAccount:
    """The account may be used again. Raises `NotFound`."""
    row = row_of(session, account_id, lock=True)
    if row.disabled_at is not None:
        row.disabled_at = None
        _enter(session, "change", row, ("enabled",))
    return view(row)


def name_of_employee(session: Session, employee_id: int | None) -> str:
    """An employee's name, empty when there is no such employee."""
    employee = None if employee_id is None else session.get(Employee, employee_id)
    return employee.name if employee else ""


def employees_without_account(session: Session) -> list[tuple[int, str]]:
    """Id and name of everybody at work who has no account, by name."""
    taken = select(Row.employee_id).where(Row.employee_id.is_not(None))
    query = select(Employee.id, Employee.name).where(Employee.active, Employee.id.not_in(taken))
    return sorted(((row.id, row.name) for row in session.execute(query)), key=lambda found: found[1])


def row_of(session: Session, account_id: int, *, lock: bool = False) -> Row:
    """The row of an account, for services of this area. Raises `NotFound`."""
    row = session.get(Row, account_id, with_for_update=lock, populate_existing=lock)
    if row is None:
        raise NotFound("There is no such member of staff.")
    return row


def view(row: Row) -> StaffAccount:
    """What administrators see of a row."""
    return StaffAccount(
        id=row.id,
        username=row.username,
        name=row.name,
        employee_id=row.employee_id,
        role=row.role,
        language=row.language,
        theme=row.theme,
        has_password=row.password_hash is not None,
        has_totp=row.totp_secret is not None,
        single_sign_on=row.identity is not None,
        must_change_password=row.must_change_password,
        created_at=row.created_at,
        last_login_at=row.last_login_at,
        disabled_at=row.disabled_at,
    )


def _enter(session: Session, verb: str, row: Row, fields: Iterable[str]) -> None:
    note(session, verb, _AREA, (f"account={row.id}", *fields))


def _keep_an_admin(session: Session, row: Row) -> None:
    """Refuse to lose the last administrator. The others are locked: two cannot go at the same moment."""
    if row.role is not Role.ADMIN:
        return
    admins = select(Row.id).where(Row.role == Role.ADMIN, Row.disabled_at.is_(None)).with_for_update()
    if not set(session.scalars(admins)) - {row.id}:
        raise NotEligible("This is the last administrator; make another one first.")


def _employee(session: Session, employee_id: int | None) -> int | None:
    if employee_id is None:
        return None
    employee = session.get(Employee, employee_id)
    if employee is None or not employee.active:
        raise InvalidInput("employee_id", "There is no such employee.")
    taken = select(func.count()).select_from(Row).where(Row.employee_id == employee_id)
    if session.scalar(taken):
        raise InvalidInput("employee_id", "This employee has an account already.")
    return employee_id


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= _LONGEST_NAME:
        raise InvalidInput("name", f"A name has 1 to {_LONGEST_NAME} characters.")
    return name


def _language(language: str) -> str:
    if language not in LANGUAGES:
        raise InvalidInput("language", f"The desk speaks {' and '.join(LANGUAGES)}.")
    return language
