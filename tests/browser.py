"""The machine's own Chromium, headless and quiet."""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

from deploy.local.steps import browser

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
ARGUMENTS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
expect.set_options(timeout=60_000)  # ms; a busy machine is no failure


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser; `make setup` installs it where it is missing."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=ARGUMENTS)
        yield chromium
        chromium.close()
