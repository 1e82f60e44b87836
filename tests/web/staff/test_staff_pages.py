"""Log-in, account, second factor and the administration of accounts in a real browser, and what axe-core says."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.factories.staff import PASSWORD
from tests.web.staff.conftest import findings


def log_in(page: Page, username: str, password: str = PASSWORD) -> None:
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in", exact=True).click()


def turn_on_second_factor(page: Page) -> str:
    """From the account page to the recovery codes; the key that the app would keep."""
    section = page.get_by_role("region", name="Second factor")
    section.get_by_label("Present password").fill(PASSWORD)
    section.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    secret = page.locator("code").inner_text().replace(" ", "")
    page.get_by_label("The six digits").fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    return secret


def next_code(secret: str) -> str:
    """One that was not used yet and is taken already: devices may be half a minute fast."""
    return pyotp.TOTP(secret).at(datetime.now(timezone.utc) + timedelta(seconds=30))


def test_from_the_log_in_over_the_second_factor_to_logging_out(open_desk: Any) -> None:
    page = open_desk("/desk/account")
    expect(page).to_have_title("Log in to the desk · Careline desk")
    log_in(page, "agent", "a wrong password")
    expect(page.get_by_role("alert")).to_contain_text("Check user name and password")
    log_in(page, "agent")
    expect(page.get_by_role("heading", name="My account")).to_be_visible()
    secret = turn_on_second_factor(page)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("Recovery codes left: 10.")).to_be_visible()

    page.locator("summary").filter(has_text="Agent").click()
    page.get_by_role("button", name="Log out", exact=True).first.click()
    expect(page.get_by_role("status")).to_have_text("You are logged out.")

    log_in(page, "agent")
    expect(page.get_by_role("heading", name="Second step")).to_be_visible()
    expect(page.get_by_label("Code")).to_be_focused()
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("That code did not work")
    page.get_by_label("Code").fill(next_code(secret))
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("link", name="Careline desk")).to_be_visible()


def test_the_keyboard_alone_logs_in(open_desk: Any) -> None:
    page = open_desk()
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type("agent")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Careline desk")).to_be_visible()


def test_a_browser_that_speaks_chinese_reads_chinese(open_desk: Any) -> None:
    page = open_desk(locale="zh-CN")
    expect(page.get_by_role("heading", name="登录客服工作台")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_logging_out_everywhere_reaches_the_other_browser(open_desk: Any) -> None:
    here, there = open_desk("/desk/account"), open_desk("/desk/account")
    for page in (here, there):
        log_in(page, "agent")
        expect(page.get_by_role("heading", name="My account")).to_be_visible()
    here.get_by_role("button", name="Log out everywhere").click()
    expect(here.get_by_text("You are logged out.")).to_be_visible()
    there.reload()
    expect(there.get_by_role("heading", name="Log in to the desk")).to_be_visible()


def test_an_administrator_makes_an_account_that_works(open_desk: Any) -> None:
    page = open_desk("/desk/staff")
    log_in(page, "admin")
    page.get_by_label("User name").fill("mia.chen")
    page.get_by_label("Name", exact=True).fill("Mia Chen")
    page.get_by_label("Role").select_option("supervisor")
    page.get_by_role("button", name="Add an account").click()
    password = page.locator("code").nth(1).inner_text()
    mia = open_desk()
    log_in(mia, "mia.chen", password)
    expect(mia.get_by_text("Choose a password of your own before you begin.")).to_be_visible()
    assert mia.locator("body[sse-connect], .presence, .offers-place").count() == 0  # it would be refused them
    mia.get_by_label("Present password").fill(password)
    mia.get_by_label("New password", exact=True).fill("another quiet harbour")
    mia.get_by_label("New password once more").fill("another quiet harbour")
    mia.get_by_role("button", name="Save").click()
    expect(mia.get_by_text("The password is changed.")).to_be_visible()


def test_what_a_role_does_not_include_is_told_and_not_offered(open_desk: Any) -> None:
    page = open_desk("/desk/staff")
    log_in(page, "agent")
    expect(page.get_by_role("heading", name="This is not possible")).to_be_visible()
    expect(page.get_by_role("navigation").get_by_role("link", name="Staff")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_desk: Any, scheme: str) -> None:
    page = open_desk("/desk/account", color_scheme=scheme)
    found = {"log-in": findings(page)}
    log_in(page, "admin", "a wrong password")
    found["failed"] = findings(page)
    log_in(page, "admin")
    found["account"] = findings(page)
    turn_on_second_factor(page)
    found["recovery codes"] = findings(page)
    for path in ("/desk/account/password", "/desk/staff", "/desk/staff/1"):
        page.goto(page.url.partition("/desk")[0] + path)
        found[path] = findings(page)
    assert found == {name: [] for name in found}


@pytest.mark.parametrize("path", ["/desk/account", "/desk/staff", "/desk/account/password"])
def test_no_page_is_wider_than_a_phone(open_desk: Any, path: str) -> None:
    page = open_desk(path, viewport={"width": 390, "height": 844})
    log_in(page, "admin")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
