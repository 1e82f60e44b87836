from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from crm.domain import (
    AutopayState,
    CheckoutPurpose,
    CheckoutState,
    InvoiceState,
    Money,
    PolicyStatus,
    RefundState,
)
from crm.errors import InvalidInput, NotEligible, NotFound, OutOfRange
from crm.payments import SandboxPayments
from crm.schema import Payment, Refund
from crm.services import autopay, billing, checkouts
from tests.factories import crm as make

LATE, SOON, LATER = date(2026, 11, 10), date(2026, 11, 30), date(2026, 12, 20)
PROVIDER = SandboxPayments()


def usd(minor):
    return Money(minor, "USD")


@pytest.fixture
def policy(session):
    return make.a_policy(session)


def pay(session, policy, **options):
    return checkouts.start_payment(
        session, policy.customer_id, provider=PROVIDER, conversation_id=None, now=make.NOW, **options
    )


class TestBalance:
    def test_what_is_late_and_what_comes_next(self, session, policy):
        for day in (LATER, LATE, SOON):
            make.an_invoice(session, policy, day)
        balance = billing.balance(session, policy.customer_id, make.NOW)
        assert (balance.outstanding, balance.overdue) == (usd(45_000), usd(15_000))
        assert (balance.next_due_on, balance.next_amount) == (SOON, usd(15_000))
        assert [(i.due_on, i.state) for i in balance.invoices] == [
            (LATE, InvoiceState.OVERDUE),
            (SOON, InvoiceState.OPEN),
            (LATER, InvoiceState.OPEN),
        ]

    def test_due_today_is_not_late(self, session, policy):
        make.an_invoice(session, policy, make.NOW.date())
        assert billing.balance(session, policy.customer_id, make.NOW).overdue == usd(0)

    def test_the_day_is_the_business_s_day(self, session, policy):
        make.care_unit(session)
        make.an_invoice(session, policy, date(2026, 7, 1))
        late_evening_in_london = make.NOW.replace(month=7, day=1, hour=23, minute=30)
        assert billing.balance(session, policy.customer_id, late_evening_in_london).overdue == usd(15_000)

    def test_nobody_owes_what_they_paid_or_what_was_cancelled(self, session, policy):
        for status in ("paid", "cancelled"):
            make.an_invoice(session, policy, LATE, status=status)
        balance = billing.balance(session, policy.customer_id, make.NOW)
        assert (balance.outstanding, balance.invoices, balance.next_due_on) == (usd(0), (), None)
        everything = billing.invoices(session, policy.customer_id, make.NOW, unpaid_only=False)
        assert [invoice.state for invoice in everything] == [InvoiceState.PAID, InvoiceState.CANCELLED]

    def test_another_customer_s_policy_is_not_found(self, session, policy):
        stranger = make.a_customer(session)
        for ask in (billing.invoices, lambda *a, **k: billing.payment_history(*a[:2], **k)):
            with pytest.raises(NotFound):
                ask(session, stranger.id, make.NOW, policy_number=policy.number)


class TestPayment:
    def test_a_finished_page_settles_the_invoices(self, session, policy):
        other = make.a_policy(session, session.get(make.Customer, policy.customer_id))
        make.an_invoice(session, policy, LATE)
        make.an_invoice(session, other, SOON)
        page = pay(session, policy)
        assert page.amount == usd(30_000)
        assert (page.state, page.purpose) == (CheckoutState.OPEN, CheckoutPurpose.PAYMENT)
        assert page.policy_numbers == (policy.number, other.number)
        assert page.reference in page.url
        done = checkouts.complete_payment(session, page.reference, now=make.NOW)
        assert done.state is CheckoutState.COMPLETED
        balance = billing.balance(session, policy.customer_id, make.NOW)
        assert (balance.outstanding, balance.last_payment.method) == (usd(0), "card")
        history = billing.payment_history(session, policy.customer_id)
        assert [payment.policy_number for payment in history] == [other.number, policy.number]
        assert {payment.reference for payment in history} == {page.reference}

    def test_one_policy_alone_can_be_paid(self, session, policy):
        other = make.a_policy(session, session.get(make.Customer, policy.customer_id))
        make.an_invoice(session, policy, LATE)
        make.an_invoice(session, other, SOON, amount_minor=777)
        assert pay(session, policy, policy_number=other.number).amount == usd(777)

    def test_a_part_goes_to_the_oldest_first(self, session, policy):
        for day in (SOON, LATE):
            make.an_invoice(session, policy, day)
        page = pay(session, policy, amount=usd(20_000))
        checkouts.complete_payment(session, page.reference, now=make.NOW)
        balance = billing.balance(session, policy.customer_id, make.NOW)
        assert (balance.overdue, balance.outstanding) == (usd(0), usd(10_000))
        assert balance.invoices[0].outstanding == usd(10_000)

    @pytest.mark.parametrize("minor", [0, -1, 15_001])
    def test_an_amount_that_is_not_owed_is_refused(self, session, policy, minor):
        make.an_invoice(session, policy)
        with pytest.raises(OutOfRange) as refused:
            pay(session, policy, amount=usd(minor))
        assert (refused.value.minimum, refused.value.maximum) == (usd(1), usd(15_000))

    def test_another_currency_is_refused(self, session, policy):
        make.an_invoice(session, policy)
        with pytest.raises(InvalidInput):
            pay(session, policy, amount=Money(100, "EUR"))

    def test_with_nothing_due_no_page_is_opened(self, session, policy):
        with pytest.raises(NotEligible):
            pay(session, policy)

    def test_a_failed_payment_leaves_the_debt(self, session, policy):
        make.an_invoice(session, policy)
        page = pay(session, policy)
        for succeeded in (False, True):  # the first report counts
            outcome = checkouts.complete_payment(session, page.reference, now=make.NOW, succeeded=succeeded)
            assert outcome.state is CheckoutState.FAILED
        assert billing.balance(session, policy.customer_id, make.NOW).outstanding == usd(15_000)

    def test_a_page_expires_but_money_that_moved_is_booked(self, session, policy):
        make.an_invoice(session, policy)
        page = pay(session, policy)
        late = page.valid_until + timedelta(minutes=1)
        assert checkouts.checkout(session, page.reference, late).state is CheckoutState.EXPIRED
        checkouts.complete_payment(session, page.reference, now=late)
        assert billing.balance(session, policy.customer_id, late).outstanding == usd(0)

    def test_an_unknown_page_is_not_found(self, session):
        with pytest.raises(NotFound):
            checkouts.complete_payment(session, "guessed", now=make.NOW)

    def test_reports_side_by_side_book_once(self, store):
        with store.session() as session:
            policy = make.a_policy(session)
            make.an_invoice(session, policy)
            page = pay(session, policy)

        def report(_):
            with store.session() as session:
                return checkouts.complete_payment(session, page.reference, now=make.NOW).state

        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(report, range(4))) == {CheckoutState.COMPLETED}
        with store.reading() as session:
            assert session.query(Payment).count() == 1


class TestAutopay:
    def set_up(self, session, policy, day=15, now=make.NOW):
        return autopay.set_up(
            session, policy.customer_id, policy.number, day=day, provider=PROVIDER, conversation_id=None, now=now
        )

    def active(self, session, policy):
        page = self.set_up(session, policy).checkout
        checkouts.complete_payment(session, page.reference, now=make.NOW)

    def test_it_is_active_once_the_page_is_finished(self, session, policy):
        pending = self.set_up(session, policy)
        assert (pending.state, pending.next_on) == (AutopayState.PENDING, None)
        assert (pending.checkout.purpose, pending.checkout.policy_numbers) == (
            CheckoutPurpose.AUTOPAY,
            (policy.number,),
        )
        checkouts.complete_payment(session, pending.checkout.reference, now=make.NOW)
        (active,) = autopay.status(session, policy.customer_id, make.NOW)
        assert (active.state, active.next_on) == (AutopayState.ACTIVE, date(2026, 12, 15))

    def test_asking_again_shows_the_same_page_until_it_expires(self, session, policy):
        first, again = self.set_up(session, policy), self.set_up(session, policy, day=3)
        assert (again.checkout, again.day) == (first.checkout, 3)
        later = make.NOW + timedelta(hours=2)
        assert autopay.status(session, policy.customer_id, later)[0].state is AutopayState.OFF
        assert self.set_up(session, policy, now=later).checkout.reference != first.checkout.reference

    def test_the_day_can_be_moved(self, session, policy):
        self.active(session, policy)
        moved = autopay.change_day(session, policy.customer_id, policy.number, day=20, now=make.NOW)
        assert moved.next_on == make.NOW.date()

    def test_turned_off_it_stays_off(self, session, policy):
        page = self.set_up(session, policy).checkout
        off = autopay.turn_off(session, policy.customer_id, policy.number, now=make.NOW)
        assert (off.state, off.next_on, off.checkout) == (AutopayState.OFF, None, None)
        checkouts.complete_payment(session, page.reference, now=make.NOW)
        assert autopay.status(session, policy.customer_id, make.NOW)[0].state is AutopayState.OFF
        with pytest.raises(NotEligible):
            autopay.turn_off(session, policy.customer_id, policy.number, now=make.NOW)

    def test_a_failed_page_turns_nothing_on(self, session, policy):
        page = self.set_up(session, policy).checkout
        checkouts.complete_payment(session, page.reference, now=make.NOW, succeeded=False)
        assert autopay.status(session, policy.customer_id, make.NOW)[0].state is AutopayState.OFF

    @pytest.mark.parametrize("day", [0, 29, 31])
    def test_a_day_not_in_every_month_is_refused(self, session, policy, day):
        with pytest.raises(OutOfRange):
            self.set_up(session, policy, day)

    def test_only_active_policies(self, session):
        with pytest.raises(NotEligible):
            self.set_up(session, make.a_policy(session, status=PolicyStatus.CANCELLED))


def test_refunds_are_listed_newest_first(session, policy):
    for days, state in ((30, RefundState.SENT), (3, RefundState.APPROVED)):
        session.add(
            Refund(
                customer_id=policy.customer_id,
                policy_id=policy.id,
                reason="overpayment",
                state=state,
                amount_minor=4_200,
                requested_at=make.NOW - timedelta(days=days),
                expected_on=date(2026, 12, 1),
            )
        )
    session.flush()
    refunds = billing.refund_status(session, policy.customer_id)
    assert [refund.state for refund in refunds] == [RefundState.APPROVED, RefundState.SENT]
    assert (refunds[0].amount, refunds[0].policy_number) == (usd(4_200), policy.number)
    assert billing.refund_status(session, make.a_customer(session).id) == []
