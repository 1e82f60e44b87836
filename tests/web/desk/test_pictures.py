"""A morning at the desk, whole: what docs/desk.md shows.

`CARELINE_SCREENSHOTS=docs/images pytest tests/web/desk/test_pictures.py` renews the pictures.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from crm.domain import Line
from crm.domain.handoffs import HandoffView
from crm.domain.staff import Role
from crm.schema import Customer
from crm.services import claims, conversations, notes
from tests.factories import crm as make
from tests.web.desk.stage import Colleague, Stage

SCREENSHOTS = os.environ.get("CARELINE_SCREENSHOTS")
WIDE, NARROW = {"width": 1366, "height": 860}, {"width": 390, "height": 844}


def a_morning(stage: Stage, agent: Colleague, colleague: Colleague) -> HandoffView:
    """Five wait, two are being served; the conversation that the pictures show."""
    stage.wish(
        ("there was a crash on the motorway, I'm shaking", "emergency", "Is anybody hurt?"), name=("Tom", "Reyes"),
        reason="emergency", line="auto", about_claim=True, waited=48,
        summary="Crash on the motorway an hour ago. Nobody hurt. May the car be towed?",
    )  # fmt: skip
    stage.wish(
        ("this is ridiculous, three weeks and nothing", "complaint", "I'm sorry."), name=("Jonas", "Whitfield"),
        reason="complaint", line="home", about_claim=True, waited=190, summary="Water damage, waits for three weeks.",
    )  # fmt: skip
    stage.wish(("我想退保", "cancel_policy", "可以，我帮您转给同事。"), name=("小明", "王"), language="zh", line="auto",
               reason="cancellation", waited=131, summary="想退掉车险，嫌保费太贵。")  # fmt: skip
    stage.wish(("can I have a person", "talk_to_human", "Of course."), name=None, waited=64)
    stage.wish(
        ("what is covered abroad", "coverage_question", "I could not find that."), name=("Aisha", "Khan"),
        reason="bot_failed", line="travel", waited=22, summary="Asked twice what is covered abroad.",
    )  # fmt: skip
    other = stage.wish("hello", name=("Lena", "Brandt"), waited=70)
    stage.take(other, colleague)
    shown = stage.wish(
        ("Hi, a stone hit my windscreen", "inform", "Sorry to hear that. Would you like to report it?"),
        ("is glass covered? my policy is PA-2000418", "coverage_question", "Glass is covered with Plus, excess 150."),
        ("the garage wants to know by phone, +44 7700 900123. Can I talk to a person?", "talk_to_human",
         "Of course, I'm passing you on."),
        name=("Priya", "Nair"), waited=110, line="auto", summary="Windscreen: is glass covered, which garage?",
    )  # fmt: skip
    view = stage.take(shown, agent)
    _furnish(stage, view, agent)
    return view


def _furnish(stage: Stage, view: HandoffView, agent: Colleague) -> None:
    now = datetime.now(UTC)
    with stage.session() as session:
        customer = session.get_one(Customer, view.customer_id)
        policy = make.a_policy(session, customer)
        make.a_policy(session, customer, Line.HOME, insured={"address": "4 Quince Lane"})
        claims.file_claim(session, customer.id, make.a_report(policy), now=now - timedelta(days=3))
        conversations.add_agent_message(
            session, view.conversation_id, message_id="picture-1", attachments=(), now=now,
            text="Good morning, I'm Ada. Yes, glass is covered, and you may choose the garage.",
            agent={"id": agent.employee_id, "name": agent.name},
        )  # fmt: skip
        notes.add(session, view.conversation_id, author_id=agent.account_id, text="Garage calls back at two.", now=now)


def picture(page: Page, name: str) -> None:
    expect(page.get_by_text("Loading")).to_have_count(0)
    if SCREENSHOTS:
        page.wait_for_timeout(500)  # fonts and the last scroll
        page.screenshot(path=Path(SCREENSHOTS) / f"desk-{name}.png")


@pytest.mark.parametrize(
    ("language", "theme", "viewport", "name"),
    [
        ("en", "light", WIDE, ""),
        ("zh", "dark", WIDE, "-dark"),
        ("en", "dark", NARROW, "-phone"),
    ],
)
def test_a_morning_at_the_desk(stage, open_desk, language, theme, viewport, name):
    ada = stage.colleague("Ada Moreau", Role.SUPERVISOR, language, theme)
    view = a_morning(stage, ada, stage.colleague("Bo Lindqvist"))
    queue = open_desk(ada, viewport=viewport)
    expect(queue.locator("[data-rows] > [data-row]")).to_have_count(5)
    picture(queue, f"queue{name}")
    talk = open_desk(ada, f"/desk/conversations/{view.conversation_id}", viewport=viewport)
    expect(talk.locator(".said.note")).to_have_count(1)
    expect(talk.locator(".side-part").first).to_be_attached()
    picture(talk, f"conversation{name}")
