"""Products that were offered to a customer, and what the customer said to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.audit_trail import reads
from crm.domain import CallbackView, Line, RequestKind, RequestStatus, RequestView
from crm.errors import InvalidInput, NotEligible, NotFound
from crm.schema import Customer, Product, Recommendation
from crm.services import callbacks, service_requests
from crm.services._days import business_days_after, today
from crm.services._rows import conversation_row
from crm.services.once import once

WAITS = timedelta(hours=24)  # how long a "yes, please" can still mean the offer
ANSWER_WITHIN = 3  # business days until an adviser has been in touch at the latest


class Answer(StrEnum):
    """What a customer says to an offer."""

    ACCEPTED = "accepted"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer that was shown. `outcome` is None while it is not answered."""

    id: int
    product_id: int
    line: Line
    product: str
    channel: str
    offered_at: datetime
    outcome: Answer | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Advice:
    """What follows an accepted offer: an adviser's task, and the call by which it is done if one could be booked."""

    request: RequestView
    call: CallbackView | None


@reads("recommendations")
def list_offers(session: Session, customer_id: int) -> list[OfferView]:
    """All offers made to a customer, the newest first."""
    query = _offers().where(Recommendation.customer_id == customer_id)
    rows = session.execute(query.order_by(Recommendation.offered_at.desc(), Recommendation.id.desc()))
    return [_view(row, product) for row, product in rows]


@reads("recommendations")
def waiting(session: Session, customer_id: int, now: datetime) -> OfferView | None:
    """The newest offer that a yes or no of the customer can still mean."""
    query = _offers().where(
        Recommendation.customer_id == customer_id,
        Recommendation.outcome.is_(None),
        Recommendation.offered_at > now - WAITS,
    )
    row = session.execute(query.order_by(Recommendation.offered_at.desc(), Recommendation.id.desc())).first()
    return None if row is None else _view(row[0], row[1])


def shown(
    session: Session, customer_id: int, product_id: int, *, conversation_id: str, message_id: str, now: datetime
) -> OfferView:
    """Record that an offer was shown in answer to a message; once for it, however often the turn is tried.

    Raises:
        NotEligible: the customer has not agreed to marketing.
        NotFound: no such customer, product or conversation.
    """
    channel = conversation_row(session, conversation_id).channel
    customer = session.get(Customer, customer_id)
    if customer is None or session.get(Product, product_id) is None:
        raise NotFound("There is no such customer or product.")
    if not customer.marketing_consent:
        raise NotEligible("The customer has not agreed to marketing; offer nothing.")

    def record() -> dict[str, Any]:
        row = Recommendation(customer_id=customer_id, product_id=product_id, channel=channel, offered_at=now)
        session.add(row)
        session.flush()
        return {"recommendation": row.id}

    done = once(session, conversation_id=conversation_id, message_id=message_id, action="offer_shown", do=record)
    return _one(session, customer_id, done["recommendation"])


def answered(
    session: Session,
    customer_id: int,
    offer_id: int,
    answer: Answer,
    *,
    conversation_id: str,
    message_id: str,
    now: datetime,
) -> OfferView:
    """Record what the customer said in a message; once for it. A later message may say otherwise: the last word counts.

    Raises:
        NotFound: no such offer, also when it is another customer's; no such conversation.
    """

    def record() -> dict[str, Any]:
        row = _row(session, customer_id, offer_id)
        row.outcome, row.answered_at = Answer(answer).value, now
        service_requests.note_contact(
            session, customer_id, conversation_id, topic=f"offer_{row.outcome}", summary="", now=now
        )
        return {"recommendation": row.id}

    done = once(session, conversation_id=conversation_id, message_id=message_id, action="offer_answered", do=record)
    return _one(session, customer_id, done["recommendation"])


def advise(session: Session, customer_id: int, offer: OfferView, *, conversation_id: str, now: datetime) -> Advice:
    """Let an adviser see to an accepted offer: a request with a number, and a call to the number on record.

    A call that the customer has booked already serves for this, too; one in all remains if none can be booked.

    Raises:
        NotFound: no such customer or conversation.
    """
    customer = session.get(Customer, customer_id)
    if customer is None:
        raise NotFound("There is no such customer.")
    call = _call(session, customer.phone, conversation_id, now)
    row = service_requests.record(
        session,
        customer_id,
        RequestKind.ADVICE,
        status=RequestStatus.OPEN,
        data={"line": offer.line.value, "product": offer.product, "call": call.reference if call else None},
        conversation_id=conversation_id,
        now=now,
        due_on=business_days_after(session, today(session, now), ANSWER_WITHIN),
    )
    return Advice(service_requests.view(row), call)


def _call(session: Session, phone: str, conversation_id: str, now: datetime) -> CallbackView | None:
    ahead = callbacks.upcoming(session, conversation_id, now)
    if ahead:
        return ahead[0]
    try:
        return callbacks.book(session, conversation_id, phone=phone, now=now)
    except (InvalidInput, NotEligible):
        return None


def _offers() -> Any:
    return select(Recommendation, Product).join(Product, Product.id == Recommendation.product_id)


def _row(session: Session, customer_id: int, offer_id: int) -> Recommendation:
    """The row, held until the end of the transaction."""
    query = select(Recommendation).where(Recommendation.id == offer_id, Recommendation.customer_id == customer_id)
    row = session.scalars(query.with_for_update()).one_or_none()
    if row is None:
        raise NotFound("This customer was made no such offer; list the offers to see them.")
    return row


def _one(session: Session, customer_id: int, offer_id: int) -> OfferView:
    row = _row(session, customer_id, offer_id)
    return _view(row, session.get_one(Product, row.product_id))


def _view(row: Recommendation, product: Product) -> OfferView:
    return OfferView(
        id=row.id,
        product_id=row.product_id,
        line=product.line,
        product=product.name,
        channel=row.channel,
        offered_at=row.offered_at,
        outcome=None if row.outcome is None else Answer(row.outcome),
        answered_at=row.answered_at,
    )
