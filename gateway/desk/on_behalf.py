"""What a colleague does for the customer of a conversation, through the services that the bot uses.

Each is done once for its `key`, however often it is sent. All raise `NotFound`, and `NotEligible` while nobody was
ever verified in the conversation.
"""

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from sqlalchemy.orm import Session

from crm.domain import Address
from crm.errors import InvalidInput, NotEligible
from crm.schema import Customer
from crm.services import callbacks, contact_changes, organisation, recommendations
from crm.services._rows import conversation_row
from crm.services.once import once
from crm.services.recommendations import Answer

Done = dict[str, Any]


def book_callback(
    session: Session, conversation_id: str, key: str, *, phone: str, wished: datetime | None, now: datetime
) -> Done:
    """Book a call to `phone`, if empty to the number on record; `wished`, else as soon as possible.

    Returns:
        `reference`, `at_start`, `at_end` (ISO 8601) of the call.

    Raises:
        InvalidInput: the number cannot be one, there is none, or the wish lies outside of what can be booked.
    """

    def do() -> Done:
        number = phone.strip() or _number_on_record(session, conversation_id)
        call = callbacks.book(session, conversation_id, phone=number, now=now, wished=wished)
        return {
            "reference": call.reference,
            "at_start": call.at_start.isoformat(),
            "at_end": call.at_end.isoformat(),
        }

    return _once(session, conversation_id, key, "desk_callback", do)


def change_contact(
    session: Session,
    conversation_id: str,
    key: str,
    *,
    phone: str = "",
    email: str = "",
    address: Address | None = None,
    now: datetime,
) -> Done:
    """Change what is given. The customer gets the same notice as when they change it themselves.

    Returns:
        `changed`: the names of the fields that differ from before.

    Raises:
        InvalidInput: a value cannot be accepted.
    """

    def do() -> Done:
        changed = contact_changes.change_contact(
            session,
            customer_of(session, conversation_id),
            conversation_id=conversation_id,
            now=now,
            phone=phone.strip() or None,
            email=email.strip() or None,
            address=address,
        )
        return {"changed": list(changed.changed)}

    return _once(session, conversation_id, key, "desk_contact", do)


def answer_offer(
    session: Session, conversation_id: str, key: str, *, product_id: int, answer: Answer, now: datetime
) -> Done:
    """What the customer said to an offer; a yes is given to an adviser, as when the bot makes it.

    Returns:
        `offer`: its id.

    Raises:
        NotEligible: also when the customer has not agreed to offers.
    """
    here: dict[str, Any] = {"conversation_id": conversation_id, "message_id": key, "now": now}

    def do() -> Done:
        whose = customer_of(session, conversation_id)
        offer = recommendations.waiting(session, whose, now)
        if offer is None or offer.product_id != product_id:
            offer = recommendations.shown(session, whose, product_id, **here)
        recommendations.answered(session, whose, offer.id, answer, **here)
        if answer is Answer.ACCEPTED:
            recommendations.advise(session, whose, offer, conversation_id=conversation_id, now=now)
        return {"offer": offer.id}

    return _once(session, conversation_id, key, "desk_offer", do)


def customer_of(session: Session, conversation_id: str) -> int:
    """Who was last verified in a conversation. Raises `NotFound`, `NotEligible` when nobody was."""
    customer_id = conversation_row(session, conversation_id).customer_id
    if customer_id is None:
        raise NotEligible("Nobody was verified in this conversation; let the customer say who they are first.")
    return customer_id


def moment_of(session: Session, day: str, at: str) -> datetime | None:
    """The wished moment where the business is; None without a day. Raises `InvalidInput`."""
    if not day:
        return None
    try:
        moment = datetime.combine(date.fromisoformat(day), time.fromisoformat(at or "09:00"))
    except ValueError as error:
        raise InvalidInput("day", "This cannot be a day and a time.") from error
    return moment.replace(tzinfo=organisation.business_hours(session).zone)


def _once(session: Session, conversation_id: str, key: str, action: str, do: Callable[[], Done]) -> Done:
    conversation_row(session, conversation_id)  # first: what was done is kept with its conversation
    return once(session, conversation_id=conversation_id, message_id=key, action=action, do=do)


def _number_on_record(session: Session, conversation_id: str) -> str:
    customer = session.get(Customer, customer_of(session, conversation_id))
    if customer is None or not customer.phone:
        raise InvalidInput("phone", "There is no number on record: ask for one.")
    return customer.phone
