"""The pages about webhooks, as an administrator's browser without scripts uses them."""

import html
import re
from datetime import timedelta

import httpx
import pytest

from crm.domain import Role
from crm.domain.webhooks import DeliveryState, WebhookEvent
from crm.services import staff_sessions, webhooks
from gateway.clock import utc_now
from gateway.desk.rendering import TEXTS
from tests.factories.staff import an_account
from tests.gateway.harness import house

URL = "https://hooks.invalid/careline"


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as built:
        yield built


@pytest.fixture
async def admin(home):
    with home.store.session() as session:
        account = an_account(session, "admin", role=Role.ADMIN)
        token = staff_sessions.start(
            session, account.id, method="password", address="192.0.2.1", browser="Test", now=utc_now(),
            lasts=timedelta(hours=1),
        )  # fmt: skip
    headers = {"cookie": f"careline_staff={token}", "X-CSRF-Token": staff_sessions.csrf_of(token)}
    async with httpx.AsyncClient(base_url=home.url, headers=headers, timeout=60) as http:
        yield http


async def add(admin, **values):
    return await admin.post("/desk/webhooks", data={"url": URL, "events": ["handoff.closed"]} | values)


def held(home):
    with home.store.reading() as session:
        return webhooks.webhooks(session)


async def test_the_secret_is_shown_once(admin, home):
    page = await add(admin)
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", html.unescape(page.text))
    assert len(secret) > 40
    assert [hook.events for hook in held(home)] == [("handoff.closed",)]
    for path in ("/desk/webhooks", f"/desk/webhooks/{held(home)[0].id}"):
        assert "whsec_" not in (await admin.get(path)).text


@pytest.mark.parametrize("values", [{"url": "javascript:alert(1)"}, {"events": []}, {"events": ["nothing"]}])
async def test_what_cannot_be_added_is_said(admin, home, values):
    page = await add(admin, **values)
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    assert held(home) == []


async def test_a_test_is_sent_and_seen(admin, home):
    await add(admin)
    hook_id = held(home)[0].id
    assert (await admin.post(f"/desk/webhooks/{hook_id}/test")).status_code == 303
    assert "Test" in (await admin.get(f"/desk/webhooks/{hook_id}")).text


async def test_a_delivery_can_be_sent_again(admin, home):
    await add(admin)
    hook_id = held(home)[0].id
    with home.store.session() as session:
        delivery = webhooks.test(session, hook_id, now=utc_now() + timedelta(days=9))  # nobody sends it yet
    answer = await admin.post(f"/desk/webhooks/{hook_id}/deliveries/{delivery.id}/redeliver")
    assert answer.status_code == 303
    with home.store.reading() as session:
        assert webhooks.deliveries(session, hook_id)[0].due_at < delivery.due_at


async def test_it_can_be_deleted(admin, home):
    await add(admin)
    assert (await admin.post(f"/desk/webhooks/{held(home)[0].id}/delete")).status_code == 303
    assert held(home) == []


@pytest.mark.parametrize("language", sorted(TEXTS.languages))
def test_every_event_state_and_failure_has_its_words(language):
    events = [event.partition(".")[2] for event in (*WebhookEvent, webhooks.TEST)]
    failures = ("plain", "private", "unknown_host", "timeout", "no_connection")
    for key in (
        *(f"event_{e}" for e in events),
        *(f"is_{s}" for s in DeliveryState),
        *(f"error_{f}" for f in failures),
    ):
        assert TEXTS.get(language, f"webhooks.{key}")
