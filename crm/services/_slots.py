"""Slots for call-backs: which are free, and taking one."""

import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm import normalise
from crm.domain import BusinessHours, CallbackView
from crm.errors import InvalidInput, NotEligible
from crm.schema import Callback, Unit
from crm.services._rows import conversation_row
from crm.services.organisation import CARE_UNIT, business_hours

SLOT = timedelta(minutes=30)
LEAD = timedelta(minutes=15)  # nobody can call back sooner
HORIZON_DAYS = 30


def book_callback(
    session: Session,
    conversation_id: str,
    *,
    handoff_id: int | None,
    phone: str,
    now: datetime,
    preferred: datetime | None = None,
) -> CallbackView:
    """Book the next free slot in business hours, not before `preferred` (timezone-aware).

    Raises:
        InvalidInput: the phone number cannot be one.
        NotEligible: no slot is free in the next 30 days.
        NotFound: no such conversation.
    """
    number = normalise.phone(phone)
    if number is None:
        raise InvalidInput("phone", "This cannot be a phone number; ask for it again, with country code.")
    conversation_row(session, conversation_id)
    unit = session.scalars(select(Unit).where(Unit.code == CARE_UNIT).with_for_update()).one_or_none()
    if unit is None:
        raise NotEligible("No unit takes call-backs: the organisation is not set up.")
    hours = business_hours(session)
    start = next_free(session, hours, unit, max(now + LEAD, preferred or now))
    row = Callback(
        conversation_id=conversation_id,
        handoff_id=handoff_id,
        unit_id=unit.id,
        reference=f"CB-{100_000 + secrets.randbelow(900_000)}",
        phone=number,
        at_start=start,
        at_end=start + SLOT,
    )
    session.add(row)
    session.flush()
    return CallbackView(
        row.reference,
        start.astimezone(hours.zone),
        (start + SLOT).astimezone(hours.zone),
        normalise.mask_phone(number),
    )


def next_free(session: Session, hours: BusinessHours, unit: Unit, earliest: datetime) -> datetime:
    """The first free slot from `earliest` on; raises `NotEligible` without one. For other services."""
    for start in free_slots(session, hours, unit, earliest):
        return start
    raise NotEligible(f"No call-back is free within {HORIZON_DAYS} days; offer the phone number instead.")


def free_slots(session: Session, hours: BusinessHours, unit: Unit, earliest: datetime) -> Iterator[datetime]:
    """The starts of all free slots from `earliest` on, in UTC; for other services."""
    query = (
        select(Callback.at_start, func.count())
        .where(Callback.unit_id == unit.id, Callback.at_start >= earliest - SLOT, Callback.cancelled_at.is_(None))
        .group_by(Callback.at_start)
    )
    taken = Counter({start: count for start, count in session.execute(query)})
    return (start for start in _slots(hours, earliest) if taken[start] < unit.callbacks_per_slot)


def _slots(hours: BusinessHours, earliest: datetime) -> Iterator[datetime]:
    """Slot starts in UTC that leave a whole slot before closing."""
    first_day = earliest.astimezone(hours.zone).date()
    for ahead in range(HORIZON_DAYS + 1):
        for opens, closes in hours.openings(first_day + timedelta(days=ahead)):
            start, end = opens.astimezone(timezone.utc), closes.astimezone(timezone.utc)
            while start + SLOT <= end:
                if start >= earliest:
                    yield start
                start += SLOT
