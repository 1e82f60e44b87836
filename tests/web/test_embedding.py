"""The widget on somebody else's page: another origin, its own name, colours and language."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.web.fake_server import FakeServer, World
from tests.web.widget import Widget


@pytest.fixture
def visit(open_context: Any) -> Iterator[Any]:
    """Opens a page of another origin that carries the given tags."""
    world = World()
    elsewhere = FakeServer(world)
    elsewhere.start()

    def make(tags: str) -> Widget:
        world.foreign_page = f"<!doctype html><html lang='en'><body><h1>Another site</h1>{tags}</body></html>"
        page = open_context().new_page()
        page.goto(f"{elsewhere.url}/foreign")
        return Widget(page)

    yield make
    elsewhere.stop()


def test_one_script_tag_is_all_a_page_needs(visit: Any, server: FakeServer, world: World) -> None:
    script = (
        f"<script src='{server.url}/widget/careline.js' defer data-title='Alpine Mutual' data-accent='#ffd400' "
        "data-lang='zh' data-theme='dark' data-label='问一问'></script>"
    )
    widget = visit(script)
    expect(widget.launcher).to_have_text("问一问")
    widget.open()
    expect(widget.panel).to_have_attribute("aria-label", "与 Alpine Mutual 对话")
    widget.exchange("hello", "Hello! How can I help?")
    assert widget.page.evaluate("localStorage.length") > 0
    assert world.received[0]["message"] == "hello"


def test_a_page_may_place_the_element_itself(visit: Any, server: FakeServer) -> None:
    script = f"<script src='{server.url}/widget/careline.js' defer></script>"
    widget = visit(f"<careline-chat heading='Placed by hand'></careline-chat>{script}")
    expect(widget.page.locator("careline-chat")).to_have_count(1)
    widget.open()
    expect(widget.panel.get_by_role("heading")).to_have_text("Placed by hand")


def test_a_page_with_its_own_deep_chat_keeps_it(visit: Any, server: FakeServer) -> None:
    own = "<script>customElements.define('deep-chat', class extends HTMLElement {})</script>"
    widget = visit(f"{own}<script src='{server.url}/widget/careline.js' defer></script>")
    widget.open()
    widget.exchange("hello", "Hello! How can I help?")


def test_the_typing_indicator_shows_until_the_answer_comes(widget: Widget, world: World) -> None:
    world.answer_after = 0.6
    widget.write("hello")
    expect(widget.panel.locator(".cl-typing")).to_be_visible()
    expect(widget.texts.last).to_have_text("Hello! How can I help?")
    expect(widget.panel.locator(".cl-typing")).to_have_count(0)
