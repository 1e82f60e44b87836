"""Who looks after a customer: their agent, and who handles their claims."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import places
from crm.domain import OPEN_STATUSES, AgentView, BranchNearby, Serving
from crm.schema import Claim, Customer, Employee
from crm.services import _views, employees, organisation
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


def serving(session: Session, customer_id: int, now: datetime) -> Serving:
    """Everybody who serves this customer: the agent who looks after them, and who handles what is open."""
    agent = session.scalars(
        select(Employee)
        .join(Customer, Customer.agent_id == Employee.id)
        .where(Customer.id == customer_id, Employee.active)
    ).one_or_none()
    handled = (
        select(Claim.number, Employee)
        .join(Employee, Employee.id == Claim.handler_id)
        .where(Claim.customer_id == customer_id, Claim.status.in_(OPEN_STATUSES))
        .order_by(Claim.id)
    )
    branches = {branch.id: branch for branch in organisation.branches(session)} if agent else {}
    return Serving(
        agent=_views.handler(agent) if agent else None,
        agent_works_now=bool(agent and employees.profile(session, agent.id).is_working(now)),
        branch=branches.get(agent.branch_id or 0) if agent else None,
        claim_handlers={number: _views.handler(row) for number, row in session.execute(handled)},
    )


def _branch(
    session: Session, branch_id: int | None, home: places.Position | None, now: datetime
) -> BranchNearby | None:
    branch = next((branch for branch in organisation.branches(session) if branch.id == branch_id), None)
    return seen_from(branch, home, now) if branch else None
