"""Webhooks: where other systems are told of hand-offs, and the events on their way there.

An event is written in the transaction of the change it tells of: none is sent of what was never committed, none is
lost when a process dies. Sending is for a gateway (`gateway.webhooks`), which claims what is due and reports back;
several share the work. Every event arrives at least once, under an id that stays the same.
"""

import base64
import random
import secrets
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete as removal
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.audit_trail import note
from crm.domain import HandoffState
from crm.domain.webhooks import Delivery, DeliveryState, Parcel, Webhook, WebhookEvent
from crm.errors import InvalidInput, NotFound
from crm.schema import Handoff, WebhookDelivery
from crm.schema import Webhook as Row

TEST = "webhook.test"
GIVE_UP_AFTER = timedelta(days=3)
LEASE = timedelta(minutes=2)  # longer than any attempt may take
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=6)
_FACTOR = 3
_LONGEST_URL = 1_000
_MOST = 20  # webhooks
_AREA = "webhooks"
_EVENTS = {
    HandoffState.REQUESTED: WebhookEvent.HANDOFF_CREATED,
    HandoffState.CLOSED: WebhookEvent.HANDOFF_CLOSED,
    HandoffState.RETURNED: WebhookEvent.HANDOFF_RETURNED,
    HandoffState.EXPIRED: WebhookEvent.HANDOFF_EXPIRED,
    HandoffState.ABANDONED: WebhookEvent.HANDOFF_ABANDONED,
}


def add(session: Session, *, url: str, events: Collection[str], by: int, now: datetime) -> tuple[Webhook, str]:
    """Send `events` to `url` from now on.

    Returns:
        The webhook, and the secret its messages are signed with (Standard Webhooks: `whsec_` and base64), which is not
        to be had again.

    Raises:
        InvalidInput: the address is none, no event was chosen or one is unknown, or there are too many webhooks.
    """
    url = _address(url)
    if not events or not set(events) <= set(WebhookEvent):
        raise InvalidInput("events", f"Choose at least one of {', '.join(WebhookEvent)}.")
    if len(session.scalars(select(Row.id)).all()) >= _MOST:
        raise InvalidInput("url", f"There can be {_MOST} webhooks; delete one first.")
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    row = Row(url=url, secret=secret, events=sorted(events), made_by=by, created_at=now)
    session.add(row)
    session.flush()
    _enter(session, "add", row.id, *row.events)
    return _view(row), secret


def webhooks(session: Session) -> list[Webhook]:
    """All of them, the oldest first, each with how many deliveries wait and how many were given up."""
    rows = session.scalars(select(Row).order_by(Row.id)).all()
    counts: Counter[tuple[int, DeliveryState]] = Counter()
    query = select(WebhookDelivery.webhook_id, WebhookDelivery.state)
    for webhook_id, state in session.execute(query.where(WebhookDelivery.state != DeliveryState.DELIVERED)):
        counts[webhook_id, state] += 1
    return [_view(row, counts[row.id, DeliveryState.WAITING], counts[row.id, DeliveryState.GIVEN_UP]) for row in rows]


def webhook(session: Session, webhook_id: int) -> Webhook:
    """One of them. Raises `NotFound`."""
    return _view(_row(session, webhook_id))


def delete(session: Session, webhook_id: int) -> None:
    """Send nothing there any more, also not what waits. Raises `NotFound`."""
    row = _row(session, webhook_id)
    session.execute(removal(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id))
    session.delete(row)
    session.flush()
    _enter(session, "delete", webhook_id)


def test(session: Session, webhook_id: int, *, now: datetime) -> Delivery:
    """Send an event that says nothing, to see whether it arrives. Raises `NotFound`."""
    row = _row(session, webhook_id)
    _enter(session, "test", webhook_id)
    return _delivery(_put(session, row, TEST, {}, now))


def deliveries(session: Session, webhook_id: int, limit: int = 50) -> list[Delivery]:
    """The newest deliveries to a webhook, the newest first."""
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    return [_delivery(row) for row in session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(limit))]


def redeliver(session: Session, webhook_id: int, delivery_id: int, *, now: datetime) -> Delivery:
    """Send something again, under the same id, whatever became of it. Raises `NotFound`."""
    query = select(WebhookDelivery).where(WebhookDelivery.id == delivery_id, WebhookDelivery.webhook_id == webhook_id)
    row = session.scalars(query.with_for_update()).one_or_none()
    if row is None:
        raise NotFound("There is no such delivery.")
    row.state, row.due_at, row.give_up_at, row.settled_at = DeliveryState.WAITING, now, now + GIVE_UP_AFTER, None
    session.flush()
    _enter(session, "redeliver", webhook_id, f"delivery={delivery_id}")
    return _delivery(row)


def handoff_changed(session: Session, row: Handoff, now: datetime) -> None:
    """Write down for everybody who wants it that a hand-off began or ended, in the transaction that changes it."""
    event = _EVENTS.get(row.state)
    if event is None:
        return
    wanted = [webhook for webhook in session.scalars(select(Row)) if event in webhook.events]
    if wanted:
        message_id, data = _message_id(), _handoff(row)
        for webhook in wanted:
            _put(session, webhook, event, data, now, message_id)


def is_due(session: Session, now: datetime) -> bool:
    """Whether there is anything to send."""
    return session.scalar(select(WebhookDelivery.id).where(*_due(now)).limit(1)) is not None


def claim(session: Session, now: datetime, limit: int = 10) -> list[Parcel]:
    """What is due, for the caller alone to send: nobody else gets it before `LEASE` is over."""
    query = select(WebhookDelivery).where(*_due(now)).order_by(WebhookDelivery.due_at).limit(limit)
    parcels = []
    for row in session.scalars(query.with_for_update(skip_locked=True)):
        row.attempts += 1
        row.due_at = now + LEASE
        webhook = session.get_one(Row, row.webhook_id)
        parcels.append(Parcel(_delivery(row), webhook.url, webhook.secret))
    session.flush()
    return parcels


def settle(session: Session, parcel: Parcel, *, status: int | None, error: str | None, now: datetime) -> None:
    """Write down how an attempt ended; without an `error` it arrived. What was deleted or tried anew meanwhile stays.

    Args:
        status: of the answer, if there was one.
        error: why it failed, as a code.
    """
    query = select(WebhookDelivery).where(WebhookDelivery.id == parcel.delivery.id)
    row = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if row is None or row.attempts != parcel.delivery.attempts or row.state is not DeliveryState.WAITING:
        return
    row.status, row.error = status, error
    if error is None:
        row.state, row.settled_at = DeliveryState.DELIVERED, now
    elif now + (wait := pause(row.attempts)) >= row.give_up_at:
        row.state, row.settled_at = DeliveryState.GIVEN_UP, now
    else:
        row.due_at = now + wait
    session.flush()


def pause(attempts: int, chance: float | None = None) -> timedelta:
    """How long to wait after so many attempts: longer each time, and never two senders at one moment.

    Args:
        chance: from 0 to 1, drawn at random by default; the pause lies between half and all of its full length.
    """
    full = min(FIRST_PAUSE * _FACTOR ** min(attempts - 1, 12), LONGEST_PAUSE)
    drawn = random.random() if chance is None else chance
    return full * (0.5 + drawn / 2)


def _due(now: datetime) -> tuple[Any, ...]:
    return WebhookDelivery.state == DeliveryState.WAITING, WebhookDelivery.due_at <= now


def _put(
    session: Session, webhook: Row, event: str, data: Mapping[str, Any], now: datetime, message_id: str = ""
) -> WebhookDelivery:
    row = WebhookDelivery(
        webhook_id=webhook.id,
        message_id=message_id or _message_id(),
        event=event,
        payload={"type": str(event), "timestamp": now.isoformat(), "data": dict(data)},
        state=DeliveryState.WAITING,
        attempts=0,
        created_at=now,
        due_at=now,
        give_up_at=now + GIVE_UP_AFTER,
    )
    session.add(row)
    session.flush()
    return row


def _handoff(row: Handoff) -> dict[str, Any]:
    """What others are told of a hand-off: numbers, codes and times, nothing about the person."""
    times = {name: getattr(row, name) for name in ("requested_at", "accepted_at", "active_at", "ended_at")}
    return {
        "handoff": row.id,
        "conversation": row.conversation_id,
        "employee": row.employee_id,
        "state": str(row.state),
        "reason": str(row.reason),
        **{name: moment.isoformat() if moment else None for name, moment in times.items()},
    }


def _message_id() -> str:
    return f"msg_{secrets.token_hex(16)}"


def _address(url: str) -> str:
    url = url.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    is_one = parts.scheme in ("http", "https") and parts.hostname and port != 0 and "@" not in parts.netloc
    if not is_one or len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidInput("url", "An address begins with https:// and has no user name in it.")
    return url


def _row(session: Session, webhook_id: int) -> Row:
    row = session.get(Row, webhook_id)
    if row is None:
        raise NotFound("There is no such webhook.")
    return row


def _view(row: Row, waiting: int = 0, given_up: int = 0) -> Webhook:
    return Webhook(row.id, row.url, tuple(row.events), row.made_by, row.created_at, waiting, given_up)


def _delivery(row: WebhookDelivery) -> Delivery:
    return Delivery(
        id=row.id,
        webhook_id=row.webhook_id,
        message_id=row.message_id,
        event=row.event,
        payload=row.payload,
        state=row.state,
        attempts=row.attempts,
        created_at=row.created_at,
        due_at=row.due_at,
        give_up_at=row.give_up_at,
        settled_at=row.settled_at,
        status=row.status,
        error=row.error,
    )


def _enter(session: Session, verb: str, webhook_id: int, *fields: str) -> None:
    note(session, verb, _AREA, (f"webhook={webhook_id}", *fields))
