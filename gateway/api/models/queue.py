"""Who calls, who waits, who is there."""

from datetime import datetime
from typing import Literal

from pydantic import Field, model_validator

from crm.domain.handoffs import HandoffReason, HandoffState, PresenceStatus
from crm.domain.policies import Line
from crm.domain.staff import Permission, Role
from gateway.api.callers import AnyNumber, Flag, Sent, Shown, Word, Words


class Me(Shown):
    """The account that calls; with a token `permissions` are what is left of its scopes."""

    account_id: int
    employee_id: int | None
    name: str
    role: Role
    permissions: list[Permission]
    language: str


class Presence(Shown):
    """What the caller is at the desk."""

    status: PresenceStatus


class PresenceWish(Sent):
    """What the caller wants to be. Send it again at least once a minute, or keep `/v1/events` open: whoever is not
    heard of counts as offline."""

    status: PresenceStatus


class Handoff(Shown):
    """A customer's wish for a person, from the wish to its end."""

    id: int
    conversation_id: str
    state: HandoffState
    reason: HandoffReason
    summary: str
    """Personal data in it is masked."""
    priority: int
    """Lower is more urgent."""
    line: Line | None
    about_claim: bool
    language: str
    channel: str
    position: int | None
    """1 is next among those who speak the same language; null when it does not wait."""
    employee_id: int | None
    employee_name: str | None
    team: str | None
    offered_to: int | None
    offered_until: datetime | None
    requested_at: datetime
    waiting_since: datetime | None
    accepted_at: datetime | None
    active_at: datetime | None
    ended_at: datetime | None
    disposition: str | None


class QueueItem(Shown):
    """A customer in the queue or with a colleague. The name is shortened, null while nobody is verified."""

    handoff: Handoff
    name: str | None
    is_own: bool
    """The caller is this customer's own agent."""
    can_take: bool
    mood: str | None
    unanswered_since: datetime | None
    """When the customer said what nobody has answered; only of one's own customers."""


class Take(Sent):
    """How to take a customer."""

    force: Flag = False
    """Also past an offer to a colleague; needs the permission take_over."""


class Transfer(Sent):
    """To whom a customer is passed on: one of `to_employee` and `to_team`."""

    to_employee: AnyNumber | None = None
    to_team: Word | None = None
    note: Words = ""

    @model_validator(mode="after")
    def _one(self) -> "Transfer":
        if (self.to_employee is None) == (not self.to_team):
            raise ValueError("Name either a colleague or a team.")
        return self


class Close(Sent):
    """How it ended."""

    disposition: Word
    """One of `/v1/dispositions`."""
    tags: list[Word] = Field(default=[], max_length=12)


class Colleague(Shown):
    """An employee at the desk, with how many customers they have and can have."""

    employee_id: int
    name: str
    status: PresenceStatus
    busy_with: int
    capacity: int
    since: datetime


class Team(Shown):
    """A team to which customers can be passed on."""

    code: str
    name: str


class Choices(Shown):
    """Codes and words to choose from, the usual ones first."""

    items: list[str]


Span = Literal["day", "week"]
