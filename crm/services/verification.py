"""Who is it? An identifier and a birth date, with locks, and without a word about which part was wrong.

What was heard in a call may have been something else. There the other readings of a heard identifier are tried as well,
within the same attempt: it counts once, against everything that was tried, so that no identifier can be guessed at more
often than by typing.
"""

import hmac
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import Insert, Select, func, or_, select
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from crm.audit_trail import note, note_read
from crm.domain import CustomerView
from crm.errors import VerificationFailed, VerificationLocked
from crm.normalise import Identifier, IdentifierKind
from crm.schema import Conversation, Customer, Message, Policy, VerificationCounter
from crm.services import _views
from crm.services._rows import conversation_row
from crm.services.conversations import ALTERNATIVES, IDLE_LIMIT

MOST_FAILURES = 3
LOCK_TIME = timedelta(minutes=15)
COMPARED = 4  # birth dates opened per reading, whether or not anybody is found
MOST_READINGS = 4  # of what was heard, beside the best
VOICE = "voice"
_LOOKED_BACK = 20  # spoken messages


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
    are refused too. In a call what else the identifier may have been is tried within the same attempt, and matches
    only together with the birth date. **A failure commits `session` before it raises**, so that the count survives
    the caller's rollback: call this at the start of a session of its own.

    Args:
        find: asks the system of record for the id of the customer's row; our own store when None.

    Raises:
        VerificationFailed: they do not belong together, or nobody has the identifier.
        VerificationLocked: too many failures.
        NotFound: no such conversation.
    """
    conversation = conversation_row(session, conversation_id, lock=True)
    tried = _readings(session, conversation, Identifier.parse(identifier))
    counters = _counters(session, conversation_id, tried, now)
    own, named, *others = counters
    until = _locked_until([own, named], now)
    if until:
        raise VerificationLocked(until)
    free = [each for each, counter in zip(tried, counters[1:], strict=True) if not _locked_until([counter], now)]
    found = _match(free, lambda each: (find or partial(find_customer, session))(each, birth_date))
    customer = None if found is None else session.get(Customer, found[1])
    if found is None or customer is None:
        _count_failure([own, named, *(each for each in others if not _locked_until([each], now))], now)
        until = _locked_until([own, named], now)  # what else was tried is nobody's to know
        session.commit()
        raise VerificationLocked(until) if until else VerificationFailed()
    # The conversation's own count stays: knowing one customer must not buy guesses at others.
    counters[1 + tried.index(found[0])].failures = 0
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


def _readings(session: Session, conversation: Conversation, named: Identifier) -> list[Identifier]:
    """What is to be tried: `named`, and in a call what else the caller may have said when they said it."""
    tried = [named]
    if conversation.channel != VOICE:
        return tried
    query = (
        select(Message)
        .where(Message.conversation_id == conversation.id, Message.spoken_from.is_not(None))
        .order_by(Message.seq.desc())
        .limit(_LOOKED_BACK)
    )
    for message in session.scalars(query):
        if _names(message.body.get("text", ""), named):
            others = map(Identifier.parse, message.body.get(ALTERNATIVES, ()))
            tried += [each for each in others if each.kind is named.kind and each not in tried]
            break
    return list(dict.fromkeys(tried))[: 1 + MOST_READINGS]


def _names(text: str, named: Identifier) -> bool:
    """Whether it was with these words that the caller said who they are."""
    digits = _digits(named.value)
    return Identifier.parse(text) == named or (bool(digits) and _digits(text) == digits)


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


def _match(tried: list[Identifier], find: Callable[[Identifier], int | None]) -> tuple[Identifier, int] | None:
    """Who it is: by what was heard best, else by the only other reading that fits somebody."""
    first = find(tried[0])
    if first is not None:
        return tried[0], first
    matching = [(each, customer) for each in tried[1:] if (customer := find(each)) is not None]
    return matching[0] if len({customer for _, customer in matching}) == 1 else None


def _locked_until(counters: list[VerificationCounter], now: datetime) -> datetime | None:
    """The end of the latest lock that holds."""
    return max((each.locked_until for each in counters if each.locked_until and each.locked_until > now), default=None)


def _counters(
    session: Session, conversation_id: str, tried: list[Identifier], now: datetime
) -> list[VerificationCounter]:
    """The conversation's counter, then those of the identifiers: locked, so that attempts side by side cannot outrun
    the count."""
    subjects = [f"conversation {conversation_id}", *(f"identifier {each.kind} {each.value}" for each in tried)]
    found = _locked_counters(session, subjects)
    missing = [subject for subject, counter in zip(subjects, found, strict=True) if counter is None]
    if missing:
        session.execute(_begin_to_count(session, sorted(missing), now))
        found = _locked_counters(session, subjects)
    counters = [counter for counter in found if counter is not None]
    for counter in counters:
        if now - counter.last_failure_at >= LOCK_TIME:
            counter.failures = 0
    return counters


def _locked_counters(session: Session, subjects: list[str]) -> list[VerificationCounter | None]:
    """The counters of the subjects in one statement, in an order of its own; None for one that never failed."""
    is_of = [VerificationCounter.subject_index == subject for subject in subjects]
    query = (
        select(VerificationCounter, *is_of)
        .where(or_(*is_of))
        .order_by(VerificationCounter.subject_index)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found: dict[int, VerificationCounter] = {}
    for counter, *flags in session.execute(query):
        found[[bool(flag) for flag in flags].index(True)] = counter
    return [found.get(number) for number in range(len(subjects))]


def _begin_to_count(session: Session, subjects: list[str], now: datetime) -> Insert:
    """Counters at zero, unless somebody else is making the same: this then waits for them and changes nothing."""
    make = insert_on_sqlite if session.get_bind().dialect.name == "sqlite" else insert_on_postgresql
    fresh = [{"subject_index": subject, "failures": 0, "last_failure_at": now} for subject in subjects]
    return make(VerificationCounter.__table__).values(fresh).on_conflict_do_nothing()  # type: ignore[arg-type]


def _count_failure(counters: list[VerificationCounter], now: datetime) -> None:
    """Count one failure; one too many locks."""
    for counter in counters:
        counter.failures += 1
        counter.last_failure_at = now
        if counter.failures >= MOST_FAILURES:
            counter.locked_until = now + LOCK_TIME


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
