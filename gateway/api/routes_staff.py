"""Accounts of staff, and tokens of the API."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session

from crm.domain import ApiToken, StaffAccount
from crm.domain.staff import Permission as P
from crm.domain.staff import StaffMember
from crm.services import api_tokens, staff, staff_passwords, staff_second_factor, staff_sessions
from gateway.api.callers import Limit, Listed, Number, Work, caller, part
from gateway.api.models.staff import (
    Account,
    AccountChange,
    AccountWish,
    NewPassword,
    NewToken,
    Token,
    TokenWish,
)
from gateway.staff.state import entrance_of

router = APIRouter(prefix="/v1")

Admin = Annotated[StaffMember, caller(P.STAFF_ADMIN)]
Issuer = Annotated[StaffMember, caller(P.TOKENS)]
After = Annotated[int, Query(ge=0, le=100_000, description="`next` of the part before.")]
_STAFF, _TOKENS = "Staff", "Tokens"


@router.get("/staff", tags=[_STAFF])
async def accounts(desk: Work, member: Admin, after: After = 0, limit: Limit = 50) -> Listed[Account]:
    """All accounts by user name, disabled ones last."""
    return Listed[Account].model_validate(part(await desk.read(member, staff.accounts), after, limit))


@router.post("/staff", tags=[_STAFF], status_code=201)
async def add_account(request: Request, desk: Work, member: Admin, wish: AccountWish) -> NewPassword:
    """A new account, with a password that its owner has to change."""
    password = staff_passwords.generated()
    password_hash = await entrance_of(request).door.hashed(password)

    def verb(session: Session) -> StaffAccount:
        called = wish.name or staff.name_of_employee(session, wish.employee_id) or wish.username
        return staff.add(
            session, username=wish.username, name=called, role=wish.role, employee_id=wish.employee_id,
            language=wish.language, password_hash=password_hash, now=desk.now(),
        )  # fmt: skip

    account = await desk.write(member, verb)
    return NewPassword(account=Account.model_validate(account), password=password)


@router.get("/staff/{account_id}", tags=[_STAFF])
async def account(desk: Work, member: Admin, account_id: Number) -> Account:
    """One account."""
    return Account.model_validate(await desk.read(member, lambda session: staff.account(session, account_id)))


@router.patch("/staff/{account_id}", tags=[_STAFF])
async def change_account(desk: Work, member: Admin, account_id: Number, change: AccountChange) -> Account:
    """Change name, role, employee or language."""
    values = change.model_dump(exclude_none=True)
    return Account.model_validate(await desk.write(member, lambda session: staff.change(session, account_id, **values)))


@router.post("/staff/{account_id}/disable", tags=[_STAFF])
async def disable_account(desk: Work, member: Admin, account_id: Number) -> Account:
    """Let nobody in with this account any more, not by its tokens either."""
    view = await desk.write(member, lambda session: staff.disable(session, account_id, now=desk.now()))
    return Account.model_validate(view)


@router.post("/staff/{account_id}/enable", tags=[_STAFF])
async def enable_account(desk: Work, member: Admin, account_id: Number) -> Account:
    """Undo that."""
    return Account.model_validate(await desk.write(member, lambda session: staff.enable(session, account_id)))


@router.post("/staff/{account_id}/password", tags=[_STAFF])
async def reset_password(request: Request, desk: Work, member: Admin, account_id: Number) -> NewPassword:
    """A new password; the account is logged out everywhere."""
    password = staff_passwords.generated()
    await entrance_of(request).door.set_password(account_id, password, must_change=True, actor=member.actor)
    view = await desk.read(member, lambda session: staff.account(session, account_id))
    return NewPassword(account=Account.model_validate(view), password=password)


@router.delete("/staff/{account_id}/second-factor", tags=[_STAFF], status_code=204)
async def remove_second_factor(desk: Work, member: Admin, account_id: Number) -> None:
    """For somebody who lost device and recovery codes."""
    await desk.write(member, lambda session: staff_second_factor.remove(session, account_id))


@router.delete("/staff/{account_id}/sessions", tags=[_STAFF], status_code=204)
async def end_sessions(desk: Work, member: Admin, account_id: Number) -> None:
    """Log an account out everywhere."""

    def verb(session: Session) -> None:
        staff.account(session, account_id)
        staff_sessions.end_all(session, account_id)

    await desk.write(member, verb)


@router.get("/tokens", tags=[_TOKENS])
async def tokens(desk: Work, member: Issuer, after: After = 0, limit: Limit = 50) -> Listed[Token]:
    """All tokens, the newest first, also revoked ones until they would have expired."""
    return Listed[Token].model_validate(part(await desk.read(member, api_tokens.tokens), after, limit))


@router.post("/tokens", tags=[_TOKENS], status_code=201)
async def make_token(desk: Work, member: Issuer, wish: TokenWish) -> NewToken:
    """A new token."""

    def verb(session: Session) -> tuple[ApiToken, str]:
        return api_tokens.make(
            session, member, name=wish.name, scopes=wish.scopes, lasts=timedelta(days=wish.days), now=desk.now(),
            account_id=wish.account_id,
        )  # fmt: skip

    view, token = await desk.write(member, verb)
    return NewToken(token=token, shown=Token.model_validate(view))


@router.delete("/tokens/{token_id}", tags=[_TOKENS])
async def revoke_token(desk: Work, member: Issuer, token_id: Number) -> Token:
    """Let a token open nothing any more."""
    return Token.model_validate(
        await desk.write(member, lambda session: api_tokens.revoke(session, token_id, now=desk.now()))
    )
