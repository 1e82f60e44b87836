"""What goes wrong is told as a problem in JSON, and nobody gets further than they may."""

from datetime import timedelta

import pytest

from crm.domain import Role
from crm.domain.staff import Permission
from crm.services import staff_sessions
from gateway.clock import utc_now
from tests.factories.staff import an_account
from tests.gateway.api.conftest import Caller

NOWHERE = "0" * 32


def is_problem(answer, status):
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert told["status"] == answer.status_code == status
    assert told["type"].startswith("urn:careline:problem:")
    assert told["title"]
    assert told["detail"]
    return told


async def test_nobody_is_let_in_without_a_token(http):
    answer = await http.get("/api/v1/queue")
    is_problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", ["careline_none", "x", "careline_" + "y" * 5000])
async def test_a_wrong_token_is_nobody(http, token):
    is_problem(await http.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"}), 401)


async def test_a_scope_that_is_missing_is_named(home, http):
    narrow = Caller(home, http, "Lee Moss", Role.AGENT, scopes={Permission.TAKE})
    assert "queue_view" in is_problem(await narrow("GET", "/queue"), 403)["detail"]


async def test_force_takes_its_own_permission(agent):
    is_problem(await agent("POST", "/handoffs/1/take", json={"force": True}), 403)


@pytest.mark.parametrize("path", ["/nowhere", f"/conversations/{NOWHERE}", "/handoffs/4711"])
async def test_what_is_not_there_is_a_404(admin, path):
    is_problem(await admin("GET", path), 404)


async def test_another_method_is_a_405(admin):
    answer = await admin("PATCH", "/queue")
    is_problem(answer, 405)
    assert "GET" in answer.headers["allow"]


async def test_every_wrong_field_is_named_and_nothing_is_echoed(admin):
    wish = {"name": "N", "scopes": ["everything-secret"], "days": 0, "more": 1}
    answer = await admin("POST", "/tokens", json=wish)
    told = is_problem(answer, 422)
    assert {each["field"] for each in told["errors"]} == {"body.scopes.0", "body.days", "body.more"}
    assert "everything-secret" not in answer.text


async def test_what_is_no_json_is_a_422(admin):
    is_problem(await admin("POST", "/tokens", content=b"{", headers={"content-type": "application/json"}), 422)


async def test_a_body_that_is_too_long_is_refused_before_it_is_read(home, http):
    long = b'{"text": "' + b"x" * home.settings.max_payload + b'"}'

    async def in_pieces():
        for start in range(0, len(long), 4096):
            yield long[start : start + 4096]

    headers = {"content-type": "application/json"}
    where = f"/api/v1/conversations/{NOWHERE}/messages"
    is_problem(await http.post(where, content=in_pieces(), headers=headers), 413)


async def test_who_is_too_fast_has_to_wait(home, agent):
    home.gateway._pace.by_account.spend(str(agent.account_id), home.settings.api_burst + 100)
    answer = await agent("GET", "/me")
    is_problem(answer, 429)
    assert answer.headers["retry-after"]


async def test_a_session_of_the_desk_needs_its_secret_for_changes(home, http):
    with home.store.session() as session:
        account = an_account(session, "kim", role=Role.ADMIN)
        token = staff_sessions.start(
            session, account.id, method="password", address="192.0.2.1", browser="Test", now=utc_now(),
            lasts=timedelta(hours=1),
        )  # fmt: skip
    cookie = {"cookie": f"careline_staff={token}"}
    assert (await http.get("/api/v1/tokens", headers=cookie)).status_code == 200
    is_problem(await http.delete("/api/v1/tokens/1", headers=cookie), 403)
    secret = {"X-CSRF-Token": staff_sessions.csrf_of(token)}
    is_problem(await http.delete("/api/v1/tokens/1", headers=cookie | secret), 404)


async def test_a_token_makes_no_token_that_may_more_than_itself(home, http):
    narrow = Caller(home, http, "Kim Roth", Role.ADMIN, scopes={Permission.TOKENS})
    answer = await narrow("POST", "/tokens", json={"name": "more", "scopes": ["staff_admin"]})
    assert is_problem(answer, 422)["errors"][0]["field"] == "scopes"


async def test_a_token_is_made_used_and_revoked(http, admin):
    wish = {"name": "Statistics", "scopes": ["figures"], "days": 30}
    made = (await admin("POST", "/tokens", json=wish)).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    assert (await http.get("/api/v1/figures", headers=headers)).status_code == 200
    assert made["token"] not in (await admin("GET", "/tokens")).text
    assert (await admin("DELETE", f"/tokens/{made['shown']['id']}")).json()["revoked_at"]
    is_problem(await http.get("/api/v1/figures", headers=headers), 401)
