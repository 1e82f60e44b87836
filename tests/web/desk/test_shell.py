"""The bar with its ways, and where an offer lies: nothing is cut off, nothing covered, wide or narrow."""

import pytest
from playwright.sync_api import Page, expect

from crm.domain.staff import Role
from gateway.desk.rendering import NAV
from tests.browser import arriving
from tests.web.desk.test_access import NARROW, WIDE, findings

MIDDLE = {"width": 800, "height": 900}


def fits(page: Page, selector: str) -> bool:
    return page.locator(selector).evaluate("place => place.scrollWidth <= place.clientWidth")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("viewport", [WIDE, MIDDLE, NARROW])
def test_the_bar_holds_everything_an_administrator_may_see(stage, open_desk, language, viewport):
    page = open_desk(stage.colleague("Ann Boss", Role.ADMIN, language), viewport=viewport)
    expect(page.locator(".presence select")).to_be_visible()
    assert fits(page, "html")
    assert fits(page, ".bar")
    menu = page.locator(".pages > summary" if viewport is NARROW else ".setup > summary")
    menu.click()
    shown = page.locator(".bar nav a:visible")
    expect(shown).to_have_count(len(NAV))
    assert findings(page) == []
    with arriving(page):
        shown.last.click()
    expect(page).to_have_url(f"{stage.url}{NAV[-1].href}")


def test_who_may_see_little_needs_no_menu(stage, open_desk):
    page = open_desk(stage.colleague(), viewport=NARROW)
    expect(page.locator(".bar nav a:visible")).to_have_count(2)
    expect(page.locator(".pages")).to_have_count(0)


@pytest.mark.parametrize("viewport", [WIDE, MIDDLE, NARROW])
def test_an_offer_covers_nothing_that_is_needed_in_the_conversation(stage, open_desk, viewport):
    ada, bo = stage.colleague("Ada Moreau"), stage.colleague("Bo Lindqvist")
    own = stage.take(stage.wish("hello", name=("Jonas", "Whitfield")), ada)
    page = open_desk(ada, f"/desk/conversations/{own.conversation_id}", viewport=viewport)
    expect(page.locator("body[data-live=yes]")).to_be_visible()
    stage.offer(bo, ada)
    expect(page.locator("[data-offer]")).to_be_visible()
    for needed in ("#do-transfer", "#do-back", "#do-close", "#words", ".send"):
        page.locator(needed).click(trial=True)
