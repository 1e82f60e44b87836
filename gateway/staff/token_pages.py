"""The page on which tokens of the API are made and revoked."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from crm.domain import ApiToken, StaffAccount
from crm.domain.staff import Permission, StaffMember
from crm.errors import InvalidInput, NotFound
from crm.services import api_tokens, staff
from gateway.desk.rendering import render
from gateway.staff.guard import Guard
from gateway.staff.state import entrance_of

router = APIRouter(prefix="/desk/tokens")

Issuer = Annotated[StaffMember, Depends(Guard.page(Permission.TOKENS))]
HOME = "/desk/tokens"
DAYS = (30, 90, 180, 366)


@router.get("")
async def page(request: Request, member: Issuer) -> Response:
    """All tokens, and the form for another one."""
    return await _page(request, member)


@router.post("")
async def make(
    request: Request,
    member: Issuer,
    name: Annotated[str, Form(max_length=200)] = "",
    account: Annotated[int, Form(ge=1, le=2**53)] = 0,
    days: Annotated[int, Form(ge=1, le=366)] = DAYS[1],
    scope: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """A new token, shown once. `scope` may come several times."""
    door, now = entrance_of(request).door, entrance_of(request).door.now()
    wanted = {Permission(each) for each in scope or () if each in set(Permission)}

    def verb(session: Session) -> tuple[ApiToken, str]:
        return api_tokens.make(
            session, member, name=name, scopes=wanted, lasts=timedelta(days=days), now=now, account_id=account or None
        )

    try:
        made, token = await door.write(verb, member.actor)
    except InvalidInput as invalid:
        return await _page(request, member, problem=invalid.field, status=422)
    except NotFound:
        return await _page(request, member, problem="account_id", status=422)
    return render(request, "token_made.html", member, made=made, token=token)


@router.post("/{token_id}/revoke")
async def revoke(request: Request, member: Issuer, token_id: int) -> Response:
    """Let a token open nothing any more."""
    door, now = entrance_of(request).door, entrance_of(request).door.now()
    try:
        await door.write(lambda session: api_tokens.revoke(session, token_id, now=now), member.actor)
    except NotFound:
        return render(request, "refused.html", member, status_code=404, why="missing")
    return RedirectResponse(HOME, status_code=303)


async def _page(request: Request, member: StaffMember, *, problem: str = "", status: int = 200) -> Response:
    door = entrance_of(request).door
    now = door.now()

    def look(session: Session) -> tuple[list[ApiToken], list[StaffAccount]]:
        return api_tokens.tokens(session), [each for each in staff.accounts(session) if each.is_active]

    tokens, accounts = await door.read(look, member.actor)
    # What the account may do is known only when it is chosen; what goes beyond it is refused then.
    scopes = [each for each in Permission if each in member.permissions - api_tokens.NEVER]
    return render(
        request, "tokens.html", member, status_code=status, tokens=tokens, accounts=accounts, scopes=scopes,
        days=DAYS, now=now, problem=problem,
    )  # fmt: skip
