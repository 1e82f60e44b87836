"""Who acts on a customer's data, and what the audit remembers of it."""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ActorKind(StrEnum):
    """The kinds of those who read or change data."""

    CUSTOMER = "customer"
    BOT = "bot"
    STAFF = "staff"
    COMMAND = "command"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who works in a session.

    Attributes:
        name: a staff account's id or an operator's user name; empty for the others.
        channel: `chat`, `voice`, `desk`, `command`, `api` or `system`.
    """

    kind: ActorKind
    channel: str
    name: str = ""

    @classmethod
    def customer(cls, channel: str) -> "Actor":
        """The customer themselves."""
        return cls(ActorKind.CUSTOMER, channel)

    @classmethod
    def bot(cls, channel: str) -> "Actor":
        """The assistant."""
        return cls(ActorKind.BOT, channel)

    @classmethod
    def staff(cls, account: str, channel: str = "desk") -> "Actor":
        """A colleague, by the id of their account."""
        return cls(ActorKind.STAFF, channel, account)

    @classmethod
    def command(cls, user: str) -> "Actor":
        """An operator at the command line."""
        return cls(ActorKind.COMMAND, "command", user)

    @classmethod
    def system(cls) -> "Actor":
        """The system by itself, such as its daily work."""
        return cls(ActorKind.SYSTEM, "system")


current_actor: ContextVar[Actor | None] = ContextVar("careline_actor", default=None)
"""Who acts when a session is opened without naming an actor; set once by a command."""


@dataclass(frozen=True, slots=True)
class AuditView:
    """One entry, as somebody who may see it reads it.

    Attributes:
        who: the actor's name where there is one, else the kind.
        verb: `read`, `add`, `change`, `delete`, or a right that was exercised, such as `export`.
        area: the table, or the view, that was read or changed.
    """

    at: datetime
    actor: str
    who: str
    channel: str
    verb: str
    area: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditFault:
    """Something is wrong in a chain, at an entry or (seq None) at its end or beginning."""

    chain: int
    seq: int | None
    what: str


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What a verification found: entries seen, chains, and everything that is wrong."""

    entries: int
    chains: int
    faults: tuple[AuditFault, ...]
