"""Other systems: the tokens with which they call the API, and where they are told what happens."""

from typing import Any

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from crm.domain.webhooks import DeliveryState
from crm.schema.base import Base, Id, Label, Moment, Name, Text, reference
from crm.schema.types import Blind, Code


class ApiToken(Base):
    """A token that acts for an account through the API, as far as its scopes and the account's role go.

    The token itself is kept only as a keyed hash; `hint` is its end, by which people tell tokens apart. A token that
    was revoked stays until it would have expired: the audit names it.
    """

    __tablename__ = "api_tokens"

    id: Mapped[Id]
    account_id: Mapped[int] = reference("staff_accounts.id", index=True)
    made_by: Mapped[int] = reference("staff_accounts.id")
    name: Mapped[Name]
    token_index: Mapped[str] = mapped_column(Blind(str), unique=True)
    hint: Mapped[Label]
    scopes: Mapped[list[str]] = mapped_column(JSON())
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    last_used_at: Mapped[Moment | None]
    revoked_at: Mapped[Moment | None]


class Webhook(Base):
    """Where events are sent to. `events` are those that are wanted; address and secret are sealed, as both may open
    something elsewhere."""

    __tablename__ = "webhooks"

    id: Mapped[Id]
    url: Mapped[Text]
    secret: Mapped[Text]
    events: Mapped[list[str]] = mapped_column(JSON())
    made_by: Mapped[int] = reference("staff_accounts.id")
    created_at: Mapped[Moment]


class WebhookDelivery(Base):
    """An event on its way to one webhook: written with the change that it tells of, sent when that is committed.

    `due_at` is when it is tried next. Whoever sends it moves `due_at` on by a lease first, so that it comes up again
    should they die; `attempts` tells whether a report is about the newest attempt.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (Index("ix_webhook_deliveries_state_due_at", "state", "due_at"),)

    id: Mapped[Id]
    webhook_id: Mapped[int] = reference("webhooks.id", index=True)
    message_id: Mapped[Label]
    event: Mapped[Label]
    payload: Mapped[dict[str, Any]] = mapped_column(JSON())
    state: Mapped[DeliveryState] = mapped_column(Code(DeliveryState))
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Moment]
    due_at: Mapped[Moment]
    give_up_at: Mapped[Moment]
    settled_at: Mapped[Moment | None]
    status: Mapped[int | None]
    error: Mapped[Label | None]
