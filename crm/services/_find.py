"""A customer found by what an operator has at hand."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from crm.errors import NotFound
from crm.normalise import Identifier, IdentifierKind
from crm.schema import Customer, Policy

_LONGEST_KEY = 9  # digits; longer numbers are phones


def customer_id_of(session: Session, named: str) -> int:
    """The key of the one customer with this policy number, e-mail address, phone number or key.

    Raises:
        NotFound: there is none, or more than one.
    """
    found = set(session.scalars(_query(named.strip())).unique())
    if not found:
        raise NotFound("No customer is known by that; give a policy number, e-mail address, phone number or id.")
    if len(found) > 1:
        ids = ", ".join(str(key) for key in sorted(found))
        raise NotFound(f"Several customers share that: give the id of one of them ({ids}).")
    return found.pop()


def _query(named: str) -> Select[int]:
    if named.isdecimal() and len(named) <= _LONGEST_KEY:
        return select(Customer.id).where(Customer.id == int(named))
    identifier = Identifier.parse(named)
    if identifier.kind is IdentifierKind.PHONE:
        return select(Customer.id).where(Customer.phone_index == identifier.value)
    if identifier.kind is IdentifierKind.EMAIL:
        return select(Customer.id).where(Customer.email_index == identifier.value)
    return select(Policy.customer_id).where(Policy.number_index == identifier.value)
