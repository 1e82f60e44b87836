"""The desk in a real browser against a real gateway; no error may have been logged in it when a test ends."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.web.desk.stage import Colleague, Stage

# What a browser says by itself when a gateway is away or a request is refused; anything else is a mistake of ours.
EXPECTED = (
    "net::ERR_", "htmx:sendError", "htmx:sendAbort", "htmx:afterRequest", "EventSource", "[object Event]",
    "Code 409", "status of 409", "Code 403", "status of 403",
)  # fmt: skip


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    stage.start()
    yield stage
    stage.stop()


@pytest.fixture
def open_desk(stage: Stage, browser: Browser) -> Iterator[Any]:
    """Opens a page of the desk as a colleague; a second page in the same browser with `context`."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def listen(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(_told(message)) if message.type == "error" else None)

    def make(who: Colleague, path: str = "/desk", context: BrowserContext | None = None, **settings: Any) -> Page:
        if context is None:
            context = stage.context(browser, who, **settings)
            contexts.append(context)
        page = context.new_page()
        listen(page)
        page.goto(stage.url + path)
        return page

    yield make
    for context in contexts:
        context.close()
    assert [text for text in complaints if not any(known in text for known in EXPECTED)] == []


def _told(message: ConsoleMessage) -> str:
    return f"{message.text} {message.location.get('url', '')}"
