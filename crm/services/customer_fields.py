"""Single fields of a customer: hidden until a colleague asks to see one, which is entered in the audit."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from crm.audit_trail import note
from crm.domain import CustomerView
from crm.errors import InvalidInput, NotFound
from crm.masking import fields
from crm.schema import Customer
from crm.services import _views

_SHOWN: dict[str, tuple[Callable[[CustomerView], str], Callable[[CustomerView], str]]] = {
    "name": (lambda who: fields.name(who.name), lambda who: who.name),
    "birth_date": (lambda who: fields.birth_date(who.birth_date), lambda who: who.birth_date.isoformat()),
    "phone": (lambda who: fields.phone(who.phone), lambda who: who.phone),
    "email": (lambda who: fields.email(who.email), lambda who: who.email),
    "address": (
        lambda who: fields.address(who.address.line, who.address.city),
        lambda who: ", ".join(
            filter(None, (who.address.line, who.address.city, who.address.postcode, who.address.country))
        ),
    ),
}
NAMES = tuple(_SHOWN)


def masked(customer: CustomerView) -> dict[str, str]:
    """Every field as somebody sees it who has not asked for more."""
    return {name: hide(customer) for name, (hide, _) in _SHOWN.items()}


def unmask(session: Session, customer_id: int, name: str) -> str:
    """One field in full, entered in the audit as an `unmask`.

    Raises:
        InvalidInput: there is no such field.
        NotFound: no such customer.
    """
    if name not in _SHOWN:
        raise InvalidInput("field", f"The fields that can be shown are: {', '.join(NAMES)}.")
    row = session.get(Customer, customer_id)
    if row is None or row.erased_at is not None:
        raise NotFound("There is no such customer.")
    note(session, "unmask", "customers", (name,), customer_id)
    return _SHOWN[name][1](_views.customer(row))
