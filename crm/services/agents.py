"""The employee who looks after a customer."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import places
from crm.domain import AgentView, BranchNearby
from crm.schema import Customer, Employee
from crm.services import _views, organisation
from crm.services.branches import seen_from


def my_agent(session: Session, customer_id: int, now: datetime) -> AgentView | None:
    """The customer's own agent with their branch; None when there is none, or they have left."""
    query = select(Employee, Customer).join(Customer, Customer.agent_id == Employee.id)
    found = session.execute(query.where(Customer.id == customer_id, Employee.active)).one_or_none()
    if found is None:
        return None
    employee, customer = found
    home = places.locate(customer.address.get("postcode", "")) or places.locate(customer.address.get("city", ""))
    return AgentView(
        agent=_views.handler(employee),
        languages=tuple(sorted(language.language for language in employee.languages)),
        branch=_branch(session, employee.branch_id, home, now),
    )


def _branch(
    session: Session, branch_id: int | None, home: places.Position | None, now: datetime
) -> BranchNearby | None:
    branch = next((branch for branch in organisation.branches(session) if branch.id == branch_id), None)
    return seen_from(branch, home, now) if branch else None
