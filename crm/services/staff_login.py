"""Logging in with a password: counted first, compared outside of any transaction, then decided.

Nothing tells whether a name exists, a password was wrong, an account is disabled or attempts are paused.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import normalise
from crm.audit_trail import note
from crm.domain import StaffAccount
from crm.schema import StaffAccount as Row
from crm.services import staff, staff_throttle

_AREA = "staff_accounts"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a password has to be compared with.

    Attributes:
        account_id: None when nobody has the name.
        password_hash: for `staff_passwords.matches`; None when nothing fits.
        is_paused: too many attempts; the right password does not count either.
    """

    username: str
    address: str
    account_id: int | None
    password_hash: str | None
    is_paused: bool


def begin(session: Session, username: str, address: str, *, now: datetime) -> Attempt:
    """Count an attempt. Commit before the password is looked at."""
    spelled = normalise.plain(username)
    subjects = staff_throttle.of_name(spelled), staff_throttle.of_address(address)
    paused_until = staff_throttle.count_attempt(session, *subjects, now=now)
    if paused_until is None and staff_throttle.begins_pause(session, *subjects, now=now):
        note(session, "login_paused", _AREA)
    row = session.scalars(select(Row).where(Row.username_index == spelled)).one_or_none()
    usable = row is not None and row.disabled_at is None and paused_until is None
    return Attempt(
        username=spelled,
        address=address,
        account_id=row.id if row else None,
        password_hash=row.password_hash if row is not None and usable else None,
        is_paused=paused_until is not None,
    )


def finish(
    session: Session, attempt: Attempt, *, fits: bool, now: datetime, renewed_hash: str | None = None
) -> StaffAccount | None:
    """Decide an attempt; the account when it may go on to its second factor or its session.

    Args:
        fits: what `staff_passwords.matches` said of the attempt's hash.
        renewed_hash: of the same password with today's parameters, where the stored one is outdated.
    """
    row = None if attempt.account_id is None else staff.row_of(session, attempt.account_id, lock=True)
    if row is None or not fits or row.disabled_at is not None or row.password_hash != attempt.password_hash:
        if not attempt.is_paused:  # who is paused could else fill the audit
            note(
                session, "login_failed", _AREA, () if attempt.account_id is None else (f"account={attempt.account_id}",)
            )
        return None
    staff_throttle.forgive(session, staff_throttle.of_name(attempt.username), now=now)
    staff_throttle.give_back(session, staff_throttle.of_address(attempt.address), now=now)
    if renewed_hash is not None:
        row.password_hash = renewed_hash
    session.flush()
    return staff.view(row)
