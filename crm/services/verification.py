"""Who is it? An identifier and a birth date, with locks, and without a word about which part was wrong."""

import hmac
from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import Insert, Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from crm.audit_trail import note, note_read
from crm.domain import CustomerView
from crm.errors import VerificationFailed, VerificationLocked
from crm.normalise import Identifier, IdentifierKind
from crm.schema import Customer, Policy, VerificationCounter
from crm.services import _views
from crm.services._rows import conversation_row
from crm.services.conversations import IDLE_LIMIT

MOST_FAILURES = 3
LOCK_TIME = timedelta(minutes=15)
COMPARED = 4  # birth dates opened per attempt, whether or not anybody is found


Find = Callable[[Identifier, date], int | None]


def verify(
    session: Session,
    conversation_id: str,
    *,
    identifier: str,
    birth_date: date,
    now: datetime,
    find: Find | None = None,
) -> CustomerView:
    """Check an identifier (policy number, phone or e-mail) with a birth date; tie the customer to the conversation.

    Three failures, of this identifier or in this conversation, lock for 15 minutes; while locked, right answers
    are refused too. **A failure commits `session` before it raises**, so that the count survives the caller's
    rollback: call this at the start of a session of its own.

    Args:
        find: asks the system of record for the id of the customer's row; our own store when None.

    Raises:
        VerificationFailed: they do not belong together, or nobody has the identifier.
        VerificationLocked: too many failures.
        NotFound: no such conversation.
    """
    named = Identifier.parse(identifier)
    conversation = conversation_row(session, conversation_id, lock=True)
    counters = _counters(session, conversation_id, named, now)
    locks = [counter.locked_until for counter in counters if counter.locked_until and counter.locked_until > now]
    if locks:
        raise VerificationLocked(max(locks))
    found = find(named, birth_date) if find else find_customer(session, named, birth_date)
    customer = None if found is None else session.get(Customer, found)
    if customer is None:
        locked_until = _count_failure(counters, now)
        session.commit()
        raise VerificationLocked(locked_until) if locked_until else VerificationFailed()
    counters[-1].failures = 0  # the conversation's own count stays: knowing one customer must not buy guesses at others
    conversation.customer_id = customer.id
    conversation.verified_at = now
    conversation.last_active_at = max(now, conversation.last_active_at)
    session.flush()
    note(session, "verify", "customers", customer_id=customer.id)
    return _views.customer(customer)


def verified_customer(session: Session, conversation_id: str, now: datetime) -> CustomerView | None:
    """The customer who is verified in this conversation, unless it was idle for more than 30 minutes."""
    conversation = conversation_row(session, conversation_id)
    if conversation.verified_at is None or now - conversation.last_active_at > IDLE_LIMIT:
        return None
    customer = session.get(Customer, conversation.customer_id)
    if customer is None:
        return None
    note_read(session, "customers", customer_id=customer.id)
    return _views.customer(customer)


def forget(session: Session, conversation_id: str) -> None:
    """End the verification of this conversation."""
    conversation_row(session, conversation_id, lock=True).verified_at = None
    session.flush()


def _counters(session: Session, conversation_id: str, named: Identifier, now: datetime) -> list[VerificationCounter]:
    """The conversation's counter, then the identifier's, locked: attempts side by side cannot outrun the count."""
    subjects = f"conversation {conversation_id}", f"identifier {named.kind} {named.value}"
    found = _locked_counters(session, *subjects)
    missing = [subject for subject, counter in zip(subjects, found, strict=True) if counter is None]
    if missing:
        session.execute(_begin_to_count(session, missing, now))
        found = _locked_counters(session, *subjects)
    counters = [counter for counter in found if counter is not None]
    for counter in counters:
        if now - counter.last_failure_at >= LOCK_TIME:
            counter.failures = 0
    return counters


def _locked_counters(session: Session, first: str, second: str) -> list[VerificationCounter | None]:
    """The counters of the two subjects in one statement; None for one that never failed."""
    is_first = VerificationCounter.subject_index == first
    query = (
        select(VerificationCounter, is_first)
        .where(or_(is_first, VerificationCounter.subject_index == second))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = {bool(is_first): counter for counter, is_first in session.execute(query)}
    return [found.get(True), found.get(False)]


def _begin_to_count(session: Session, subjects: list[str], now: datetime) -> Insert:
    """Counters at zero, unless somebody else is making the same: this then waits for them and changes nothing."""
    make = insert_on_sqlite if session.get_bind().dialect.name == "sqlite" else insert_on_postgresql
    fresh = [{"subject_index": subject, "failures": 0, "last_failure_at": now} for subject in subjects]
    return make(VerificationCounter.__table__).values(fresh).on_conflict_do_nothing()  # type: ignore[arg-type]


def _count_failure(counters: list[VerificationCounter], now: datetime) -> datetime | None:
    """Count one failure; the end of the lock if that was one too many."""
    for counter in counters:
        counter.failures += 1
        counter.last_failure_at = now
        if counter.failures >= MOST_FAILURES:
            counter.locked_until = now + LOCK_TIME
    return max((c.locked_until for c in counters if c.locked_until and c.locked_until > now), default=None)


def find_customer(session: Session, named: Identifier, birth_date: date) -> int | None:
    """The id of the one customer with this identifier and birth date; for `verify` and connectors.

    The same number of birth dates is opened and compared whoever is found: strangers fill the gaps.
    """
    found = set(session.scalars(_candidates(named)))
    lowest = session.scalar(select(func.min(Customer.id))) or 0
    fillers = [lowest + step for step in range(2 * COMPARED) if lowest + step not in found]
    compared = [*found, *fillers][:COMPARED]
    rows = session.execute(select(Customer.id, Customer.birth_date).where(Customer.id.in_(compared)))
    given = birth_date.isoformat().encode()
    matching = [
        row.id for row in rows if hmac.compare_digest(row.birth_date.isoformat().encode(), given) & (row.id in found)
    ]
    return matching[0] if len(matching) == 1 else None


def _candidates(named: Identifier) -> Select[int]:
    if named.kind is IdentifierKind.PHONE:
        return select(Customer.id).where(Customer.phone_index == named.value).limit(COMPARED)
    if named.kind is IdentifierKind.EMAIL:
        return select(Customer.id).where(Customer.email_index == named.value).limit(COMPARED)
    return select(Policy.customer_id).where(Policy.number_index == named.value).limit(COMPARED)
