"""What makes the two demo customers worth trying every skill with.

One has an instalment ahead, autopay, a life policy with a beneficiary, a refund under way and a renewal coming up; the
other an overdue instalment, a refund that was sent and a renewal of their own.
"""

from datetime import date, datetime, time, timedelta, timezone

from sqlalchemy.orm import Session

from crm.demo.numbers import Numbers
from crm.demo.world import World
from crm.domain import AutopayState, Line, PolicyStatus, RefundState
from crm.schema import AutopayMandate, Invoice, Payment, Policy, PolicyBeneficiary, Refund

# Ids of the personas' rows lie below those of the chunks (`crm.demo.chunk.FIRST_ID`).
HOME, TRAVEL, OTHER_AUTO, OTHER_HOME, LIFE = 2, 3, 4, 5, 6
_EARLIER = timedelta(days=91)


def add(session: Session, world: World, numbers: Numbers) -> None:
    """Add it to what `personas.add` made."""
    _add_life_policy(session, world, numbers)
    _end_soon(session, world, TRAVEL, timedelta(days=24))
    _end_soon(session, world, OTHER_HOME, timedelta(days=41))
    _leave_unpaid(session, OTHER_HOME)
    _add_earlier_payment(session, 7, HOME, "autopay")
    _add_earlier_payment(session, 8, OTHER_HOME, "card")
    _add_earlier_payment(session, 9, OTHER_AUTO, "transfer")
    session.add(
        AutopayMandate(
            customer_id=1,
            policy_id=HOME,
            state=AutopayState.ACTIVE,
            day=5,
            changed_at=world.now - timedelta(days=200),
        )
    )
    _add_refund(session, world, TRAVEL, "overpayment", RefundState.APPROVED, 3_850, timedelta(days=4))
    _add_refund(session, world, OTHER_AUTO, "mileage_reduced", RefundState.SENT, 6_120, timedelta(days=33))
    session.flush()


def _add_life_policy(session: Session, world: World, numbers: Numbers) -> None:
    plan = world.plans[Line.LIFE][-1]
    starts_on = world.as_of - timedelta(days=190)
    policy = Policy(
        id=LIFE,
        customer_id=1,
        plan_id=plan.id,
        number=numbers.policy(LIFE),
        status=PolicyStatus.ACTIVE,
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=364),
        premium_minor=plan.premium_minor,
        insured={"persons": "1"},
    )
    session.add(policy)
    session.flush()
    session.add(PolicyBeneficiary(policy_id=LIFE, name="Thomas Ellison", relation="husband", share=100))
    _add_invoice(session, LIFE, policy, world.as_of - timedelta(days=9), "open")


def _end_soon(session: Session, world: World, policy_id: int, ahead: timedelta) -> None:
    """Its renewal can be tried."""
    policy = session.get_one(Policy, policy_id)
    policy.ends_on = world.as_of + ahead
    policy.starts_on = policy.ends_on - timedelta(days=364)
    session.flush()


def _leave_unpaid(session: Session, policy_id: int) -> None:
    """The newest instalment, which the personas are given as paid, was not."""
    session.delete(session.get_one(Payment, policy_id))
    session.get_one(Invoice, policy_id).status = "overdue"
    session.flush()


def _add_earlier_payment(session: Session, row_id: int, policy_id: int, method: str) -> None:
    newest = session.get_one(Invoice, policy_id)
    policy = session.get_one(Policy, policy_id)
    invoice = _add_invoice(session, row_id, policy, newest.issued_on - _EARLIER, "paid")
    session.add(
        Payment(
            id=row_id,
            invoice_id=row_id,
            paid_at=datetime.combine(invoice.due_on, time(5), tzinfo=timezone.utc),
            amount_minor=invoice.amount_minor,
            method=method,
            reference=f"R{row_id:08d}",
        )
    )
    session.flush()


def _add_invoice(session: Session, row_id: int, policy: Policy, issued_on: date, status: str) -> Invoice:
    row = Invoice(
        id=row_id,
        customer_id=policy.customer_id,
        policy_id=policy.id,
        issued_on=issued_on,
        due_on=issued_on + timedelta(days=21),
        amount_minor=policy.premium_minor // 4,
        status=status,
    )
    session.add(row)
    session.flush()
    return row


def _add_refund(
    session: Session, world: World, policy_id: int, reason: str, state: RefundState, minor: int, ago: timedelta
) -> None:
    requested_at = world.now - ago
    session.add(
        Refund(
            customer_id=session.get_one(Policy, policy_id).customer_id,
            policy_id=policy_id,
            reason=reason,
            state=state,
            amount_minor=minor,
            requested_at=requested_at,
            sent_at=requested_at + timedelta(days=6) if state is RefundState.SENT else None,
            expected_on=(requested_at + timedelta(days=10)).date(),
        )
    )
    session.flush()
