"""How often somebody may try to log in: counted in the store, so that every gateway process sees the same count.

An attempt is counted before its password is looked at, and given back when it was right: attempts side by side cannot
outrun the count. Names and addresses are kept as keyed hashes, beside the counts of customers' verification.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite
from sqlalchemy.orm import Session

from crm.schema import VerificationCounter

REMEMBERED = timedelta(hours=1)  # after so long without a failure the count begins anew
FIRST_PAUSE = timedelta(minutes=1)  # doubled with every further failure
LONGEST_PAUSE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is counted: a name, an address, or an account's second factor; `most` failures, then a pause."""

    key: str
    most: int


def of_name(username: str) -> Subject:
    """Attempts on one account, whether or not it exists."""
    return Subject(f"staff name {username}", 5)


def of_address(address: str) -> Subject:
    """Attempts from one address; a whole office may share it."""
    return Subject(f"staff address {address}", 30)


def of_second_factor(account_id: int) -> Subject:
    """One-time passwords for one account."""
    return Subject(f"staff code {account_id}", 5)


def count_attempt(session: Session, *subjects: Subject, now: datetime) -> datetime | None:
    """Count an attempt on all subjects; while one of them is paused nothing is counted, and its end is returned."""
    ordered = sorted(subjects, key=lambda subject: subject.key)  # always in one order: no deadlock
    counters = [_locked(session, subject, now) for subject in ordered]
    paused = [counter.locked_until for counter in counters if counter.locked_until and counter.locked_until > now]
    if paused:
        return max(paused)
    for subject, counter in zip(ordered, counters, strict=True):
        if now - counter.last_failure_at >= REMEMBERED:
            counter.failures = 0
        counter.failures += 1
        counter.last_failure_at = now
        over = counter.failures - subject.most
        counter.locked_until = None if over < 0 else now + min(FIRST_PAUSE * 2 ** min(over, 10), LONGEST_PAUSE)
    session.flush()
    return None


def begins_pause(session: Session, *subjects: Subject, now: datetime) -> bool:
    """Whether the attempt just counted was one too many."""
    counters = [_locked(session, subject, now) for subject in subjects]
    return any(counter.locked_until is not None and counter.locked_until > now for counter in counters)


def forgive(session: Session, subject: Subject, *, now: datetime) -> None:
    """The attempt was right: the subject's count begins anew."""
    counter = _locked(session, subject, now)
    counter.failures, counter.locked_until = 0, None


def give_back(session: Session, subject: Subject, *, now: datetime) -> None:
    """The attempt was right: it is not counted, but those before it stay, since others may have made them."""
    counter = _locked(session, subject, now)
    counter.failures = max(counter.failures - 1, 0)
    if counter.failures < subject.most:
        counter.locked_until = None


def _locked(session: Session, subject: Subject, now: datetime) -> VerificationCounter:
    """The subject's counter, made if there is none, that nobody else changes before this transaction ends."""
    query = (
        select(VerificationCounter)
        .where(VerificationCounter.subject_index == subject.key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = session.scalars(query).first()
    if found is None:
        make = insert_on_sqlite if session.get_bind().dialect.name == "sqlite" else insert_on_postgresql
        new = make(VerificationCounter).values(subject_index=subject.key, failures=0, last_failure_at=now)
        session.execute(new.on_conflict_do_nothing())
        found = session.scalars(query).one()
    return found
