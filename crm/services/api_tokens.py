"""Tokens with which other systems call the API: made, listed, revoked, and recognised.

A token acts for an account and is bounded three times: by its own scopes, by what the account's role includes when it
is used, and by its end. No token administers accounts: whoever found one could make themselves at home for good. The
store has its keyed hash only; whoever makes it sees it once.
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from crm.audit_trail import note
from crm.domain import ApiToken, Permission, StaffMember
from crm.errors import InvalidInput, NotFound
from crm.schema import ApiToken as Row
from crm.schema import StaffAccount
from crm.services import staff
from crm.services.staff_roles import permissions_of

PREFIX = "careline_"  # lets scanners for leaked secrets recognise one
LONGEST_LIFE = timedelta(days=366)
USED_EVERY = timedelta(minutes=1)  # how exactly the last use is kept
NEVER = frozenset({Permission.STAFF_ADMIN})  # as a scope
_AREA = "api_tokens"
_TOKEN_BYTES = 32
_LONGEST_TOKEN = 100
_LONGEST_NAME = 100
_HINT = 4


def make(
    session: Session,
    by: StaffMember,
    *,
    name: str,
    scopes: Collection[Permission],
    lasts: timedelta,
    now: datetime,
    account_id: int | None = None,
) -> tuple[ApiToken, str]:
    """A new token, and how it appears in lists; the text is not to be had again.

    Args:
        by: who makes it. Nobody gives more than they may do themselves.
        account_id: for whom it acts, by default for who makes it.

    Raises:
        InvalidInput: the name, the scopes or the life of it cannot be accepted.
        NotFound: there is no such account.
    """
    account = staff.row_of(session, by.account_id if account_id is None else account_id)
    wanted = frozenset(scopes)
    if account.disabled_at is not None:
        raise InvalidInput("account_id", "This account is disabled.")
    if not wanted or not wanted <= (by.permissions & permissions_of(account.role)) - NEVER:
        raise InvalidInput(
            "scopes", "Choose at least one scope, none beyond your own role and the account's, and not staff_admin."
        )
    if not timedelta() < lasts <= LONGEST_LIFE:
        raise InvalidInput("days", f"A token lasts between one and {LONGEST_LIFE.days} days.")
    token = PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
    row = Row(
        account_id=account.id,
        made_by=by.account_id,
        name=_name(name),
        token_index=token,
        hint=token[-_HINT:],
        scopes=sorted(wanted),
        created_at=now,
        expires_at=now + lasts,
    )
    session.add(row)
    session.flush()
    _enter(session, "add", row, *row.scopes)
    return _view(row, account), token


def authenticate(session: Session, bearer: str, now: datetime) -> StaffMember | None:
    """Whom a token stands for; None when it is unknown, revoked, out of date, or its account is disabled."""
    if not bearer.startswith(PREFIX) or len(bearer) > _LONGEST_TOKEN:
        return None
    found = session.execute(_query().where(Row.token_index == bearer)).first()
    if found is None:
        return None
    row, account = found
    if account.disabled_at is not None or row.revoked_at is not None or now >= row.expires_at:
        return None
    if row.last_used_at is None or now - row.last_used_at >= USED_EVERY:
        session.execute(update(Row).where(Row.id == row.id).values(last_used_at=now))
    return StaffMember(
        account_id=account.id,
        employee_id=account.employee_id,
        name=account.name,
        role=account.role,
        permissions=_scopes(row) & permissions_of(account.role),
        language=account.language,
        theme=account.theme,
        session_id="",
        csrf="",
    )


def tokens(session: Session, *, account_id: int | None = None) -> list[ApiToken]:
    """All tokens, or one account's, the newest first."""
    query = _query().order_by(Row.id.desc())
    if account_id is not None:
        query = query.where(Row.account_id == account_id)
    return [_view(row, account) for row, account in session.execute(query)]


def revoke(session: Session, token_id: int, *, now: datetime) -> ApiToken:
    """Let a token open nothing any more; again, it changes nothing. Raises `NotFound`."""
    found = session.execute(_query().where(Row.id == token_id).with_for_update(of=Row)).first()
    if found is None:
        raise NotFound("There is no such token.")
    row, account = found
    if row.revoked_at is None:
        row.revoked_at = now
        session.flush()
        _enter(session, "change", row, "revoked")
    return _view(row, account)


def _query() -> Select[Row, StaffAccount]:
    return select(Row, StaffAccount).join(StaffAccount, StaffAccount.id == Row.account_id)


def _view(row: Row, account: StaffAccount) -> ApiToken:
    return ApiToken(
        id=row.id,
        account_id=row.account_id,
        account_name=account.name,
        made_by=row.made_by,
        name=row.name,
        hint=row.hint,
        scopes=_scopes(row),
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )


def _scopes(row: Row) -> frozenset[Permission]:
    """Those of its scopes that there still are."""
    return frozenset(map(Permission, set(row.scopes) & set(Permission))) - NEVER


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= _LONGEST_NAME:
        raise InvalidInput("name", f"A name has 1 to {_LONGEST_NAME} characters.")
    return name


def _enter(session: Session, verb: str, row: Row, *fields: str) -> None:
    note(session, verb, _AREA, (f"token={row.id}", f"account={row.account_id}", *fields))
