"""The staff desk in a browser, in the words of the tests, and whom the tests put behind it."""

import json
import os
import re
from contextlib import suppress
from datetime import datetime, timezone
from functools import cache
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from crm.demo import desk as demo_desk
from crm.domain import PresenceStatus
from crm.domain.handoffs import HandoffView
from crm.errors import CrmError
from crm.services import handoffs, presence, queue
from gateway.desk.rendering import TEXTS
from tests.browser import arriving
from tests.e2e.stack import ROOT, Stack
from tests.web.widget import Widget

# `CARELINE_STORY_PICTURES=FOLDER` keeps a picture of every step, to look at as a new colleague would.
PICTURES = os.environ.get("CARELINE_STORY_PICTURES")
_PASSWORD = "three quiet herons"
_AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
_PRINTED = re.compile(r"password (\S+)")


class Desk:
    """A page of the desk as one colleague has it open."""

    def __init__(self, page: Page, url: str, language: str) -> None:
        self.page = page
        self.url = url
        self._language = language
        page.on("dialog", lambda dialog: dialog.accept())

    def words(self, key: str, **values: object) -> str:
        """What the desk says in the colleague's language."""
        return TEXTS.get(self._language, key, **values)

    def log_in(self, username: str, password: str) -> None:
        self.page.goto(f"{self.url}/desk")
        self.page.get_by_label(self.words("login.username")).fill(username)
        self.page.get_by_label(self.words("login.password")).fill(password)
        with arriving(self.page):
            self.page.get_by_role("button", name=self.words("login.enter"), exact=True).click()

    def choose_password(self, old: str) -> str:
        """What a new colleague is asked to do first; the password they have then."""
        self.page.locator("[name=current]").fill(old)
        self.page.locator("[name=new]").fill(_PASSWORD)
        self.page.locator("[name=again]").fill(_PASSWORD)
        with arriving(self.page):
            self.button("account.save").click()
        expect(self.page.get_by_text(self.words("account.done_password"))).to_be_visible()
        self.go("/desk")
        return _PASSWORD

    def go(self, path: str) -> None:
        with arriving(self.page):
            self.page.goto(self.url + path)

    def become(self, status: PresenceStatus) -> None:
        self.page.get_by_label(self.words("presence.label")).select_option(status)
        expect(self.page.locator(f".presence .dot.{status}")).to_be_visible()

    def button(self, key: str) -> Locator:
        return self.page.get_by_role("button", name=self.words(key), exact=True)

    def in_dialog(self, key: str) -> Locator:
        return self.page.get_by_role("dialog").get_by_role("button", name=self.words(key), exact=True)

    @property
    def offer(self) -> Locator:
        return self.page.locator("[data-offer]")

    @property
    def field(self) -> Locator:
        return self.page.locator("#words")

    @property
    def side(self) -> Locator:
        return self.page.locator("#side")

    def said(self, who: str, text: str) -> Locator:
        """What the thread shows of `customer`, `agent`, `bot`, `system` or as a `note`."""
        return self.page.locator(f".said.{who}", has_text=text)

    def accept(self) -> None:
        """Take who is offered."""
        with arriving(self.page):
            self.offer.locator("form button").click()
        expect(self.field).to_be_visible()

    def write(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")
        expect(self.page.locator(".said[data-seq]", has_text=text)).to_have_count(1)

    def note(self, text: str) -> None:
        self.page.locator("[name=mode][value=note]").check()
        self.field.fill(text)
        self.field.press("Enter")
        expect(self.said("note", text)).to_have_count(1)

    def reply_mode(self) -> None:
        self.page.locator("[name=mode][value=reply]").check()

    def attach(self, name: str, media_type: str, content: bytes) -> None:
        files = {"name": name, "mimeType": media_type, "buffer": content}
        self.page.locator("[data-files]").set_input_files(files)
        expect(self.page.locator("[data-tray] li:not(.busy)")).to_contain_text(name)

    def give_back(self) -> None:
        with arriving(self.page):
            self.page.locator("[data-key=b]").click()
        self.page.wait_for_url("**/desk")

    def close(self, disposition: str, tags: str) -> None:
        self.page.locator("[data-key=x]").click()
        self.page.get_by_label(self.words(f"disposition.{disposition}")).check()
        self.page.get_by_role("dialog").get_by_label(self.words("talk.tags")).fill(tags)
        with arriving(self.page):
            self.in_dialog("talk.close_do").click()
        self.page.wait_for_url("**/desk")


def add_colleague(stack: Stack, username: str, name: str, *options: str) -> str:
    """An employee who may take everybody, with an account; the password that is printed."""
    with stack.store().session() as session:
        employee = demo_desk.add_employee(session)
        employee.name = name
        number = employee.id
    printed = stack.crm("staff", "add", username, "--employee", str(number), *options)
    return _PRINTED.search(printed)[1]


def everybody_leaves(stack: Stack) -> None:
    """Nobody is at the desk, and nobody waits or is with a person: how a test finds the desk."""
    now = datetime.now(timezone.utc)
    store = stack.store()
    with store.session() as session:
        still_open = [*queue.active(session), *(entry.handoff for entry in queue.waiting(session, now=now))]
    for view in still_open:
        with suppress(CrmError), store.session() as session:
            _end(session, view, now)
    with store.session() as session:  # last: who closes a conversation is at the desk
        for load in presence.board(session, now):
            presence.set(session, load.employee_id, PresenceStatus.OFFLINE, now=now)
    store.close()


def _end(session, view: HandoffView, now: datetime) -> None:
    if view.state.is_waiting:
        handoffs.abandon(session, view.id, now=now)
    else:
        handoffs.close(session, view.id, view.employee_id, disposition="no_reply", now=now)


def customer_words(language: str, key: str) -> str:
    """What the widget says, up to the first value that stands in it."""
    return _widget_words(language)[key].split("{")[0]


@cache
def _widget_words(language: str) -> dict[str, str]:
    return json.loads((ROOT / "web" / "src" / "locale" / f"{language}.json").read_text(encoding="utf-8"))


def new_context(browser: Browser, language: str = "en") -> BrowserContext:
    locale = {"en": "en-GB", "zh": "zh-CN"}[language]
    context = browser.new_context(viewport={"width": 1366, "height": 850}, reduced_motion="reduce", locale=locale)
    context.set_default_timeout(60_000)
    return context


def customer_at(context: BrowserContext, stack: Stack) -> Widget:
    """A customer with the chat open."""
    page = context.new_page()
    page.goto(stack.url)
    widget = Widget(page)
    widget.open()
    return widget


def tab_to(page: Page, target: Locator, most: int = 60) -> None:
    """Press Tab until something has the focus."""
    expect(target).to_be_visible()
    for _ in range(most):
        if target.evaluate("node => node.getRootNode().activeElement === node"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not reached with the Tab key")


def findings(page: Page) -> list[str]:
    """What axe-core finds serious or worse."""
    page.evaluate(_AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then(result => result.violations)")
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def picture(page: Page, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(PICTURES) / f"{name}.png")
