"""A customer's evening at the demo insurer's page, in a real browser against the real system."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from crm.services import claims
from tests.e2e.stack import Stack
from tests.e2e.story import FILENAME, OTHERS, PLACE, WHAT, photo
from tests.web.widget import Widget

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# `CARELINE_SCREENSHOTS=docs/images make test-e2e` renews the pictures in docs/.
SCREENSHOTS = os.environ.get("CARELINE_SCREENSHOTS")


@pytest.fixture
def page(browser, stack):
    context = browser.new_context(viewport={"width": 1200, "height": 860})
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(stack.url)
    yield page
    context.close()


def test_a_claim_is_filed_and_followed(stack, page):
    who = stack.customers[0]
    widget = Widget(page)
    widget.open()
    say(widget, "hello", "I can file a claim")
    say(widget, "I want to file a claim for my car", "anyone hurt")
    press(widget, "No, everyone is safe", "policy number")
    say(widget, who.policy_number, "date of birth")
    say(widget, "what is a deductible?", "date of birth")  # asked in the middle, answered, and back
    expect(widget.panel.get_by_role("link", name=re.compile("claim", re.I)).first).to_be_visible()
    shoot(page, "question")
    say(widget, who.birth_date, "What happened")  # "my car" leaves one policy: it is named, not asked for
    say(widget, WHAT, "When did it happen")
    say(widget, "last Tuesday around noon", "Where")
    say(widget, "no, it was the 12th", "Where")  # corrects the date, although the place was asked
    say(widget, PLACE, r"other|involved|know about them|driven|fits best")
    answer_until(widget, "Photos")
    widget.choose_file(FILENAME, "image/jpeg", photo())
    expect(widget.tray).to_contain_text(FILENAME)
    widget.send_button.click()
    expect(widget.texts.last).to_contain_text(re.compile("more photos|done", re.I))
    say(widget, "that's all", "Is everything right")
    shoot(page, "claim")
    press(widget, "Yes, file it", r"CL-\d{7}")

    page.reload()  # the chat was open and is open again
    expect(widget.messages.filter(has_text=WHAT).first).to_be_visible()
    widget.write("what's happening with the claim I just filed?")
    expect(widget.messages.filter(has_text=re.compile(rf"{filed(stack, who)} \(")).first).to_be_visible()
    shoot(page, "status")


def filed(stack: Stack, who) -> str:
    """The number of the one claim that the story filed; the photo is with it."""
    with stack.store().reading() as session:
        mine = [claim for claim in claims.list_claims(session, stack.customer_id(who)) if claim.place == PLACE]
    assert len(mine) == 1
    assert mine[0].incident_on.day == 12
    assert [document.attachment_id for document in mine[0].documents] != []
    return mine[0].number


def say(widget: Widget, text: str, answer: str) -> None:
    before = widget.texts.count()
    widget.write(text)
    settled(widget, before + 1, answer)


def press(widget: Widget, title: str, answer: str) -> None:
    before = widget.texts.count()
    widget.replies.filter(has_text=title).first.click()
    settled(widget, before + 1, answer)


def settled(widget: Widget, more_than: int, answer: str) -> None:
    """Wait for an answer that matches, and for the end of the turn."""
    expect(widget.texts.nth(more_than)).to_be_visible()
    expect(widget.texts.last).to_contain_text(re.compile(answer, re.I | re.S))


def answer_until(widget: Widget, question: str) -> None:
    """Answer the questions about the car, whichever come, until the one named."""
    answers = {"fits best": "collision", "involved": "yes", "know about them": OTHERS, "driven": "yes", "police": "no"}
    for _ in range(len(answers)):
        asked = widget.texts.last.inner_text()
        if question.lower() in asked.lower():
            return
        say(widget, next(words for key, words in answers.items() if key in asked), r"\?|photos|\.")


def shoot(page: Page, name: str) -> None:
    if SCREENSHOTS:
        page.wait_for_timeout(400)  # let animations end
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png")
