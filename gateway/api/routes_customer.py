"""The customer beside a conversation, and what is done for them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from sqlalchemy.orm import Session

from crm.domain import Address
from crm.domain.staff import Permission as P
from crm.domain.staff import StaffMember
from crm.errors import InvalidInput
from crm.services import customer_fields
from gateway.api.callers import ConversationId, Work, acted, caller, changed, looked_at
from gateway.api.models.conversations import Unmasked
from gateway.api.models.customers import (
    BookedCall,
    CallWish,
    ContactChanged,
    ContactWish,
    Customer,
    OfferAnswer,
    OfferAnswered,
)
from gateway.desk import on_behalf
from gateway.desk.sidebar import Side, side

router = APIRouter(prefix="/v1/conversations/{conversation_id}/customer", tags=["Customer"])

Viewer = Annotated[StaffMember, caller(P.CUSTOMER_VIEW)]
Changer = Annotated[StaffMember, caller(P.CUSTOMER_CHANGE)]
Unmasker = Annotated[StaffMember, caller(P.UNMASK)]
_OF_PERSON = ("since", "policies", "open_claims", "balance", "requests", "complaints", "leaving")
_OF_OFFER = ("product_id", "line", "product", "because", "reasons", "why_not")
FieldName = Literal["name", "birth_date", "phone", "email", "address"]


@router.get("")
async def customer(desk: Work, member: Viewer, conversation_id: ConversationId) -> Customer:
    """Everything about the customer, personal fields hidden; what to offer; what waits to be done."""

    def verb(session: Session) -> Side:
        return side(session, member, conversation_id, desk.now())

    return _shown(await looked_at(desk, member, conversation_id, verb))


@router.post("/fields/{field}/unmask")
async def unmask_field(desk: Work, member: Unmasker, conversation_id: ConversationId, field: FieldName) -> Unmasked:
    """One field in full; entered in the audit."""

    def verb(session: Session) -> str:
        return customer_fields.unmask(session, on_behalf.customer_of(session, conversation_id), field)

    return Unmasked(text=await changed(desk, member, conversation_id, verb))


@router.post("/callbacks", status_code=201)
async def book_callback(desk: Work, member: Changer, conversation_id: ConversationId, wish: CallWish) -> BookedCall:
    """Book a call-back for the customer."""
    if wish.wished is not None and wish.wished.tzinfo is None:
        raise InvalidInput("wished", "Give the time with its zone, such as 2026-03-01T10:00:00+01:00.")

    def verb(session: Session) -> dict[str, Any]:
        return on_behalf.book_callback(
            session, conversation_id, wish.message_id, phone=wish.phone, wished=wish.wished, now=desk.now()
        )

    return BookedCall.model_validate(await acted(desk, member, conversation_id, verb))


@router.patch("/contact")
async def change_contact(
    desk: Work, member: Changer, conversation_id: ConversationId, wish: ContactWish
) -> ContactChanged:
    """Change how the customer is reached; they get the same notice as when they change it themselves."""
    new = wish.address
    address = Address(new.line, new.city, new.postcode, new.country) if new else None

    def verb(session: Session) -> dict[str, Any]:
        return on_behalf.change_contact(
            session, conversation_id, wish.message_id, phone=wish.phone, email=wish.email, address=address,
            now=desk.now(),
        )  # fmt: skip

    return ContactChanged.model_validate(await acted(desk, member, conversation_id, verb))


@router.post("/offer-answers", status_code=201)
async def answer_offer(
    desk: Work, member: Changer, conversation_id: ConversationId, said: OfferAnswer
) -> OfferAnswered:
    """What the customer said to an offer; a yes becomes an adviser's task, with a call-back if one can be booked."""

    def verb(session: Session) -> dict[str, Any]:
        return on_behalf.answer_offer(
            session, conversation_id, said.message_id, product_id=said.product_id, answer=said.answer, now=desk.now()
        )

    return OfferAnswered.model_validate(await acted(desk, member, conversation_id, verb))


def _shown(found: Side) -> Customer:
    who, offer = found.customer, found.offer
    person = card = None
    if who is not None:
        person = {name: getattr(who, name) for name in _OF_PERSON}
        person["marketing"] = who.consent.marketing
        person["agent"] = who.agent.person.name if who.agent else None
        person["branch"] = who.branch.name if who.branch else None
    if offer is not None:
        card = {name: getattr(offer, name) for name in _OF_OFFER} | {"is_waiting": offer.waiting is not None}
    shown = {name: getattr(found, name) for name in ("verified", "fields", "contacts", "tasks", "calls")}
    return Customer.model_validate({**shown, "person": person, "offer": card})
