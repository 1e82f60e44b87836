"""A customer's rights to their own data, as they are carried out."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class ErasureState(StrEnum):
    """`requested` waits for its conversation to close; `erased` still has copies to overwrite; `finished` is over."""

    REQUESTED = "requested"
    ERASED = "erased"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of a table that the law keeps, without identity. `until` is the last day of the longest of them."""

    table: str
    law: str
    rows: int
    until: date


@dataclass(frozen=True, slots=True)
class ErasureView:
    """An erasure."""

    id: int
    customer_id: int
    state: ErasureState
    kept: tuple[Kept, ...]
    requested_at: datetime
    finished_at: datetime | None
    language: str
    conversation_id: str | None
