"""A customer's policies."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.audit_trail import reads
from crm.domain import PolicyView
from crm.errors import NotFound
from crm.schema import Policy
from crm.services import _views


@reads("policies")
def list_policies(session: Session, customer_id: int) -> list[PolicyView]:
    """All policies of a customer, active ones first, then the newest."""
    rows = session.scalars(select(Policy).where(Policy.customer_id == customer_id))
    ordered = sorted(rows, key=lambda row: (row.status != "active", -row.starts_on.toordinal(), row.id))
    return [_views.policy(row) for row in ordered]


@reads("policies")
def policy(session: Session, customer_id: int, number: str) -> PolicyView:
    """One policy. Raises `NotFound`, also when it is another customer's."""
    return _views.policy(policy_row(session, customer_id, number))


def policy_row(session: Session, customer_id: int, number: str) -> Policy:
    """The row of one policy, for other services."""
    query = select(Policy).where(Policy.customer_id == customer_id, Policy.number_index == number)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("This customer has no such policy; list the policies to see the numbers.")
    return row
