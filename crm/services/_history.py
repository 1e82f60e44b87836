"""What happened to a policy: rows that are only ever added."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.domain import PolicyEvent, PolicyStatus
from crm.errors import NotEligible
from crm.schema import Policy, PolicyHistory
from crm.services.policies import policy_row


def remember(session: Session, policy: Policy, code: str, details: dict[str, Any], now: datetime) -> None:
    """Add a line to a policy's history."""
    session.add(PolicyHistory(policy_id=policy.id, at=now, code=code, details=details))
    session.flush()


def events(session: Session, policy: Policy) -> list[PolicyEvent]:
    """The history, the oldest first."""
    query = select(PolicyHistory).where(PolicyHistory.policy_id == policy.id).order_by(PolicyHistory.id)
    return [PolicyEvent(row.at, row.code, row.details) for row in session.scalars(query)]


def active_policy(session: Session, customer_id: int, number: str) -> Policy:
    """The policy, held until the end of the transaction. Raises `NotFound`, `NotEligible` unless it is active."""
    policy = policy_row(session, customer_id, number)
    session.refresh(policy, with_for_update=True)
    if policy.status is not PolicyStatus.ACTIVE:
        raise NotEligible("Only an active policy can be changed; offer a person.")
    return policy
