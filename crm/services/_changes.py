"""Steps that all changes of a policy share."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from crm import reference
from crm.domain import ChangeView, Money, RequestKind, RequestStatus
from crm.errors import OutOfRange
from crm.schema import Policy
from crm.services import _views, service_requests
from crm.services._days import business_days_after, today
from crm.services._history import remember


def record(
    session: Session,
    policy: Policy,
    kind: RequestKind,
    data: dict[str, Any],
    conversation_id: str | None,
    now: datetime,
    day: date,
    applied: bool,
    effect: Money | None,
    refund: Money | None = None,
) -> ChangeView:
    """Record a change as done, or as a request that waits for a person; both leave a line of history."""
    wait = reference.table("renewal")["approval_business_days"]
    row = service_requests.record(
        session,
        policy.customer_id,
        kind,
        status=RequestStatus.DONE if applied else RequestStatus.OPEN,
        data=data,
        conversation_id=conversation_id,
        now=now,
        policy_id=policy.id,
        due_on=None if applied else business_days_after(session, today(session, now), wait),
    )
    remember(session, policy, kind.value if applied else f"{kind.value}_requested", data, now)
    return ChangeView(service_requests.view(row), _views.policy(policy), day, effect, refund)


def effective_day(session: Session, wished: date | None, now: datetime) -> date:
    """The day a change is wished for, today by default. Raises `OutOfRange`."""
    first = today(session, now)
    last = first + timedelta(days=reference.table("renewal")["change_ahead_days"])
    if wished is not None and not first <= wished <= last:
        raise OutOfRange("effective_on", minimum=first, maximum=last)
    return wished or first
