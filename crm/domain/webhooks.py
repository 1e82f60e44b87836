"""Webhooks: which events there are, where they are sent, and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class WebhookEvent(StrEnum):
    """What can be told to another system: that a hand-off began, and how it ended."""

    HANDOFF_CREATED = "handoff.created"
    HANDOFF_CLOSED = "handoff.closed"
    HANDOFF_RETURNED = "handoff.returned"
    HANDOFF_EXPIRED = "handoff.expired"
    HANDOFF_ABANDONED = "handoff.abandoned"


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where events are sent to; the secret is shown once, when it is made."""

    id: int
    url: str
    events: tuple[str, ...]
    made_by: int
    created_at: datetime
    waiting: int = 0
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to a webhook, or there.

    Attributes:
        message_id: the same for every attempt, so that a receiver can tell what it has already.
        due_at: when it is tried next while it waits.
        status: of the last answer, if there was one.
        error: why the last attempt failed, as a code.
    """

    id: int
    webhook_id: int
    message_id: str
    event: str
    payload: Mapping[str, Any]
    state: DeliveryState
    attempts: int
    created_at: datetime
    due_at: datetime
    give_up_at: datetime
    settled_at: datetime | None
    status: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Parcel:
    """A delivery that is to be sent now, with what the sender needs; the secret stays out of any print."""

    delivery: Delivery
    url: str
    secret: str = field(repr=False)
