"""The call page in a browser, whose microphone beeps."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.call.stage import Stage
from tests.web.conftest import EXPECTED_COMPLAINTS

# The page says itself that it could not get a ticket; the browser complains about the answer besides.
COMPLAINTS = (*EXPECTED_COMPLAINTS, "Failed to load resource")


@pytest.fixture
def stage() -> Iterator[Stage]:
    stage = Stage()
    stage.start()
    yield stage
    stage.stop()


@pytest.fixture
def open_page(stage: Stage, browser: Browser) -> Iterator[Any]:
    """Opens the page; viewport, color_scheme and the like as arguments. No error may have been logged at the end."""
    contexts, complaints = [], []

    def make(language: str = "en", **settings: Any) -> Page:
        context = browser.new_context(
            **{"viewport": {"width": 1100, "height": 800}, "reduced_motion": "reduce", **settings}
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(f"{stage.url}/call?lang={language}")
        expect(page.locator("body[data-ready]")).to_be_attached()
        return page

    yield make
    for context in contexts:
        context.close()
    assert [text for text in complaints if not any(known in text for known in COMPLAINTS)] == []
