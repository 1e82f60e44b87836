"""What the guard does with requests, page by page and call by call."""

import re
from datetime import timedelta

import pyotp
import pytest
from fastapi import Request

from crm.domain import Role
from crm.domain.staff import StaffMember
from crm.services import staff, staff_sessions
from gateway.staff.guard import guard_of
from gateway.staff.state import entrance_of
from tests.factories.staff import PASSWORD
from tests.gateway.staff.conftest import Browser, door_app

HTMX = {"hx-request": "true"}


@pytest.fixture
async def supervisor(browse):
    browser = browse()
    await browser.log_in("supervisor")
    await browser.get("/desk/account")
    return browser


async def test_a_role_without_the_permission_gets_a_page_that_says_so(browse):
    browser = browse()
    await browser.log_in("agent")
    answer = await browser.get("/desk/board")
    assert answer.status_code == 403
    assert "Your role does not include this." in answer.text


async def test_a_refusal_is_entered(browse, entered):
    browser = browse()
    await browser.log_in("agent")
    await browser.get("/desk/board")
    assert ("refused", "staff_accounts", "permission=board") in entered()


async def test_htmx_is_led_to_the_log_in_and_back_to_the_page_it_was_on(browse):
    headers = {**HTMX, "hx-current-url": "http://desk.test/desk/board?team=motor"}
    answer = await browse().get("/desk/board/part", headers=headers)
    answer = await browse().get("/desk/board", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/desk/login?next=/desk/board%3Fteam%3Dmotor"


async def test_htmx_gets_words_instead_of_a_page(browse):
    browser = browse()
    await browser.log_in("agent")
    answer = await browser.get("/desk/board", headers=HTMX)
    assert (answer.status_code, answer.headers["content-type"]) == (403, "text/plain; charset=utf-8")


async def test_a_change_without_the_secret_is_refused(supervisor):
    assert (await supervisor.http.post("/desk/board")).status_code == 403
    assert (await supervisor.http.post("/desk/board", data={"csrf": "other"})).status_code == 403


async def test_a_change_with_the_secret_in_a_field_or_header_is_made(supervisor):
    secret = supervisor.csrf
    assert (await supervisor.http.post("/desk/board", data={"csrf": secret})).status_code == 200
    assert (await supervisor.http.post("/desk/board", headers={"x-csrf-token": secret})).status_code == 200


async def test_a_form_with_files_is_not_read_for_its_secret(supervisor):
    form, secret = {"csrf": (None, supervisor.csrf)}, {"x-csrf-token": supervisor.csrf}
    assert (await supervisor.http.post("/desk/board", files=form)).status_code == 403
    assert (await supervisor.http.post("/desk/board", files=form, headers=secret)).status_code == 200


async def test_the_secret_of_another_session_is_none(supervisor, browse):
    other = browse()
    await other.log_in("supervisor")
    await other.get("/desk/account")
    assert (await supervisor.http.post("/desk/board", data={"csrf": other.csrf})).status_code == 403


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"sec-fetch-site": "same-site"}])
async def test_a_change_from_another_site_is_refused_even_with_the_secret(supervisor, headers):
    answer = await supervisor.http.post("/desk/board", headers={"x-csrf-token": supervisor.csrf, **headers})
    assert answer.status_code == 403


async def test_the_api_says_in_json_what_is_missing(browse):
    browser = browse()
    answer = await browser.get("/api/board")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    await browser.log_in("agent")
    answer = await browser.get("/api/board")
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:careline:problem:forbidden")


async def test_the_api_takes_the_session_s_cookie(supervisor):
    assert (await supervisor.get("/api/board")).json() == {"name": "Supervisor", "same": True}


async def test_the_api_takes_the_secret_in_the_header_only(supervisor):
    secret = supervisor.csrf
    assert (await supervisor.http.post("/api/board", data={"csrf": secret})).status_code == 403
    assert (await supervisor.http.post("/api/board", headers={"x-csrf-token": secret})).status_code == 200


async def test_a_token_nobody_knows_is_refused_beside_a_good_cookie(supervisor):
    answer = await supervisor.get("/api/board", headers={"authorization": "Bearer guessed"})
    assert answer.status_code == 401


async def test_a_token_that_is_known_needs_no_secret(store, clock, people):
    from crm.services.staff_roles import permissions_of
    from gateway.staff.guard import Guard, install

    robot = StaffMember(7, None, "Robot", Role.ANALYST, permissions_of(Role.ANALYST), "en", "auto", "", "")
    app = door_app(store, clock)
    install(app, Guard(app.state.entrance.door, lambda _, token, now: robot if token == "good" else None))
    browser = Browser(app)
    assert (await browser.http.post("/api/board", headers={"authorization": "bearer good"})).status_code == 200
    assert (await browser.http.post("/api/board", headers={"authorization": "Bearer bad"})).status_code == 401
    assert (await browser.http.post("/api/board", headers={"authorization": "Basic good"})).status_code == 401
    await app.state.entrance.close()


async def test_a_change_of_role_holds_with_the_next_request(supervisor, store, people):
    assert (await supervisor.get("/desk/board")).status_code == 200
    with store.session() as session:
        staff.change(session, people["supervisor"].id, role=Role.AGENT)
    assert (await supervisor.get("/desk/board")).status_code == 403


async def test_a_connection_that_stays_open_learns_that_the_session_ended(app, store, people, browse, clock):
    browser = browse()
    await browser.log_in("agent")
    door, guard = app.state.entrance.door, app.state.guard
    member = (await door.present(browser.http.cookies["careline_staff"])).member
    request = Request({"type": "http", "headers": []})
    assert await guard.is_still_in(request, member)
    with store.session() as session:
        staff.disable(session, people["agent"].id, now=clock.now)
    assert not await guard.is_still_in(request, member)


@pytest.mark.parametrize("cookie", ["", "x" * 5000, "\x7f", "a b"])
async def test_a_strange_cookie_is_nobody(browse, cookie):
    answer = await browse().get("/desk/board", headers={"cookie": f"careline_staff={cookie}"})
    assert answer.status_code == 303


def test_what_routes_find_on_the_application(app):
    request = type("Request", (), {"app": app})()
    assert guard_of(request) is app.state.guard
    assert entrance_of(request) is app.state.entrance


@pytest.fixture
async def strict(store, clock, people):
    """A desk at which supervisors need a second factor."""
    app = door_app(store, clock, staff_second_factor="supervisor, admin")
    yield app
    await app.state.entrance.close()


async def test_a_role_that_needs_a_second_factor_is_led_to_where_it_is_turned_on(strict):
    browser = Browser(strict)
    await browser.log_in("supervisor")
    assert (await browser.get("/desk/board")).headers["location"] == "/desk/account"
    assert (await browser.get("/api/board")).json()["type"] == "urn:careline:problem:second_factor"
    assert (await browser.get("/desk/account/password")).headers["location"] == "/desk/account"
    page = await browser.get("/desk/account")
    assert "Your role needs a second factor" in page.text
    assert "sse-connect" not in page.text


async def test_with_it_the_desk_opens(strict):
    browser = Browser(strict)
    await browser.log_in("supervisor")
    await browser.get("/desk/account")
    shown = await browser.post("/desk/account/second-factor", password=PASSWORD)
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", shown.text).group(1).replace(" ", "")
    now = strict.state.entrance.door.now()
    await browser.post("/desk/account/second-factor/confirm", code=pyotp.TOTP(secret).at(now))
    assert (await browser.get("/desk/board")).status_code == 200


async def test_other_roles_need_none(strict):
    browser = Browser(strict)
    await browser.log_in("analyst")
    assert (await browser.get("/desk/board")).status_code == 200


async def test_whom_the_provider_vouches_for_needs_none_of_ours(strict, store, people, clock):
    with store.session() as session:
        token = staff_sessions.start(
            session, people["supervisor"].id, method="oidc", address="", browser="", now=clock(),
            lasts=timedelta(hours=1),
        )  # fmt: skip
    browser = Browser(strict)
    assert (await browser.get("/desk/board", headers={"cookie": f"careline_staff={token}"})).status_code == 200
