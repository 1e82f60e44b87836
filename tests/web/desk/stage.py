"""A real gateway with a store of its own, employees at the desk, and customers with real sockets, beside a browser."""

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy.orm import Session

from crm.domain import PresenceStatus
from crm.domain.handoffs import HandoffView
from crm.domain.staff import Role
from crm.schema import Conversation, Customer
from crm.schema import StaffAccount as AccountRow
from crm.services import canned_replies, conversations, handoffs, staff, staff_sessions
from gateway.staff.requests import SESSION_COOKIE
from tests.factories import crm as make
from tests.factories.desk import says
from tests.factories.handoffs import a_team, an_agent
from tests.gateway.harness import PATIENCE, House
from tests.gateway.harness import Customer as Visitor
from tests.web.fake_server import DIST

T = TypeVar("T")


@dataclass(frozen=True)
class Colleague:
    """Somebody who works at the desk; `token` is the cookie of a session of theirs."""

    name: str
    account_id: int
    employee_id: int
    token: str


class Stage:
    """The gateway runs on a thread's loop; the test fills its store directly and looks at it with a browser."""

    def __init__(self, folder: Path) -> None:
        (folder / "dist").symlink_to(DIST)
        self.house = House(folder)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stage", daemon=True)

    @property
    def url(self) -> str:
        return self.house.url

    def start(self) -> None:
        self._thread.start()
        self.run(self.house.bot_served.start())
        self.run(self.house.start_gateway())

    def stop(self) -> None:
        for visitor in self.house.customers:
            self.run(visitor.leave())
        self.run(self.house.stop_gateway())
        self.run(self.house.bot_served.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self.house.store.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine on the stage's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE * 2)

    def session(self) -> Any:
        return self.house.store.session()

    # --- who is there

    def colleague(
        self,
        name: str = "Ada Moreau",
        role: Role = Role.AGENT,
        language: str = "en",
        theme: str = "auto",
        **values: Any,
    ) -> Colleague:
        """An employee with an account, logged in; busy, so that nobody is offered to them by themselves."""
        now = datetime.now(UTC)
        with self.session() as session:
            values = {"languages": ("en", "zh"), "status": PresenceStatus.BUSY, **values}
            employee = an_agent(session, "auto", "home", "health", "life", "travel", now=now, name=name, **values)
            account = staff.add(
                session, username=name.lower().replace(" ", ".") if name.isascii() else f"u{employee.id}",
                name=name, role=role, now=now, employee_id=employee.id, language=language,
            )  # fmt: skip
            session.get_one(AccountRow, account.id).theme = theme
            token = staff_sessions.start(
                session, account.id, method="password", address="127.0.0.1", browser="test", now=now,
                lasts=timedelta(hours=8),
            )  # fmt: skip
            return Colleague(name, account.id, employee.id, token)

    def team(self, code: str, *colleagues: Colleague) -> None:
        with self.session() as session:
            from crm.schema import Employee

            a_team(session, code, *(session.get_one(Employee, each.employee_id) for each in colleagues))

    def visitor(self) -> Visitor:
        """A customer with the chat open."""
        return self.run(self.house.customer())

    def say(self, visitor: Visitor, text: str) -> None:
        answer = self.run(visitor.say(text))
        assert answer["ok"], answer

    # --- who waits

    def wish(
        self,
        *said: str | tuple[str, str, str],
        name: tuple[str, str] | None = ("Maria", "Keller"),
        language: str = "en",
        reason: str = "asked_for",
        summary: str = "",
        waited: float = 30,
        conversation_id: str | None = None,
        **values: Any,
    ) -> HandoffView:
        """A customer who waits since `waited` seconds; a triple of `said` is words, intent, and the bot's answer."""
        now = datetime.now(UTC)
        since = now - timedelta(seconds=waited)
        with self.session() as session:
            conversation_id = conversation_id or _opened(session, since, language)
            row = session.get_one(Conversation, conversation_id)
            row.language = language
            if name is not None:
                row.customer_id, row.verified_at = _customer(session, name, language).id, since
            for number, each in enumerate(said):
                text, intent, answer = each if isinstance(each, tuple) else (each, None, None)
                says(
                    session, conversation_id, text, intent=intent, answer=answer, now=since + timedelta(seconds=number)
                )
            return handoffs.request(session, conversation_id, reason=reason, summary=summary, now=since, **values)

    def take(self, wish: HandoffView, colleague: Colleague) -> HandoffView:
        with self.session() as session:
            return handoffs.take(session, wish.id, colleague.employee_id, now=datetime.now(UTC), force=True)

    def writes(self, view: HandoffView, text: str) -> None:
        """The customer said something that no event tells of."""
        with self.session() as session:
            conversations.add_customer_message(
                session, view.conversation_id, message_id=f"late-{view.id}", text=text, now=datetime.now(UTC)
            )

    def keep_reply(self, colleague: Colleague, shortcut: str, text: str, language: str = "en") -> None:
        with self.session() as session:
            canned_replies.save(
                session, shortcut=shortcut, language=language, title=shortcut.title(), text=text,
                by=colleague.account_id, now=datetime.now(UTC),
            )  # fmt: skip

    def announce(self, view: HandoffView) -> None:
        """Tell the desks of a change that was made in the store directly."""
        self.run(self.house.gateway.announcements.changed(view))

    def hand_over(self, by: Colleague, view: HandoffView, *, to: Colleague, note: str = "Please go on") -> None:
        """A colleague passes a customer on; the other one is offered them."""
        now = datetime.now(UTC)
        with self.session() as session:
            changed = handoffs.transfer(
                session, view.id, by=by.employee_id, to_employee=to.employee_id, note=note, now=now
            )
        self.announce(changed)

    def offer(self, by: Colleague, to: Colleague) -> None:
        """A new customer, offered to a colleague for as long as offers hold."""
        self.hand_over(by, self.take(self.wish("hello", name=("Eve", "Lang")), by), to=to)

    # --- how it looks

    def context(self, browser: Browser, colleague: Colleague, **settings: Any) -> BrowserContext:
        """A browser in which a colleague is logged in."""
        context = browser.new_context(
            **{"viewport": {"width": 1366, "height": 850}, "reduced_motion": "reduce", "locale": "en-GB", **settings}
        )
        context.set_default_timeout(60_000)
        context.add_cookies([{"name": SESSION_COOKIE, "value": colleague.token, "url": self.url}])
        return context

    def open(self, context: BrowserContext, path: str = "/desk") -> Page:
        page = context.new_page()
        page.goto(self.url + path)
        return page


def _opened(session: Session, since: datetime, language: str) -> str:
    view = conversations.open_conversation(session, channel="chat", browser="b", language=language, now=since)
    return view.id


def _customer(session: Session, name: tuple[str, str], language: str) -> Customer:
    return make.a_customer(session, given_name=name[0], family_name=name[1], language=language)
