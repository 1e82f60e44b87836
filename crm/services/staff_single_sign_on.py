"""Members of staff whom the insurer's own identity provider vouches for."""

from dataclasses import dataclass
from datetime import datetime
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import normalise
from crm.audit_trail import note
from crm.domain import Role, StaffAccount, Theme
from crm.schema import Employee
from crm.schema import StaffAccount as Row
from crm.services import staff

_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Identity:
    """What the provider said, checked.

    Attributes:
        subject: the person, unique and constant at the issuer.
        email: only an address the provider has verified.
        role: from their groups.
    """

    issuer: str
    subject: str
    username: str
    name: str
    email: str | None
    language: str
    role: Role


def sign_in(session: Session, identity: Identity, *, now: datetime) -> StaffAccount | None:
    """The identity's account, made when it comes for the first time; None when it is disabled.

    The provider decides: name and role are as it says, each time. An account with a password and the same user name
    is another account: a provider's word about a name takes nothing over. Who comes for the first time is tied to the
    employee with the same (verified) e-mail address.
    """
    key = f"{identity.issuer} {identity.subject}"
    row = session.scalars(select(Row).where(Row.identity_index == key).with_for_update()).one_or_none()
    if row is None:
        row = _made(session, identity, key, now)
        note(session, "add", "staff_accounts", (f"account={row.id}", "single_sign_on"))
    if row.disabled_at is not None:
        note(session, "login_failed", "staff_accounts", (f"account={row.id}",))
        return None
    if row.role is not identity.role:
        row.role = identity.role
        note(session, "change", "staff_accounts", (f"account={row.id}", "role"))
    row.name = _name(identity)
    session.flush()
    return staff.view(row)


def _made(session: Session, identity: Identity, key: str, now: datetime) -> Row:
    username = _free_username(session, identity)
    language = identity.language.split("-")[0]
    row = Row(
        username=username,
        username_index=username,
        name=_name(identity),
        role=identity.role,
        language=language if language in staff.LANGUAGES else "en",
        theme=Theme.AUTO,
        employee_id=_employee(session, identity.email),
        must_change_password=False,
        identity=key,
        identity_index=key,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _free_username(session: Session, identity: Identity) -> str:
    wished = normalise.username(identity.username) or normalise.username(identity.email or "") or "colleague"
    for number in count(1):
        name = wished if number == 1 else f"{wished[:56]}-{number}"
        if session.scalar(select(Row.id).where(Row.username_index == name)) is None:
            return name
    raise AssertionError("numbers do not end")


def _employee(session: Session, email: str | None) -> int | None:
    """The one employee without an account who has this address."""
    if email is None:
        return None
    taken = select(Row.employee_id).where(Row.employee_id.is_not(None))
    rows = session.execute(select(Employee.id, Employee.email).where(Employee.active, Employee.id.not_in(taken)))
    found = [row.id for row in rows if normalise.email(row.email) == normalise.email(email)]
    return found[0] if len(found) == 1 else None


def _name(identity: Identity) -> str:
    return " ".join((identity.name or identity.username or identity.subject).split())[:_LONGEST_NAME]
