"""The present moment, in one place, so that tests can hand in another."""

from collections.abc import Callable
from datetime import datetime, timezone

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Now, timezone-aware."""
    return datetime.now(timezone.utc)
