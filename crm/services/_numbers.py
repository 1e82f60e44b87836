"""Rows with a number that customers quote."""

import secrets
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from crm.errors import NotEligible
from crm.schema import Base
from crm.services._rows import insert_or_none

Row = TypeVar("Row", bound=Base)
_TRIES = 20


def insert_numbered(session: Session, prefix: str, make: Callable[[str], Row]) -> Row:
    """Insert what `make` makes of a free number, such as `QU-1234567`.

    Numbers are drawn, not counted: a customer's number tells nothing about how many there are.
    """
    for _ in range(_TRIES):
        row = make(f"{prefix}-{1_000_000 + secrets.randbelow(9_000_000)}")
        if insert_or_none(session, row):
            return row
    raise NotEligible(f"No free {prefix} number was found; the numbers are nearly used up.")
