"""What customers who wait may be told, read once for all of them.

When somebody is taken, everybody behind moves up and is told so. An estimate depends on every employee at the desk and
on all who wait: read for each customer alone, it would cost the square of their number.
"""

import threading
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from crm.domain import Outlook
from crm.services import queue

_KEPT = timedelta(seconds=1)


class Waits:
    """The outlooks of all who wait, kept until something changes in the queue, and a second at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # threads that ask meanwhile wait for the one that reads
        self._found: dict[int, Outlook] = {}
        self._changes = 0
        self._read: tuple[int, datetime] | None = None

    def forget(self) -> None:
        """Something changed in the queue."""
        self._changes += 1

    def outlook(self, session: Session, handoff_id: int, now: datetime) -> Outlook:
        """What the customer of a hand-off may be told. Raises `NotFound`."""
        with self._lock:
            if self._is_old(now):
                read = (self._changes, now)
                self._found = queue.outlooks(session, now)
                self._read = read
            found = self._found.get(handoff_id)
        return found or queue.outlook(session, handoff_id, now)

    def _is_old(self, now: datetime) -> bool:
        return self._read is None or self._read[0] != self._changes or not timedelta() <= now - self._read[1] < _KEPT
