"""What customers are called, for lists."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.audit_trail import reads
from crm.schema import Customer
from crm.services._views import full_name


@reads("customers")
def names_of(session: Session, customer_ids: Iterable[int | None]) -> dict[int, str]:
    """Full names by id; unknown ids, and None, are left out."""
    wanted = {each for each in customer_ids if each is not None}
    if not wanted:
        return {}
    return {row.id: full_name(row) for row in session.scalars(select(Customer).where(Customer.id.in_(wanted)))}
