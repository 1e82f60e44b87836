"""The customer beside a conversation: who it is, what is open, what to offer, what may be done for them."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy.orm import Session

from crm.domain import Customer360, InteractionView, InvoiceState, RequestStatus
from crm.domain.handoffs import CallbackView
from crm.domain.staff import Permission, StaffMember
from crm.services import callbacks, customer_360, customer_fields, feedback, recommendations, tags
from crm.services._rows import conversation_row
from crm.services.recommendations import OfferView
from gateway.desk.access import may_act
from models import offers
from models.online import Scorer
from vault.masking import mask_personal


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the customer as it stands hidden; `code` names it."""

    code: str
    hidden: str


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits to be done for the customer. `kind` is `request`, `complaint`, `document`, `invoice` or
    `call`; `code` what exactly; `late` whether it should have been done by now."""

    kind: str
    code: str
    number: str
    due: date | None
    late: bool


@dataclass(frozen=True, slots=True)
class OfferCard:
    """What to offer: one that waits for an answer, or the best one now, or why none.

    Attributes:
        waiting: an offer the customer has heard of.
        because: the reason, in words the customer may hear.
        reasons: for the colleague.
        why_not: why there is none, and why no other line.
    """

    waiting: OfferView | None
    line: str
    product: str
    product_id: int | None
    because: str
    reasons: Sequence[str]
    why_not: Sequence[str]


@dataclass(frozen=True, slots=True)
class Side:
    """Everything beside a conversation; `customer` is None when nobody was ever verified in it.

    Attributes:
        token: makes what is done from this page be done once, however often it is sent.
        verified: whether the customer is verified now.
        rating: the mark the customer gave this conversation, 1 to 5; `remark` what they wrote with it, masked.
        may_act: whether the member may do something for the customer from here.
        contacts: lately, without those that only brought a request or complaint which is listed by itself.
    """

    conversation_id: str
    token: str
    customer_id: int | None
    verified: bool
    customer: Customer360 | None
    fields: Sequence[Field]
    contacts: Sequence[InteractionView]
    tasks: Sequence[Task]
    offer: OfferCard | None
    calls: Sequence[CallbackView]
    rating: int | None
    remark: str
    may_act: bool
    tags: Sequence[str]
    known_tags: Sequence[str]


def side(session: Session, member: StaffMember, conversation_id: str, now: datetime) -> Side:
    """The side of a conversation as a member may see it. Raises `NotFound`."""
    row = conversation_row(session, conversation_id)
    found = customer_360.customer_360(session, row.customer_id, now) if row.customer_id else None
    calls = callbacks.upcoming(session, conversation_id, now)
    rated = feedback.of(session, conversation_id)
    hidden = customer_fields.masked(found.customer) if found else {}
    return Side(
        conversation_id=conversation_id,
        token=f"desk-{secrets.token_hex(12)}",
        customer_id=row.customer_id,
        verified=row.verified_at is not None,
        customer=found,
        fields=[Field(code, text) for code, text in hidden.items() if text],
        contacts=_contacts(found) if found else (),
        tasks=sorted(_tasks(found, calls, now.date()), key=lambda task: (task.due or date.max, task.number)),
        offer=_offer(session, row.customer_id, member.language, now) if row.customer_id else None,
        calls=calls,
        rating=rated.score if rated else None,
        remark=mask_personal(rated.comment) if rated else "",
        may_act=member.may(Permission.CUSTOMER_CHANGE) and may_act(session, member, conversation_id),
        tags=tags.of(session, conversation_id),
        known_tags=tags.known(session),
    )


def _contacts(found: Customer360) -> Sequence[InteractionView]:
    listed = {request.number for request in found.requests} | {complaint.number for complaint in found.complaints}
    return [contact for contact in found.interactions if not contact.summary or contact.summary not in listed]


def _tasks(found: Customer360 | None, calls: Sequence[CallbackView], today: date) -> Iterator[Task]:
    for call in calls:
        yield Task("call", f"{call.at_start:%Y-%m-%d %H:%M}", call.reference, call.at_start.date(), False)
    if found is not None:
        yield from _unfinished(found, today)
        for claim in found.open_claims:
            for document in claim.missing_documents:
                yield Task("document", document, claim.number, None, False)
        for invoice in found.balance.invoices:
            if invoice.state is InvoiceState.OVERDUE:
                yield Task("invoice", str(invoice.outstanding), invoice.policy_number, invoice.due_on, True)


def _unfinished(found: Customer360, today: date) -> Iterator[Task]:
    for request in found.requests:
        if request.status == RequestStatus.OPEN:
            late = request.due_on is not None and request.due_on < today
            yield Task("request", request.kind, request.number, request.due_on, late)
    for complaint in found.complaints:
        if complaint.answered_at is None:
            late = complaint.answer_due_on < today
            yield Task("complaint", complaint.category, complaint.number, complaint.answer_due_on, late)


def _offer(session: Session, customer_id: int, language: str, now: datetime) -> OfferCard:
    waiting = recommendations.waiting(session, customer_id, now)
    if waiting is not None:
        return OfferCard(waiting, waiting.line, waiting.product, waiting.product_id, "", (), ())
    weighed = offers.consider(session, customer_id, now, scorer())
    best = weighed.offer
    why_not = tuple(weighed.why_not(language))
    if best is None:
        return OfferCard(None, "", "", None, "", (), why_not)
    because, reasons = best.because(language), tuple(best.reasons_for_staff(language))
    return OfferCard(None, best.line, best.product, best.product_id, because, reasons, why_not)


@cache
def scorer() -> Scorer:
    """The models of this process; they load with the first customer who is looked at."""
    return Scorer()
