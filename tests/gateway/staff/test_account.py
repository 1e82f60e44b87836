"""What members of staff change of their own account."""

import re

import pyotp
import pytest

from crm.domain import Role
from crm.services import staff
from tests.factories.staff import PASSWORD

NEW = "another quiet harbour"


@pytest.fixture
async def agent(browse):
    browser = browse()
    await browser.log_in("agent")
    await browser.get("/desk/account")
    return browser


async def turn_on(browser, clock):
    """Turn the second factor on; its secret and the recovery codes."""
    await browser.get("/desk/account")
    page = await browser.post("/desk/account/second-factor", password=PASSWORD)
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text).group(1).replace(" ", "")
    page = await browser.post("/desk/account/second-factor/confirm", code=pyotp.TOTP(secret).at(clock.now))
    clock.go_on(minutes=2)
    return secret, re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", page.text)


async def test_language_and_colours_hold_on_the_next_page(agent):
    await agent.post("/desk/account/preferences", language="zh", theme="dark")
    page = (await agent.get("/desk/account")).text
    assert '<html lang="zh-CN" data-theme="dark">' in page
    assert "我的账号" in page


async def test_a_language_that_there_is_not_changes_nothing(agent):
    await agent.post("/desk/account/preferences", language="tlh", theme="dark")
    assert '<html lang="en" data-theme="auto">' in (await agent.get("/desk/account")).text


async def test_another_password_keeps_this_browser_in_and_puts_all_others_out(agent, browse):
    other = browse()
    await other.log_in("agent")
    answer = await agent.post("/desk/account/password", current=PASSWORD, new=NEW, again=NEW)
    assert answer.headers["location"] == "/desk/account?done=password"
    assert (await agent.get("/desk/account")).status_code == 200
    assert (await other.get("/desk/account")).status_code == 303
    assert (await other.log_in("agent")).status_code == 401
    assert (await other.log_in("agent", NEW)).status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "again", "words"),
    [
        (PASSWORD, NEW, NEW + "!", "not the same"),
        (PASSWORD, "short", "short", "at least 12"),
        (PASSWORD, "my name is agent", "my name is agent", "user name"),
        (PASSWORD, PASSWORD, PASSWORD, "the one you have"),
        ("wrong", NEW, NEW, "present password is not right"),
    ],
)
async def test_a_password_that_cannot_be_is_refused_with_the_reason(agent, current, new, again, words):
    answer = await agent.post("/desk/account/password", current=current, new=new, again=again)
    assert answer.status_code == 422
    assert words in answer.text


async def test_somebody_at_an_open_desk_cannot_try_passwords(agent):
    for _ in range(5):
        await agent.post("/desk/account/password", current="wrong", new=NEW, again=NEW)
    answer = await agent.post("/desk/account/password", current=PASSWORD, new=NEW, again=NEW)
    assert answer.status_code == 422


async def test_with_a_second_factor_the_password_alone_does_not_let_in(agent, browse, clock):
    secret, _ = await turn_on(agent, clock)
    browser = browse()
    page = await browser.log_in("agent")
    assert page.status_code == 200
    assert not browser.is_in
    wrong = await browser.post("/desk/login/code", code="000000", next="/desk/account")
    assert wrong.status_code == 401
    right = await browser.post("/desk/login/code", code=pyotp.TOTP(secret).at(clock.now), next="/desk/account")
    assert (right.status_code, right.headers["location"]) == (303, "/desk/account")
    assert (await browser.get("/desk/account")).status_code == 200


async def test_a_code_that_somebody_looked_at_lets_nobody_else_in(agent, browse, clock):
    secret, _ = await turn_on(agent, clock)
    code = pyotp.TOTP(secret).at(clock.now)
    for status in (303, 401):
        browser = browse()
        await browser.log_in("agent")
        assert (await browser.post("/desk/login/code", code=code)).status_code == status


async def test_a_recovery_code_lets_in_once(agent, browse, clock):
    _, codes = await turn_on(agent, clock)
    assert len(set(codes)) == 10
    for status in (303, 401):
        browser = browse()
        await browser.log_in("agent")
        assert (await browser.post("/desk/login/code", code=codes[0])).status_code == status
    assert "Recovery codes left: 9." in (await agent.get("/desk/account")).text


async def test_the_second_step_has_five_minutes(agent, browse, clock):
    secret, _ = await turn_on(agent, clock)
    browser = browse()
    await browser.log_in("agent")
    clock.go_on(minutes=6)
    answer = await browser.post("/desk/login/code", code=pyotp.TOTP(secret).at(clock.now))
    assert answer.status_code == 401
    assert "open too long" in answer.text


async def test_the_second_step_alone_lets_nobody_in(browse):
    browser = browse()
    await browser.get("/desk/login")
    assert (await browser.post("/desk/login/code", code="123456")).status_code == 401
    assert not browser.is_in


async def test_a_second_factor_is_turned_on_and_off_with_the_password_only(agent, clock):
    assert (await agent.post("/desk/account/second-factor", password="wrong")).status_code == 403
    await turn_on(agent, clock)
    await agent.get("/desk/account")
    assert (await agent.post("/desk/account/second-factor/off", password="wrong")).status_code == 403
    answer = await agent.post("/desk/account/second-factor/off", password=PASSWORD)
    assert answer.headers["location"] == "/desk/account?done=second_factor_off"


async def test_a_wrong_first_code_shows_the_same_key_again(agent):
    page = await agent.post("/desk/account/second-factor", password=PASSWORD)
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page.text).group(1)
    again = await agent.post("/desk/account/second-factor/confirm", code="000000")
    assert (again.status_code, secret in again.text) == (422, True)


async def test_new_recovery_codes_are_shown_once(agent, clock):
    _, old = await turn_on(agent, clock)
    await agent.get("/desk/account")
    page = await agent.post("/desk/account/second-factor/codes", password=PASSWORD)
    new = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", page.text)
    assert len(new) == 10
    assert not set(new) & set(old)
    assert new[0] not in (await agent.get("/desk/account")).text


async def test_every_place_of_a_log_in_is_shown_and_can_be_ended(agent, browse):
    other = browse(address="192.0.2.77")
    await other.log_in("agent")
    page = (await agent.get("/desk/account")).text
    assert "192.0.2.77" in page
    ends = re.findall(r'action="(/desk/account/sessions/[0-9a-f]{32}/end)"', page)
    here = re.search(r'class="chip mine">here</span>.*?action="([^"]+)"', page, re.DOTALL).group(1)
    (there,) = set(ends) - {here}
    assert (await agent.post(there)).headers["location"] == "/desk/account?done=session"
    assert (await other.get("/desk/account")).status_code == 303
    assert (await agent.get("/desk/account")).status_code == 200


async def test_logging_out_everywhere_ends_this_session_too(agent, browse):
    other = browse()
    await other.log_in("agent")
    assert (await agent.post("/desk/account/sessions/end")).headers["location"] == "/desk/login?out"
    assert [(await browser.get("/desk/account")).status_code for browser in (agent, other)] == [303, 303]


async def test_nobody_ends_the_session_of_a_colleague(agent, browse, app):
    other = browse()
    await other.log_in("supervisor")
    present = await app.state.entrance.door.present(other.http.cookies["careline_staff"])
    await agent.post(f"/desk/account/sessions/{present.member.session_id}/end")
    assert (await other.get("/desk/account")).status_code == 200


async def test_whoever_comes_through_the_provider_has_no_password_to_change(store, app, browse):
    from crm.services.staff_single_sign_on import Identity
    from gateway.staff.door import Visitor

    identity = Identity("https://id.example", "s-1", "kim", "Kim", None, "en", Role.AGENT)
    entered = await app.state.entrance.door.sign_on(identity, Visitor("192.0.2.1", "Test"))
    browser = browse()
    browser.http.cookies.set("careline_staff", entered.token, domain="desk.test")
    page = (await browser.get("/desk/account")).text
    assert "/desk/account/password" not in page
    assert "second-factor" not in page


# The administration of accounts


@pytest.fixture
async def admin(browse):
    browser = browse()
    await browser.log_in("admin")
    await browser.get("/desk/staff")
    return browser


async def test_an_account_is_made_and_used(admin, browse):
    page = await admin.post("/desk/staff", username="mia", name="Mia Chen", role="supervisor", language="zh")
    password = re.search(r"<code>((?:[a-z0-9]{5}-){3}[a-z0-9]{5})</code>", page.text).group(1)
    assert page.headers["cache-control"] == "no-store"
    mia = browse()
    assert (await mia.log_in("mia", password)).status_code == 303
    assert (await mia.get("/desk/board")).headers["location"] == "/desk/account/password"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"username": "agent"}, "taken"),
        ({"username": "m m"}, "cannot be one"),
        ({"username": "mia", "role": "king"}, "no such role"),
        ({"username": "mia", "employee": "99"}, "no such employee"),
        ({"username": "mia", "employee": "x"}, "no such employee"),
        ({"username": "mia", "language": "tlh"}, "language"),
    ],
)
async def test_an_account_that_cannot_be_is_refused_with_the_reason(admin, fields, words):
    answer = await admin.post("/desk/staff", **fields)
    assert answer.status_code == 422
    assert words in answer.text


async def test_an_account_is_changed(admin, store, people):
    where = f"/desk/staff/{people['agent'].id}"
    await admin.get(where)
    answer = await admin.post(where, name="Ana Lee", role="analyst")
    assert answer.headers["location"] == f"{where}?done=changed"
    with store.reading() as session:
        changed = staff.account(session, people["agent"].id)
    assert (changed.name, changed.role) == ("Ana Lee", Role.ANALYST)


async def test_a_disabled_account_is_out_until_it_is_enabled(admin, browse, people):
    agent, where = browse(), f"/desk/staff/{people['agent'].id}"
    await agent.log_in("agent")
    await admin.get(where)
    await admin.post(f"{where}/disable")
    assert (await agent.get("/desk/account")).status_code == 303
    assert (await agent.log_in("agent")).status_code == 401
    await admin.get(where)
    await admin.post(f"{where}/enable")
    assert (await agent.log_in("agent")).status_code == 303


async def test_a_new_password_puts_out_and_is_changed_first(admin, browse, people):
    agent, where = browse(), f"/desk/staff/{people['agent'].id}"
    await agent.log_in("agent")
    await admin.get(where)
    page = await admin.post(f"{where}/password")
    password = re.search(r"<code>((?:[a-z0-9]{5}-){3}[a-z0-9]{5})</code>", page.text).group(1)
    assert (await agent.get("/desk/account")).status_code == 303
    await agent.log_in("agent", password)
    assert (await agent.get("/desk/account")).headers["location"] == "/desk/account/password"


async def test_an_administrator_helps_whoever_lost_their_phone(admin, agent, browse, clock, people):
    await turn_on(agent, clock)
    where = f"/desk/staff/{people['agent'].id}"
    await admin.get(where)
    await admin.post(f"{where}/second-factor/off")
    assert (await browse().log_in("agent")).status_code == 303


async def test_the_last_administrator_is_kept(admin, people):
    where = f"/desk/staff/{people['admin'].id}"
    await admin.get(where)
    answer = await admin.post(f"{where}/disable")
    assert (answer.status_code, "last administrator" in answer.text) == (422, True)


@pytest.mark.parametrize("verb", ["", "/password", "/disable", "/enable", "/sessions/end", "/second-factor/off"])
async def test_an_account_that_there_is_not_is_told_so(admin, verb):
    answer = await admin.post(f"/desk/staff/999{verb}", name="x", role="agent")
    assert answer.status_code in (404, 303)
    assert (await admin.get("/desk/staff/999")).status_code == 404


async def test_names_are_shown_as_they_are_and_nothing_of_them_runs(admin):
    await admin.post("/desk/staff", username="mia", name="<img src=x onerror=alert(1)>")
    page = (await admin.get("/desk/staff")).text
    assert "<img" not in page
    assert "&lt;img src=x" in page


async def test_looks_and_changes_are_entered(admin, entered, people):
    await admin.get(f"/desk/staff/{people['agent'].id}")
    await admin.post(f"/desk/staff/{people['agent'].id}/disable")
    who = f"account={people['agent'].id}"
    told = [(verb, fields) for verb, area, fields in entered() if area == "staff_accounts"]
    assert ("read", "") in told
    assert ("read", who) in told
    assert ("change", f"{who} disabled") in told
