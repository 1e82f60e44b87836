"""The desk for everybody: axe finds nothing serious in either language or theme, wide or narrow; pages stay small."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from crm.domain.staff import Role

AXE = (Path(__file__).resolve().parents[3] / "web/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
MOST_BYTES = 300 * 1024


def findings(page: Page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document).then(result => result.violations)")
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node.get('failureSummary', '')}"
        for each in found
        for node in each["nodes"]
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize(
    ("language", "theme", "viewport"),
    [("en", "light", WIDE), ("zh", "dark", WIDE), ("zh", "light", NARROW), ("en", "dark", NARROW)],
)
def test_axe_finds_nothing_serious(stage, open_desk, language, theme, viewport):
    sue = stage.colleague("Sue Okafor", Role.SUPERVISOR, language, theme)
    bo = stage.colleague("Bo Lindqvist")
    stage.wish("hello", reason="emergency", summary="A pipe burst", line="home", about_claim=True)
    stage.wish("hello", reason="complaint", waited=400)
    stage.take(stage.wish("hello", waited=200), bo)
    view = stage.take(stage.wish(("call me on +44 7700 900123", "book_callback", "With pleasure.")), sue)
    stage.offer(bo, sue)
    page = open_desk(sue, viewport=viewport)
    expect(page.locator("[data-offer]")).to_be_visible()
    assert findings(page) == []
    page.keyboard.press("?")
    assert findings(page) == []
    talk = open_desk(sue, f"/desk/conversations/{view.conversation_id}", viewport=viewport)
    expect(talk.locator(".summary-lines")).to_be_visible()
    talk.locator(".reading summary").first.click()
    assert findings(talk) == []
    talk.locator("[data-key=x]").click()
    expect(talk.get_by_role("dialog")).to_be_visible()
    assert findings(talk) == []


@pytest.mark.parametrize("place", ["queue", "conversation"])
def test_a_page_weighs_less_than_300_kilobytes(stage, open_desk, place):
    ada = stage.colleague()
    view = stage.take(stage.wish("hello"), ada)
    path = "/desk" if place == "queue" else f"/desk/conversations/{view.conversation_id}"
    page = open_desk(ada, path)
    expect(page.get_by_text("Loading")).to_have_count(0)
    sizes = page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".map(entry => entry.decodedBodySize)"
    )
    assert 0 < sum(sizes) < MOST_BYTES


def test_a_long_queue_shows_its_beginning_and_stays_small(stage, open_desk):
    sue = stage.colleague("Sue Okafor", Role.SUPERVISOR)
    for number in range(60):
        stage.wish(name=("Maria", f"Keller{number}"), summary="Asks for the third time why nothing happens. " * 4)
    page = open_desk(sue)
    expect(page.locator("[data-rows] > [data-row]")).to_have_count(50)
    expect(page.get_by_text("and 10 more")).to_be_visible()
    assert len(page.content()) + 115 * 1024 < MOST_BYTES


def test_the_page_does_not_scroll_sideways_on_a_phone(stage, open_desk):
    ada = stage.colleague(language="zh")
    stage.wish("hello", summary="很长的说明" * 30)
    view = stage.take(stage.wish("很长的一句话" * 30 + "abcdefghij" * 20), ada)
    for path in ("/desk", f"/desk/conversations/{view.conversation_id}"):
        page = open_desk(ada, path, viewport=NARROW)
        expect(page.get_by_role("main")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
