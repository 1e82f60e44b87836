"""Trying a change without making it: the effect that is shown before the customer says yes is the real one."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

T = TypeVar("T")


def tried(session: Session, change: Callable[[], T]) -> T:
    """What `change` would bring; everything it writes is undone. Raises what it raises."""
    savepoint = session.begin_nested()
    try:
        return change()
    finally:
        savepoint.rollback()
