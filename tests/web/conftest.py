"""A browser, and the widget on the demo page of a fake server."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import launched
from tests.web.fake_server import DIST, FakeServer, World
from tests.web.widget import Widget

# What a browser says by itself when a server is away; everything else on the console is a mistake of ours.
EXPECTED_COMPLAINTS = ("WebSocket connection to", "net::ERR_")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not all((DIST / built).exists() for built in ("widget/careline.js", "desk/desk.js")):
        pytest.fail("web/dist is missing: run `npm ci && npm run build` in web/")
    with launched() as chromium:
        yield chromium


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def server(world: World) -> Iterator[FakeServer]:
    server = FakeServer(world)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def open_context(browser: Browser) -> Iterator[Any]:
    """Makes browser contexts: viewport, color_scheme and the like as arguments."""
    contexts: list[BrowserContext] = []

    def make(**settings: Any) -> BrowserContext:
        context = browser.new_context(
            **{"viewport": {"width": 1200, "height": 800}, "reduced_motion": "reduce", **settings}
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def open_widget(server: FakeServer, open_context: Any) -> Iterator[Any]:
    """Opens the demo page with the chat open; no error may have been logged when the test ends."""
    complaints: list[str] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)

    def make(context: BrowserContext | None = None, chat: bool = True, **settings: Any) -> Widget:
        page = (context or open_context(**settings)).new_page()
        listen(page)
        page.goto(server.url)
        widget = Widget(page, touch=bool(settings.get("has_touch")))
        if chat:
            widget.open()
        return widget

    yield make
    assert [text for text in complaints if not any(known in text for known in EXPECTED_COMPLAINTS)] == []


@pytest.fixture
def widget(open_widget: Any) -> Widget:
    """The chat, open on a desktop-sized page."""
    return open_widget()
