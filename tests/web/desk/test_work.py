"""Search, board, figures, review, replies and the side in a real browser."""

import pytest
from playwright.sync_api import expect

from crm.domain.staff import Role
from tests.browser import arriving
from tests.web.desk.test_access import MOST_BYTES, NARROW, WIDE, findings

PAGES = ("/desk/search?words=pipe", "/desk/figures", "/desk/board", "/desk/review", "/desk/canned")
PLACES = ("en", "light", WIDE), ("zh", "dark", WIDE), ("en", "dark", NARROW), ("zh", "light", NARROW)


@pytest.mark.parametrize(("language", "theme", "viewport"), PLACES)
def test_axe_finds_nothing_serious(stage, open_desk, language, theme, viewport):
    sue = stage.colleague("Sue Okafor", Role.SUPERVISOR, language, theme)
    stage.take(stage.wish(("a pipe burst", "file_claim", "Where?"), reason="emergency"), sue)
    for path in PAGES:
        page = open_desk(sue, path, viewport=viewport)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        for folded in page.locator("main details").all():
            folded.evaluate("each => { each.open = true }")
        assert findings(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
        page.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_weighs_less_than_300_kilobytes(stage, open_desk, path):
    page = open_desk(stage.colleague("Sue Okafor", Role.SUPERVISOR), path)
    sizes = page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".map(entry => entry.decodedBodySize)"
    )
    assert 0 < sum(sizes) < MOST_BYTES


def test_a_mistake_is_marked_and_a_tag_set_without_leaving_the_page(stage, open_desk):
    ada = stage.colleague()
    view = stage.take(stage.wish(("can I take my boat along", "greet", "Hello.")), ada)
    page = open_desk(ada, f"/desk/conversations/{view.conversation_id}")

    page.locator(".reading summary").first.click()
    page.get_by_role("button", name="Mark as wrong").click()
    page.get_by_label("What was meant?").select_option("coverage_question")
    page.get_by_role("button", name="Mark as wrong").click()
    expect(page.get_by_text("Really: Is it covered?")).to_be_visible()

    page.get_by_label("New tag").fill("Boat Trip")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("button", name="Remove tag boat-trip")).to_be_visible()


def test_what_is_searched_is_opened_where_it_was_said(stage, open_desk):
    ada = stage.colleague()
    wish = stage.wish(("a pipe burst in the cellar", "file_claim", "Where?"))
    page = open_desk(ada, "/desk/search")

    page.get_by_label("Words").fill("pipes cellar")
    page.keyboard.press("Enter")
    with arriving(page):
        page.locator(".result a").first.click()

    expect(page.get_by_text("a pipe burst in the cellar").first).to_be_visible()
    assert wish.conversation_id in page.url
