"""The sandbox payment page."""

from datetime import datetime, timedelta, timezone

import httpx
import pytest

from crm.payments import SandboxPayments
from crm.services import autopay, billing, checkouts
from tests.factories.crm import a_conversation, a_customer, a_policy, an_invoice
from tests.gateway.harness import house


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as built:
        yield built


@pytest.fixture
async def http(home):
    async with httpx.AsyncClient(base_url=home.url) as client:
        yield client


def opened(home, *, ago: timedelta = timedelta(0)) -> checkouts.CheckoutView:
    """A payment page over 150.00 that was opened some time ago."""
    moment = datetime.now(timezone.utc) - ago
    with home.store.session() as session:
        policy = a_policy(session, a_customer(session), number="PA-7654321")
        an_invoice(session, policy)
        conversation = a_conversation(session)
        return checkouts.start_payment(
            session, policy.customer_id, provider=SandboxPayments(), conversation_id=conversation.id, now=moment
        )


def paid(home) -> int:
    with home.store.reading() as session:
        from crm.schema import Payment

        return session.query(Payment).count()


async def test_the_page_says_what_is_paid_and_nothing_about_the_customer(home, http):
    page = await http.get(opened(home).url)
    assert page.status_code == 200
    assert "150.00" in page.text
    assert "…321" in page.text
    assert "PA-7654321" not in page.text
    assert "Imogen" not in page.text
    assert "Thackeray" not in page.text
    assert "<input" not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"


async def test_the_page_speaks_the_customer_s_language(home, http):
    page = await http.get(opened(home).url, params={"lang": "zh"})
    assert 'lang="zh"' in page.text
    assert "确认支付" in page.text


async def test_paying_books_the_payment_and_says_so(home, http):
    view = opened(home)
    answer = await http.post(f"/pay/{view.reference}/done", follow_redirects=True)
    assert "it is paid" in answer.text
    assert paid(home) == 1
    with home.store.reading() as session:
        from crm.schema import Customer

        customer = session.query(Customer).one()
        assert billing.balance(session, customer.id, datetime.now(timezone.utc)).outstanding.minor == 0


async def test_paying_twice_books_once(home, http):
    view = opened(home)
    for _ in range(2):
        answer = await http.post(f"/pay/{view.reference}/done", follow_redirects=True)
    assert answer.status_code == 200
    assert paid(home) == 1


async def test_cancelling_takes_nothing_and_closes_the_page(home, http):
    view = opened(home)
    answer = await http.post(f"/pay/{view.reference}/cancelled", follow_redirects=True)
    assert "Not paid" in answer.text
    await http.post(f"/pay/{view.reference}/done")
    assert paid(home) == 0


async def test_an_old_page_takes_no_payment(home, http):
    view = opened(home, ago=timedelta(hours=2))
    assert (await http.get(view.url)).status_code == 410
    answer = await http.post(f"/pay/{view.reference}/done", follow_redirects=True)
    assert "expired" in answer.text
    assert paid(home) == 0


@pytest.mark.parametrize("reference", ["A" * 32, "x", "..%2f..%2fetc", "A" * 200])
async def test_an_unknown_page(http, reference):
    assert (await http.get(f"/pay/{reference}")).status_code == 404
    assert (await http.post(f"/pay/{reference}/done")).status_code == 404


async def test_agreeing_turns_automatic_payment_on(home, http):
    now = datetime.now(timezone.utc)
    with home.store.session() as session:
        policy = a_policy(session, number="PA-7654321")
        view = autopay.set_up(
            session, policy.customer_id, policy.number, day=5, provider=SandboxPayments(), conversation_id=None, now=now
        )
        customer = policy.customer_id
    page = await http.get(view.checkout.url)
    assert "Agree to automatic payment" in page.text
    await http.post(f"/pay/{view.checkout.reference}/done")
    with home.store.reading() as session:
        assert autopay.status(session, customer, now)[0].state == "active"
