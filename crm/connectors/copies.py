"""Customers of another system, as rows of ours."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.connectors import messages
from crm.errors import NotFound
from crm.schema import Customer, ExternalCustomer
from crm.services._rows import insert_or_none


def keep(session: Session, told: messages.Customer, now: datetime) -> int:
    """Write down what the other system said of a customer; the id of their row here."""
    known = _row(session, told.id)
    if known is None:
        customer = Customer(created_at=now, consent_at=now if told.marketing_consent else None, **_values(told))
        with session.begin_nested() as attempt:
            session.add(customer)
            session.flush()
            known = insert_or_none(session, ExternalCustomer(customer_id=customer.id, reference_index=told.id,
                                                             reference=told.id))  # fmt: skip
            if known is None:  # the same customer, verified somewhere else at this moment
                attempt.rollback()
        known = known or _row(session, told.id)
        if known is None:
            raise NotFound("The customer was removed at this moment; ask again.")
        return known.customer_id
    customer = session.get_one(Customer, known.customer_id)
    for name, value in _values(told).items():
        if getattr(customer, name) != value:
            setattr(customer, name, value)
    session.flush()
    return known.customer_id


def reference_of(session: Session, customer_id: int) -> str:
    """How the other system calls a customer. Raises `NotFound` for one it does not know."""
    reference = session.scalar(select(ExternalCustomer.reference).where(ExternalCustomer.customer_id == customer_id))
    if reference is None:
        raise NotFound("The insurer's system does not know this customer; verify again.")
    return reference


def _row(session: Session, reference: str) -> ExternalCustomer | None:
    query = select(ExternalCustomer).where(ExternalCustomer.reference_index == reference)
    return session.scalars(query).one_or_none()


def _values(told: messages.Customer) -> dict[str, Any]:
    return {
        "given_name": told.given_name,
        "family_name": told.family_name,
        "birth_date": told.birth_date,
        "email": told.email,
        "phone": told.phone,
        "address": told.address.model_dump(),
        "language": told.language,
        "marketing_consent": told.marketing_consent,
    }
