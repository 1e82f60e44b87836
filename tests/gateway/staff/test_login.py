"""Logging in and out as a browser sees it."""

import re
from dataclasses import replace

import httpx
import pytest

from crm.domain import Role
from crm.services import staff, staff_passwords
from gateway.limits import Limiter
from gateway.staff.requests import own_page
from tests.factories.staff import PASSWORD, an_account
from tests.gateway.staff.conftest import Browser, door_app


async def test_whoever_is_not_logged_in_is_led_to_the_log_in_and_back(browse):
    browser = browse()
    away = await browser.get("/desk/board?team=motor")
    assert (away.status_code, away.headers["location"]) == (303, "/desk/login?next=/desk/board%3Fteam%3Dmotor")
    await browser.get(away.headers["location"])
    hidden = re.search(r'name="next" value="([^"]+)"', browser.page.text).group(1)
    back = await browser.post("/desk/login", username="supervisor", password=PASSWORD, next=hidden)
    assert (back.status_code, back.headers["location"]) == (303, "/desk/board?team=motor")
    assert (await browser.get(back.headers["location"])).json() == {"name": "Supervisor"}


async def test_the_cookie_is_for_this_site_and_no_script(browse):
    answer = await browse().log_in("agent")
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("careline_staff="))
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


@pytest.mark.parametrize("secure", [True, False])
async def test_over_https_the_cookie_stays_on_https(store, clock, people, secure):
    app = door_app(store, clock, secure=secure)
    browser = Browser(app, base="https://desk.test")
    answer = await browser.log_in("agent")
    assert all("Secure" in value for value in answer.headers.get_list("set-cookie") if "Max-Age=0" not in value)
    await app.state.entrance.close()


@pytest.mark.parametrize(("username", "password"), [("agent", "wrong"), ("nobody", PASSWORD), ("", "")])
async def test_every_failure_has_the_same_words(browse, username, password):
    browser = browse()
    answer = await browser.log_in(username, password)
    assert answer.status_code == 401
    assert "That did not work. Check user name and password." in answer.text
    assert not browser.is_in


async def test_a_pause_has_the_same_words_as_well(browse):
    browser = browse()
    for _ in range(5):
        wrong = await browser.log_in("agent", "wrong")
    paused = await browser.log_in("agent")
    alert = re.compile(r'role="alert">([^<]+)<')
    assert paused.status_code == wrong.status_code == 401
    assert alert.search(paused.text).group(1) == alert.search(wrong.text).group(1)


async def test_two_gateways_count_together(store, clock, people):
    apps = [door_app(store, clock) for _ in range(2)]
    browsers = [Browser(app) for app in apps]
    for turn in range(5):
        await browsers[turn % 2].log_in("agent", "wrong")
    assert [(await browser.log_in("agent")).status_code for browser in browsers] == [401, 401]
    clock.go_on(minutes=1)
    assert (await browsers[1].log_in("agent")).status_code == 303
    for app in apps:
        await app.state.entrance.close()


async def test_a_session_of_one_gateway_is_one_of_the_other(store, clock, people):
    apps = [door_app(store, clock) for _ in range(2)]
    first, second = (Browser(app) for app in apps)
    await first.log_in("supervisor")
    second.http.cookies = first.http.cookies
    assert (await second.get("/desk/board")).status_code == 200
    for app in apps:
        await app.state.entrance.close()


async def test_a_form_that_is_not_ours_logs_nobody_in(browse):
    browser = browse()
    answer = await browser.http.post("/desk/login", data={"username": "agent", "password": PASSWORD, "csrf": "x" * 43})
    assert answer.status_code == 403
    assert not browser.is_in


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
async def test_another_site_s_form_logs_nobody_in(browse, headers):
    browser = browse()
    await browser.get("/desk/login")
    fields = {"username": "agent", "password": PASSWORD, "csrf": browser.csrf}
    assert (await browser.http.post("/desk/login", data=fields, headers=headers)).status_code == 403


async def test_logging_in_gives_a_new_session_whatever_was_in_the_cookie(browse):
    browser = browse()
    browser.http.cookies.set("careline_staff", "chosen-by-somebody-else", domain="desk.test")
    await browser.log_in("agent")
    tokens = {cookie.value for cookie in browser.http.cookies.jar if cookie.name == "careline_staff"}
    assert "chosen-by-somebody-else" not in tokens - {""}


async def test_after_logging_out_the_cookie_is_worth_nothing(browse):
    browser = browse()
    await browser.log_in("supervisor")
    token = browser.http.cookies["careline_staff"]
    await browser.get("/desk/account")
    out = await browser.post("/desk/logout")
    assert (out.status_code, out.headers["location"]) == (303, "/desk/login?out")
    assert not browser.is_in
    browser.http.cookies.set("careline_staff", token, domain="desk.test")
    assert (await browser.get("/desk/board")).status_code == 303


async def test_who_is_logged_in_does_not_see_the_form_again(browse):
    browser = browse()
    await browser.log_in("agent")
    assert (await browser.get("/desk/login?next=/desk/account")).headers["location"] == "/desk/account"


async def test_idle_sessions_end(browse, clock):
    browser = browse()
    await browser.log_in("supervisor")
    clock.go_on(minutes=59)
    assert (await browser.get("/desk/board")).status_code == 200
    clock.go_on(minutes=59)
    assert (await browser.get("/desk/board")).status_code == 200
    clock.go_on(minutes=60)
    assert (await browser.get("/desk/board")).status_code == 303


async def test_what_no_person_asks_for_keeps_nobody_in(browse, clock):
    browser = browse()
    await browser.log_in("supervisor")
    for _ in range(3):
        clock.go_on(minutes=20)
        last = await browser.get("/desk/board", headers={"accept": "text/event-stream"})
    assert last.status_code == 401


async def test_every_session_ends_after_half_a_day(browse, clock):
    browser = browse()
    await browser.log_in("supervisor")
    for _ in range(24):
        clock.go_on(minutes=30)
        last = await browser.get("/desk/board")
    assert last.status_code == 303


async def test_a_hash_with_old_parameters_is_renewed_by_the_next_log_in(store, app, browse):
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(PASSWORD)
    with store.session() as session:
        account = an_account(session, "old", password_hash=old)
    await browse().log_in("old")
    with store.reading() as session:
        assert not staff_passwords.is_outdated(staff.row_of(session, account.id).password_hash)
    assert (await browse().log_in("old")).status_code == 303


@pytest.mark.parametrize(
    ("accepted", "words"), [("zh-CN,zh;q=0.9", "登录客服工作台"), ("fr, en;q=0.5", "Log in to the desk")]
)
async def test_the_log_in_speaks_the_browser_s_language(browse, accepted, words):
    assert words in (await browse().get("/desk/login", headers={"accept-language": accepted})).text


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/desk/board?x=1", "/desk/board?x=1"),
        ("/desk", "/desk"),
        ("/desk/login?next=/desk", "/desk"),
        ("//evil.example", "/desk"),
        ("/\\evil.example", "/desk"),
        ("https://evil.example/desk", "/desk"),
        ("/desk\\..\\evil", "/desk"),
        ("/deskless", "/desk"),
        ("/desk/\r\nset-cookie: a=b", "/desk"),
        ("/desk/" + "x" * 600, "/desk"),
        ("", "/desk"),
        (None, "/desk"),
    ],
)
def test_the_log_in_leads_to_pages_of_the_desk_only(path, where):
    assert own_page(path) == where


async def test_whoever_got_a_password_from_somebody_else_changes_it_first(store, browse):
    with store.session() as session:
        an_account(session, "new", role=Role.SUPERVISOR, must_change_password=True)
    browser = browse()
    await browser.log_in("new")
    assert (await browser.get("/desk/board")).headers["location"] == "/desk/account/password"
    assert (await browser.get("/api/board")).status_code == 403
    for headers in ({"hx-request": "true"}, {"accept": "text/event-stream"}):  # the password page's own
        assert (await browser.get("/desk/board", headers=headers)).status_code == 204
    await browser.get("/desk/account/password")
    own = "another quiet harbour"
    await browser.post("/desk/account/password", current=PASSWORD, new=own, again=own)
    assert (await browser.get("/desk/board")).status_code == 200


async def test_every_log_in_and_failure_is_entered(browse, entered, people):
    browser = browse()
    await browser.log_in("agent", "wrong")
    await browser.log_in("agent")
    await browser.get("/desk/account")
    await browser.post("/desk/logout")
    who = f"account={people['agent'].id}"
    told = [(verb, fields) for verb, area, fields in entered() if area in ("staff_accounts", "staff_sessions")]
    assert told[-3:] == [("login_failed", who), ("login", f"{who} password"), ("logout", who)]


async def test_no_password_reaches_a_log(browse, caplog):
    caplog.set_level(0)
    browser = browse()
    await browser.log_in("agent", "a very secret word")
    await browser.log_in("agent")
    assert "secret word" not in caplog.text
    assert PASSWORD not in caplog.text


async def test_a_name_of_any_kind_does_no_harm(browse):
    browser = browse()
    for name in ("' OR 1=1 --", "<script>alert(1)</script>", "\x00", "米" * 200):
        answer = await browser.log_in(name, "x")
        assert answer.status_code == 401
        assert "<script>alert" not in answer.text


async def test_a_body_that_is_too_long_is_refused(browse):
    browser = browse()
    assert (await browser.log_in("agent", "x" * 1001)).status_code == 422


async def test_a_log_in_in_parts_is_no_log_in(browse):
    """What is not a form carries nothing."""
    browser = browse()
    await browser.get("/desk/login")
    answer: httpx.Response = await browser.http.post("/desk/login", json={"username": "agent", "password": PASSWORD})
    assert answer.status_code == 403


async def test_an_address_that_tries_without_end_is_turned_away_before_any_password_is_compared(app, browse):
    app.state.entrance = replace(app.state.entrance, pace=Limiter(rate=2.0, burst=1.0, clock=lambda: 0.0))

    answers = [(await browse().log_in("agent", "wrong")).status_code for _ in range(3)]

    assert answers == [401, 429, 429]
    assert (await browse(address="192.0.2.77").log_in("agent")).status_code == 303
