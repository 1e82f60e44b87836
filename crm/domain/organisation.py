"""The insurer itself: branches, opening hours, people."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from crm.domain.customers import Address


@dataclass(frozen=True, slots=True)
class OpeningSpan:
    """Open from `opens` to `closes` on a weekday (0 is Monday), local time."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """When somebody is there.

    Attributes:
        time_zone: IANA name; the spans are local to it.
        closed_on: days without service, such as holidays.
    """

    time_zone: str
    spans: tuple[OpeningSpan, ...]
    closed_on: frozenset[date] = frozenset()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.time_zone)

    def is_open(self, at: datetime) -> bool:
        """Whether somebody is there at that (timezone-aware) moment."""
        return any(start <= at < end for start, end in self.openings(at.astimezone(self.zone).date()))

    def openings(self, day: date) -> list[tuple[datetime, datetime]]:
        """The spans of one local day, earliest first, timezone-aware."""
        if day in self.closed_on:
            return []
        spans = sorted((s for s in self.spans if s.weekday == day.weekday()), key=lambda s: s.opens)
        return [
            (
                datetime.combine(day, span.opens, tzinfo=self.zone),
                datetime.combine(day, span.closes, tzinfo=self.zone),
            )
            for span in spans
        ]

    def next_opening(self, at: datetime, horizon: timedelta = timedelta(days=30)) -> datetime | None:
        """`at` itself when open, else the next time the doors open; None when not within `horizon`."""
        local = at.astimezone(self.zone)
        for ahead in range(horizon.days + 1):
            for start, end in self.openings(local.date() + timedelta(days=ahead)):
                if at < end:
                    return max(start, local)
        return None


@dataclass(frozen=True, slots=True)
class BranchView:
    """A branch that customers can visit."""

    id: int
    name: str
    address: Address
    phone: str
    hours: BusinessHours
