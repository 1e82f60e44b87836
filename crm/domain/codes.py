"""One-time codes, and the outbox that messages to customers leave through."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code is on its way.

    Attributes:
        channel: `sms` or `email`.
        destination: masked, so that its owner recognises it and nobody else can use it.
    """

    channel: str
    destination: str
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class CodeMessage:
    """What a delivery of one-time codes is handed; the only place where the code stands readable."""

    customer_id: int
    channel: str
    destination: str
    code: str
    language: str
    minutes: int
    at: datetime


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A message to a customer, as the operator reads it in the outbox."""

    id: int
    kind: str
    channel: str
    destination: str
    text: str
    at: datetime
