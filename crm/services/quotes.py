"""Quotes: a price from the rating table, explained, kept under a number for 30 days."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy import false, or_, select
from sqlalchemy.orm import Session

from crm import rating, reference
from crm.audit_trail import reads
from crm.domain import Line, Money, QuoteView, RatingFactor
from crm.errors import NotFound
from crm.schema import Conversation, Quote
from crm.services._days import today
from crm.services._numbers import insert_numbered
from crm.services._rows import conversation_row

PREFIX = "QU"


def quote(
    session: Session,
    line: Line,
    answers: Mapping[str, str],
    *,
    now: datetime,
    conversation_id: str | None = None,
    customer_id: int | None = None,
) -> QuoteView:
    """Price a line and keep the quote. Nobody has to be verified for one.

    Args:
        answers: by the names of `rating.fields(line)`; numbers and days as text.

    Raises:
        InvalidInput: an answer is missing or not understood; `field` says which.
        OutOfRange: an answer is not accepted; the error says what would be.
        NotFound: no such conversation.
    """
    day = today(session, now)
    rated = rating.rate(line, answers, day)
    if conversation_id is not None:
        conversation_row(session, conversation_id)
    row = insert_numbered(
        session,
        PREFIX,
        lambda number: Quote(
            number=number,
            customer_id=customer_id,
            conversation_id=conversation_id,
            line=line,
            answers=rating.checked_answers(line, answers, day),
            steps=[_packed(factor) for factor in rated.factors],
            currency=rated.premium.currency,
            base_minor=rated.base.minor,
            premium_minor=rated.premium.minor,
            created_at=now,
            valid_until=day + timedelta(days=reference.table("rating")["valid_days"]),
        ),
    )
    return _view(session, row, now)


def find(
    session: Session,
    number: str,
    *,
    now: datetime,
    conversation_id: str | None = None,
    customer_id: int | None = None,
) -> QuoteView:
    """A quote of this customer or of this conversation. Raises `NotFound`, also for somebody else's."""
    owners = []  # asked one by one: comparing with None would find what belongs to nobody
    if customer_id is not None:
        owners.append(Quote.customer_id == customer_id)
    if conversation_id is not None:
        owners.append(Quote.conversation_id == conversation_id)
    query = select(Quote).where(Quote.number_index == number, or_(false(), *owners))
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("There is no such quote here; make a new one.")
    return _view(session, row, now)


@reads("quotes")
def list_quotes(session: Session, customer_id: int, now: datetime) -> list[QuoteView]:
    """A customer's quotes that are still valid, the newest first; also those asked for before verifying."""
    theirs = select(Conversation.id).where(
        Conversation.customer_id == customer_id, Conversation.verified_at.is_not(None)
    )
    query = (
        select(Quote)
        .where(
            or_(Quote.customer_id == customer_id, Quote.customer_id.is_(None) & Quote.conversation_id.in_(theirs)),
            Quote.valid_until >= today(session, now),
        )
        .order_by(Quote.created_at.desc(), Quote.id.desc())
    )
    return [_view(session, row, now) for row in session.scalars(query)]


def _packed(factor: RatingFactor) -> dict[str, str | int]:
    return {"code": factor.code, "value": factor.value, "factor": str(factor.factor), "minor": factor.effect.minor}


def _view(session: Session, row: Quote, now: datetime) -> QuoteView:
    premium = Money(row.premium_minor, row.currency)
    monthly = int((Decimal(premium.minor) / 12).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    return QuoteView(
        number=row.number,
        line=row.line,
        answers=row.answers,
        base=Money(row.base_minor, row.currency),
        factors=tuple(
            RatingFactor(step["code"], step["value"], Decimal(step["factor"]), Money(step["minor"], row.currency))
            for step in row.steps
        ),
        premium=premium,
        monthly=None if row.line is Line.TRAVEL else Money(monthly, row.currency),
        created_at=row.created_at,
        valid_until=row.valid_until,
        is_valid=row.valid_until >= today(session, now),
    )
