"""A customer's phone number, e-mail address and postal address, changed by themselves."""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import normalise, texts
from crm.domain import Address, ContactChange, RequestKind, RequestStatus
from crm.errors import InvalidInput, NotFound
from crm.schema import Customer
from crm.services import _views, outbox, service_requests
from crm.services._rows import business_value

NOTICE = "contact_changed"
_LONGEST = 120


def change_contact(
    session: Session,
    customer_id: int,
    *,
    conversation_id: str | None,
    now: datetime,
    phone: str | None = None,
    email: str | None = None,
    address: Address | None = None,
) -> ContactChange:
    """Change what is given, at once. Where phone or e-mail change, the old one gets a notice.

    Raises:
        InvalidInput: a value cannot be one; `field` is `phone`, `email`, `address` or `postcode`.
        NotFound: no such customer.
    """
    row = session.scalars(select(Customer).where(Customer.id == customer_id).with_for_update()).one_or_none()
    if row is None:
        raise NotFound("There is no such customer.")
    wished = _wished(phone, email, address)
    before = {name: getattr(row, name) for name in wished}
    changed = tuple(name for name in wished if wished[name] != before[name])
    if not changed:
        return ContactChange(None, (), _views.customer(row))
    if {"phone", "email"} & set(changed):
        _warn_old_contact(session, row, changed, now)
    for name in changed:
        setattr(row, name, wished[name])
    request = service_requests.record(
        session,
        customer_id,
        RequestKind.CHANGE_CONTACT,
        status=RequestStatus.DONE,
        data={name: {"before": before[name], "after": wished[name]} for name in changed},
        conversation_id=conversation_id,
        now=now,
    )
    return ContactChange(service_requests.view(request), changed, _views.customer(row))


def _wished(phone: str | None, email: str | None, address: Address | None) -> dict[str, Any]:
    wished: dict[str, Any] = {}
    if phone is not None:
        wished["phone"] = normalise.phone(phone)
        if wished["phone"] is None:
            raise InvalidInput("phone", "This cannot be a phone number; ask for it again, with country code.")
    if email is not None:
        wished["email"] = normalise.email(email)
        if wished["email"] is None:
            raise InvalidInput("email", "This cannot be an e-mail address; ask for it again.")
    if address is not None:
        wished["address"] = asdict(_checked(address))
    return wished


def _checked(address: Address) -> Address:
    parts = {name: " ".join(value.split()) for name, value in asdict(address).items()}
    for name in ("line", "city"):
        if not 2 <= len(parts[name]) <= _LONGEST:
            raise InvalidInput("address", f"The {name} of the address is missing or too long; ask again.")
    if not any(character.isdigit() for character in parts["postcode"]) or len(parts["postcode"]) > 12:
        raise InvalidInput("postcode", "This cannot be a postcode; ask for it again.")
    return replace(address, **parts)


def _warn_old_contact(session: Session, row: Customer, changed: tuple[str, ...], now: datetime) -> None:
    """To where a stranger who changed it cannot read: the old address if that is replaced, else the old number."""
    channel, destination = ("email", row.email) if "email" in changed or not row.phone else ("sms", row.phone)
    company, hotline = business_value(session, "name", "Careline"), business_value(session, "phone", "")
    words = texts.text(row.language, "notices.contact_changed", company=company, phone=hotline)
    outbox.put(session, row.id, kind=NOTICE, channel=channel, destination=destination, text=words, now=now)
