"""Call-backs at a wished time: booked, moved, called off."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from crm import normalise
from crm.audit_trail import reads
from crm.domain import BusinessHours, CallbackView
from crm.errors import NotEligible, NotFound, OutOfRange
from crm.schema import Callback, Conversation, Unit
from crm.services import _slots
from crm.services._slots import HORIZON_DAYS, LEAD, SLOT
from crm.services.organisation import CARE_UNIT, business_hours
from crm.services.verification import verified_customer


def book(
    session: Session,
    conversation_id: str,
    *,
    phone: str,
    now: datetime,
    wished: datetime | None = None,
    handoff_id: int | None = None,
) -> CallbackView:
    """Book the slot that is free at `wished` (timezone-aware) or next after it; without a wish, the next one.

    Raises:
        OutOfRange: `wished` is past, or more than 30 days away.
        InvalidInput, NotEligible, NotFound: as `handoffs.book_callback`.
    """
    _check_wish(wished, now)
    return _slots.book_callback(
        session, conversation_id, handoff_id=handoff_id, phone=phone, now=now, preferred=_slot_of(wished)
    )


def free_slots(session: Session, day: date, now: datetime, limit: int = 6) -> list[datetime]:
    """Free starts on a day as the business counts days, in its time zone, the earliest first."""
    unit, hours = _unit(session), business_hours(session)
    earliest = max(datetime.combine(day, time(), tzinfo=hours.zone), now + LEAD)
    starts = (start.astimezone(hours.zone) for start in _slots.free_slots(session, hours, unit, earliest))
    found: list[datetime] = []
    for start in starts:
        if start.date() > day or len(found) == limit:
            break
        found.append(start)
    return found


@reads("callbacks")
def upcoming(session: Session, conversation_id: str, now: datetime) -> list[CallbackView]:
    """The call-backs ahead that were booked here, or by the customer who is verified here; the next first."""
    hours = business_hours(session)
    return [_view(row, hours) for row in _rows(session, conversation_id, now)]


def move(session: Session, conversation_id: str, reference: str, *, wished: datetime, now: datetime) -> CallbackView:
    """Take the slot that is free at `wished` or next after it instead; the reference stays.

    Raises:
        NotFound: no such call-back ahead.
        OutOfRange: `wished` is past, or more than 30 days away.
        NotEligible: nothing is free.
    """
    _check_wish(wished, now)
    unit, hours = _unit(session, lock=True), business_hours(session)
    row = _find(session, conversation_id, reference, now)
    row.cancelled_at = now  # its own slot is free for it, too
    session.flush()
    earliest = max(now + LEAD, _slot_of(wished) or now)
    row.at_start = _slots.next_free(session, hours, unit, earliest)
    row.at_end, row.cancelled_at = row.at_start + SLOT, None
    session.flush()
    return _view(row, hours)


def cancel(session: Session, conversation_id: str, reference: str, *, now: datetime) -> CallbackView:
    """Call it off; its slot is free again. Raises `NotFound`."""
    row = _find(session, conversation_id, reference, now)
    row.cancelled_at = now
    session.flush()
    return _view(row, business_hours(session))


def _check_wish(wished: datetime | None, now: datetime) -> None:
    last = now + timedelta(days=HORIZON_DAYS)
    if wished is not None and not now <= wished <= last:
        raise OutOfRange("wished", minimum=now, maximum=last)


def _slot_of(wished: datetime | None) -> datetime | None:
    """The start of the slot that contains the wish: at ten past means the one that began at the hour."""
    if wished is None:
        return None
    return wished - timedelta(minutes=wished.minute % int(SLOT.total_seconds() // 60), seconds=wished.second)


def _unit(session: Session, *, lock: bool = False) -> Unit:
    query = select(Unit).where(Unit.code == CARE_UNIT)
    unit = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if unit is None:
        raise NotEligible("No unit takes call-backs: the organisation is not set up.")
    return unit


def _rows(session: Session, conversation_id: str, now: datetime) -> list[Callback]:
    here: ColumnElement[bool] = Callback.conversation_id == conversation_id
    customer = verified_customer(session, conversation_id, now)
    if customer is not None:
        theirs = select(Conversation.id).where(Conversation.customer_id == customer.id)
        here = or_(here, Callback.conversation_id.in_(theirs))
    query = select(Callback).where(here, Callback.at_end > now, Callback.cancelled_at.is_(None))
    return list(session.scalars(query.order_by(Callback.at_start, Callback.id)))


def _find(session: Session, conversation_id: str, reference: str, now: datetime) -> Callback:
    wanted = normalise.plain(reference).replace(" ", "").replace("-", "")
    for row in _rows(session, conversation_id, now):
        if row.reference.lower().replace("-", "") == wanted:
            return row
    raise NotFound("There is no such call-back ahead; list them to see the references.")


def _view(row: Callback, hours: BusinessHours) -> CallbackView:
    return CallbackView(
        row.reference,
        row.at_start.astimezone(hours.zone),
        row.at_end.astimezone(hours.zone),
        normalise.mask_phone(row.phone),
    )
