"""More, less or other coverage: asked for here, approved by a person, with the price effect the rating knows."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy.orm import Session

from crm import rating, reference
from crm.audit_trail import reads
from crm.domain import ChangeView, CoverageView, Money, RequestKind
from crm.errors import InvalidInput, NotEligible, OutOfRange
from crm.schema import Policy
from crm.services import _views
from crm.services._changes import effective_day, record
from crm.services._history import active_policy
from crm.services.policies import policy_row


class CoverageAction(StrEnum):
    """What is wished for a coverage."""

    ADD = "add"
    REMOVE = "remove"
    LIMIT = "limit"
    DEDUCTIBLE = "deductible"


@reads("policies")
def coverages_on_offer(session: Session, customer_id: int, policy_number: str) -> tuple[CoverageView, ...]:
    """What could be added to a policy: what its product has in another plan. Raises `NotFound`."""
    policy = policy_row(session, customer_id, policy_number)
    held = _held(policy)
    return tuple(coverage for code, coverage in _on_offer(policy).items() if code not in held)


def change_coverage(
    session: Session,
    customer_id: int,
    policy_number: str,
    *,
    action: str,
    code: str,
    conversation_id: str | None,
    now: datetime,
    amount: Money | None = None,
    effective_on: date | None = None,
) -> ChangeView:
    """Ask for a change of coverage; nothing is covered otherwise before a person approved it.

    Args:
        action: a `CoverageAction`.
        code: a coverage of the policy's product, such as `glass`.
        amount: the new limit or deductible; with `add`, the limit wished, by default the plan's.

    Raises:
        NotFound: the customer has no such policy.
        NotEligible: not active; covered already; not covered; compulsory; or it has no limit to change.
        OutOfRange: unknown `action` or `coverage` (with choices), `amount` or `effective_on`.
        InvalidInput: `amount` is missing or in another currency.
    """
    if action not in set(CoverageAction):
        raise OutOfRange("action", choices=tuple(CoverageAction))
    wish = CoverageAction(action)
    policy = active_policy(session, customer_id, policy_number)
    coverage = _coverage(policy, wish, code)
    _check_amount(policy, wish, amount)
    day = effective_day(session, effective_on, now)
    effect = _effect(policy, wish, coverage, amount)
    data = {
        "action": wish.value,
        "coverage": code,
        "amount_minor": amount.minor if amount else None,
        "effective_on": day.isoformat(),
        "price_effect_minor": effect.minor if effect else None,
    }
    return record(session, policy, RequestKind.CHANGE_COVERAGE, data, conversation_id, now, day, False, effect)


def _coverage(policy: Policy, wish: CoverageAction, code: str) -> CoverageView:
    held, offered = _held(policy), _on_offer(policy)
    if code not in held and code not in offered:
        raise OutOfRange("coverage", choices=tuple({**held, **offered}))
    if wish is CoverageAction.ADD:
        if code in held:
            raise NotEligible("The policy covers this already; offer to change its limit.")
        return offered[code]
    if code not in held:
        raise NotEligible("The policy does not cover this; offer to add it.")
    line = policy.plan.product.line
    if wish is CoverageAction.REMOVE and code in reference.table("renewal")["compulsory"][line]:
        raise NotEligible("This coverage is compulsory and cannot be removed.")
    if wish is CoverageAction.LIMIT and held[code].limit is None:
        raise NotEligible("This coverage has no limit; there is nothing to raise.")
    return held[code]


def _check_amount(policy: Policy, wish: CoverageAction, amount: Money | None) -> None:
    if amount is None:
        if wish in (CoverageAction.LIMIT, CoverageAction.DEDUCTIBLE):
            raise InvalidInput("amount", "The new amount is missing; ask for it.")
        return
    currency = policy.plan.product.currency
    if amount.currency != currency:
        raise InvalidInput("amount", f"Amounts of this policy are in {currency}.")
    least = Money(0 if wish is CoverageAction.DEDUCTIBLE else 1, currency)
    most = Money(10**11, currency)
    if not least <= amount <= most:
        raise OutOfRange("amount", minimum=least, maximum=most)


def _effect(policy: Policy, wish: CoverageAction, coverage: CoverageView, amount: Money | None) -> Money | None:
    line, premium = policy.plan.product.line, Money(policy.premium_minor, policy.plan.product.currency)
    scale = Decimal(1)
    if wish is CoverageAction.REMOVE:
        scale = Decimal(-1)
    elif wish is CoverageAction.DEDUCTIBLE and amount:
        scale = rating.deductible_scale(coverage.deductible, amount) - 1
    elif amount and coverage.limit:
        scale = rating.limit_scale(coverage.limit, amount) - (wish is CoverageAction.LIMIT)
    return rating.coverage_effect(line, coverage.code, premium, scale=scale)


def _held(policy: Policy) -> dict[str, CoverageView]:
    return {coverage.code: coverage for coverage in _views.policy(policy).coverages if coverage.included}


def _on_offer(policy: Policy) -> dict[str, CoverageView]:
    """Every coverage of the product, from the cheapest plan that has it."""
    currency = policy.plan.product.currency
    offered: dict[str, CoverageView] = {}
    for plan in sorted(policy.plan.product.plans, key=lambda plan: plan.base_premium_minor):
        for row in plan.coverages:
            limit = None if row.limit_minor is None else Money(row.limit_minor, currency)
            deductible = Money(row.deductible_minor, currency)
            offered.setdefault(row.code, CoverageView(row.code, row.name, limit, deductible))
    return offered
