"""The machine's own Chromium, headless and quiet."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, expect, sync_playwright

from deploy.local.steps import browser

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
# A microphone that beeps, and a browser that lets every page use it.
ARGUMENTS += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
ARGUMENTS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
expect.set_options(timeout=60_000)  # ms; a busy machine is no failure


@contextmanager
def launched(*arguments: str) -> Iterator[Browser]:
    """A browser, with further `arguments`; `make setup` installs it where it is missing."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=[*ARGUMENTS, *arguments])
        yield chromium
        chromium.close()


@contextmanager
def arriving(page: Page) -> Iterator[None]:
    """What is done inside leads to another page of the desk; it goes on when that page answers clicks and keys."""
    with page.expect_navigation():
        yield
    expect(page.locator("body[data-ready]")).to_be_attached()
