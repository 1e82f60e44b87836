"""Where events are sent to: listed, added, tried, deleted; what became of deliveries."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from crm.domain.staff import Permission, StaffMember
from crm.domain.webhooks import DeliveryState, WebhookEvent
from crm.errors import InvalidInput
from crm.services import webhooks
from gateway.desk.access import Number
from gateway.desk.answers import go
from gateway.desk.rendering import render
from gateway.desk.work import desk_of
from gateway.staff.guard import Guard

router = APIRouter(prefix="/desk/webhooks")

Keeper = Annotated[StaffMember, Depends(Guard.page(Permission.WEBHOOKS))]


@router.get("")
async def page(request: Request, member: Keeper) -> Response:
    """All of them, and a form for another."""
    return await _page(request, member)


@router.post("")
async def add(
    request: Request,
    member: Keeper,
    url: Annotated[str, Form(max_length=2_000)] = "",
    events: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Add one; the answer shows its secret, once."""
    desk, chosen = desk_of(request), events or []

    def verb(session: Session) -> str:
        return webhooks.add(session, url=url, events=chosen, by=member.account_id, now=desk.now())[1]

    try:
        secret = await desk.write(member, verb)
    except InvalidInput as error:
        return await _page(request, member, problem=error.field, status_code=422)
    return await _page(request, member, secret=secret)


@router.get("/{webhook_id}")
async def one(request: Request, member: Keeper, webhook_id: Number) -> Response:
    """What was sent to one lately."""

    def verb(session: Session) -> tuple[object, object]:
        return webhooks.webhook(session, webhook_id), webhooks.deliveries(session, webhook_id)

    webhook, deliveries = await desk_of(request).read(member, verb)
    return render(
        request, "webhook.html", member, webhook=webhook, deliveries=deliveries, waiting=DeliveryState.WAITING
    )


@router.post("/{webhook_id}/test")
async def test(request: Request, member: Keeper, webhook_id: Number) -> Response:
    """Send an event that says nothing."""
    now = desk_of(request).now()
    return await _do(request, member, webhook_id, lambda session: webhooks.test(session, webhook_id, now=now))


@router.post("/{webhook_id}/deliveries/{delivery_id}/redeliver")
async def redeliver(request: Request, member: Keeper, webhook_id: Number, delivery_id: Number) -> Response:
    """Send one again."""
    now = desk_of(request).now()
    return await _do(
        request, member, webhook_id, lambda session: webhooks.redeliver(session, webhook_id, delivery_id, now=now)
    )


@router.post("/{webhook_id}/delete")
async def delete(request: Request, member: Keeper, webhook_id: Number) -> Response:
    """Send nothing there any more."""
    await desk_of(request).write(member, lambda session: webhooks.delete(session, webhook_id))
    return go(request, "/desk/webhooks")


async def _do(request: Request, member: StaffMember, webhook_id: int, verb: Callable[[Session], object]) -> Response:
    await desk_of(request).write(member, verb)
    return go(request, f"/desk/webhooks/{webhook_id}")


async def _page(
    request: Request, member: StaffMember, *, secret: str = "", problem: str = "", status_code: int = 200
) -> Response:
    found = await desk_of(request).read(member, webhooks.webhooks)
    return render(
        request, "webhooks.html", member, status_code=status_code, webhooks=found, events=list(WebhookEvent),
        secret=secret, problem=problem,
    )  # fmt: skip
