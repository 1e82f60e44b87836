from datetime import date

import pytest

from actions.billing import BillingBalance, PaymentHistory, RefundStatus
from actions.paying import AskPaymentConfirm, SubmitPayment
from crm.schema import Checkout, Payment, Policy, Refund
from crm.services import verification
from tests.factories.crm import NOW, a_policy, an_invoice


@pytest.fixture
def bills(verified, customer):
    """One bill late and one ahead, on two policies."""
    with verified.store.session() as session:
        for line, due_on in (("auto", date(2026, 11, 1)), ("home", date(2026, 12, 1))):
            policy = session.query(Policy).filter(Policy.number_index == customer[line]).one()
            an_invoice(session, policy, due_on)
    return verified


def pages(desk) -> list[int]:
    """The amounts of the payment pages that were opened."""
    with desk.store.reading() as session:
        return [page.amount_minor for page in session.query(Checkout)]


@pytest.mark.parametrize("action", [BillingBalance, PaymentHistory, RefundStatus, AskPaymentConfirm])
def test_nothing_is_shown_before_verification(desk, customer, action):
    answer = desk.run(action)
    assert answer.messages == []
    assert answer.slots["signal"] == "verify"


class TestBalance:
    def test_what_is_late_is_told_apart(self, bills):
        said = bills.run(BillingBalance).said("utter_balance_overdue")
        assert (said["outstanding"]["minor"], said["overdue"]["minor"]) == (30_000, 15_000)
        assert [row["state"] for row in said["invoices"]] == ["overdue", "open"]

    def test_one_line_alone(self, bills):
        entities = [{"entity": "line_of_business", "value": "home"}]
        said = bills.run(BillingBalance, entities=entities).said("utter_balance_due")
        assert said["outstanding"]["minor"] == 15_000

    def test_nothing_on_a_line_shows_the_rest(self, bills):
        entities = [{"entity": "line_of_business", "value": "life"}]
        assert bills.run(BillingBalance, entities=entities).responses == ["utter_balance_nothing_on_line"]

    def test_nothing_due(self, verified):
        assert verified.run(BillingBalance).responses == ["utter_balance_clear"]

    def test_another_customer_s_policy_is_not_found(self, bills):
        with bills.store.session() as session:
            foreign = a_policy(session).number
        entities = [{"entity": "policy_number", "value": foreign}]
        assert bills.run(BillingBalance, entities=entities).responses == ["utter_billing_no_such_policy"]

    def test_a_broken_store_is_said(self, bills, monkeypatch):
        monkeypatch.setattr("actions.billing.billing.invoices", lambda *a, **k: 1 / 0)
        assert bills.run(BillingBalance).responses == ["utter_service_trouble"]


class TestPayments:
    def test_none(self, verified):
        assert verified.run(PaymentHistory).responses == ["utter_no_payments"]

    def test_they_are_listed(self, bills):
        with bills.store.session() as session:
            policy = session.query(Policy).first()
            invoice = an_invoice(session, policy)
            session.add(Payment(invoice_id=invoice.id, paid_at=NOW, amount_minor=5_000, method="card", reference="r"))
        said = bills.run(PaymentHistory).said("utter_one_payment")
        assert said["payments"][0]["amount"]["minor"] == 5_000
        assert said["payments"][0]["method"] == "card"


class TestRefunds:
    def test_none(self, verified):
        assert verified.run(RefundStatus).responses == ["utter_no_refunds"]

    def test_a_refund_on_its_way(self, verified, customer):
        with verified.store.session() as session:
            policy = session.query(Policy).filter(Policy.number_index == customer["auto"]).one()
            session.add(
                Refund(
                    customer_id=policy.customer_id,
                    policy_id=policy.id,
                    amount_minor=4_200,
                    reason="overpayment",
                    state="approved",
                    requested_at=NOW,
                    expected_on=date(2026, 12, 4),
                )
            )
        refund = verified.run(RefundStatus).said("utter_refunds")["refunds"][0]
        assert (refund["state"], refund["day"], refund["reason"]) == ("approved_dated", "2026-12-04", "overpayment")


class TestPaying:
    def test_the_sum_is_shown_first(self, bills):
        assert bills.run(AskPaymentConfirm).said("utter_pay_all")["amount"]["minor"] == 30_000
        assert pages(bills) == []

    def test_one_policy_or_line(self, bills, customer):
        bills.slots = {"payment_policy": customer["home"]}
        assert bills.run(AskPaymentConfirm).said("utter_pay_all")["amount"]["minor"] == 15_000
        bills.slots = {"payment_line": "auto"}
        assert bills.run(AskPaymentConfirm).said("utter_pay_all")["amount"]["minor"] == 15_000

    def test_nothing_due_on_the_line_is_said(self, bills):
        bills.slots = {"payment_line": "life"}
        answer = bills.run(AskPaymentConfirm)
        assert answer.responses == ["utter_pay_nothing_on_line", "utter_pay_all"]
        assert answer.slots == {"payment_line": None}

    def test_a_part(self, bills):
        bills.slots = {"payment_amount": 50}
        assert bills.run(AskPaymentConfirm).said("utter_pay_part")["amount"]["minor"] == 5_000

    def test_more_than_is_due(self, bills):
        bills.slots = {"payment_amount": 5000}
        answer = bills.run(AskPaymentConfirm)
        assert answer.responses == ["utter_pay_too_much"]
        assert answer.slots["payment_amount"] is None

    def test_nothing_due_ends_it(self, verified):
        answer = verified.run(AskPaymentConfirm)
        assert answer.responses == ["utter_pay_nothing_due"]
        assert answer.slots["signal"] == "abandon"

    def test_a_yes_opens_one_page_however_often_the_turn_is_tried(self, bills):
        bills.slots = {"payment_confirm": True, "payment_amount": 50, "language": "zh"}
        first, second = (bills.run(SubmitPayment).said("utter_payment_page") for _ in range(2))
        assert first["url"] == second["url"]
        assert first["url"].endswith("lang=zh")
        assert pages(bills) == [5_000]

    def test_a_no_opens_none(self, bills):
        bills.slots = {"payment_confirm": False}
        assert bills.run(SubmitPayment).responses == ["utter_pay_not_now"]
        assert pages(bills) == []

    def test_after_the_idle_limit_it_verifies_again(self, bills):
        bills.slots = {"payment_confirm": True}
        with bills.store.session() as session:
            verification.forget(session, bills.conversation_id)
        answer = bills.run(SubmitPayment)
        assert answer.slots == {"payment_confirm": None, "signal": "verify"}

    def test_a_smaller_debt_than_shown_is_shown_again(self, bills):
        bills.slots = {"payment_confirm": True, "payment_amount": 5000}
        assert bills.run(SubmitPayment).slots["payment_confirm"] is None
