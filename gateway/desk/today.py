"""The figures of the day for the live board, read once for all who look at it."""

import threading
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from crm.domain.desk_figures import Measures
from crm.services import desk_figures

_KEPT = timedelta(seconds=10)


class Today:
    """The day's measures, at most ten seconds old: they are made of all that happened since midnight, and the board is
    read anew whenever a customer is taken."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # threads that ask meanwhile wait for the one that reads
        self._read: tuple[date, datetime, Measures] | None = None

    def measures(self, session: Session, day: date, now: datetime) -> Measures:
        """The measures of `day`, which is the one of `now` where the insurer is."""
        with self._lock:
            if self._read is None or self._read[0] != day or not timedelta() <= now - self._read[1] < _KEPT:
                self._read = (day, now, desk_figures.measures_of_day(session, day))
            return self._read[2]
