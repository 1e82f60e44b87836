"""Where staff are logged in: sessions that expire, can be seen, and can be ended.

The browser holds a random token in a cookie, the store its keyed hash. What a role may do is looked up with every
request: a change of role, a disabled account or an ended session holds at once, in every process.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from crm.audit_trail import note
from crm.domain import StaffMember, StaffSession
from crm.schema import StaffAccount
from crm.schema import StaffSession as Row
from crm.services.staff_roles import permissions_of

SEEN_EVERY = timedelta(minutes=1)  # how exactly the last sign of life is kept
_AREA = "staff_sessions"
_TOKEN_BYTES = 32
_LONGEST_TOKEN = 100
_LONGEST_BROWSER = 200


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who is logged in.

    Attributes:
        must_change_password: they may do nothing else before they did.
        has_second_factor: one of ours, or whatever the identity provider asks for.
        unseen: whether `touch` should write down that they were here.
    """

    member: StaffMember
    must_change_password: bool
    unseen: bool
    has_second_factor: bool = True


def start(
    session: Session, account_id: int, *, method: str, address: str, browser: str, now: datetime, lasts: timedelta
) -> str:
    """Log an account in, for at most `lasts`; the token for the browser's cookie.

    Args:
        method: `password` or `oidc`.
        browser: what it calls itself.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    row = Row(
        id=secrets.token_hex(16),
        account_id=account_id,
        token_index=token,
        method=method,
        address=address,
        browser=browser[:_LONGEST_BROWSER],
        created_at=now,
        last_seen_at=now,
        expires_at=now + lasts,
    )
    session.add(row)
    session.get_one(StaffAccount, account_id).last_login_at = now
    session.flush()
    note(session, "login", _AREA, (f"account={account_id}", method))
    return token


def find(session: Session, token: str, *, now: datetime, idle: timedelta) -> Present | None:
    """Who presents `token`; None when it is unknown, too old, was not used for `idle`, or the account is disabled."""
    if not token or len(token) > _LONGEST_TOKEN:
        return None
    query = (
        select(Row, StaffAccount)
        .join(StaffAccount, StaffAccount.id == Row.account_id)
        .where(Row.token_index == token, StaffAccount.disabled_at.is_(None))
    )
    found = session.execute(query).first()
    if found is None:
        return None
    row, account = found
    if now >= row.expires_at or now - row.last_seen_at >= idle:
        return None
    member = StaffMember(
        account_id=account.id,
        employee_id=account.employee_id,
        name=account.name,
        role=account.role,
        permissions=permissions_of(account.role),
        language=account.language,
        theme=account.theme,
        session_id=row.id,
        csrf=csrf_of(token),
    )
    return Present(
        member,
        must_change_password=account.must_change_password,
        unseen=now - row.last_seen_at >= SEEN_EVERY,
        has_second_factor=account.totp_secret is not None or row.method != "password",
    )


def csrf_of(token: str) -> str:
    """What requests of this session that change something carry: known to its pages, and to nobody without them."""
    return sha256(f"csrf {token}".encode()).hexdigest()


def touch(session: Session, session_id: str, *, now: datetime) -> None:
    """Write down that somebody was here; time never goes back."""
    session.execute(update(Row).where(Row.id == session_id, Row.last_seen_at < now).values(last_seen_at=now))


def is_alive(session: Session, session_id: str, *, now: datetime) -> bool:
    """Whether a session was not ended meanwhile: for connections that stay open."""
    query = (
        select(Row.id)
        .join(StaffAccount, StaffAccount.id == Row.account_id)
        .where(Row.id == session_id, Row.expires_at > now, StaffAccount.disabled_at.is_(None))
    )
    return session.scalar(query) is not None


def of_account(session: Session, account_id: int, *, now: datetime, idle: timedelta) -> list[StaffSession]:
    """Where an account is logged in, the last used first."""
    rows = session.scalars(
        select(Row)
        .where(Row.account_id == account_id, Row.expires_at > now, Row.last_seen_at > now - idle)
        .order_by(Row.last_seen_at.desc(), Row.id)
    )
    return [
        StaffSession(row.id, row.method, row.address, row.browser, row.created_at, row.last_seen_at, row.expires_at)
        for row in rows
    ]


def end(session: Session, account_id: int, session_id: str) -> bool:
    """Log out one session of an account; False when it has none of that id."""
    gone = session.execute(
        delete(Row).where(Row.id == session_id, Row.account_id == account_id).returning(Row.id)
    ).all()
    if gone:
        note(session, "logout", _AREA, (f"account={account_id}",))
    return bool(gone)


def end_all(session: Session, account_id: int, *, but: str = "") -> int:
    """Log an account out everywhere, except in the session `but`; how many sessions ended."""
    gone = session.execute(delete(Row).where(Row.account_id == account_id, Row.id != but).returning(Row.id)).all()
    if gone:
        note(session, "logout", _AREA, (f"account={account_id}", f"sessions={len(gone)}"))
    return len(gone)
