"""Recorded conversations, one per skill and language, through the gateway's socket and everything behind it.

A file in `conversations/` names the demo customer (0 or 1) and lists steps. A step has `say` (typed), `press` (the
title of an offered button, or its beginning) or `upload` (a file name), and `hear`: a regular expression that the
words of the answer must match. `{policy}`, `{born}` and `{name}` stand for the demo customer's own, `{code}` for the
one-time code sent last.
"""

import re
import sqlite3
from pathlib import Path

import pytest
import yaml

from tests.e2e.chat import Customer, Turn
from tests.e2e.stack import DemoCustomer
from tests.e2e.story import photo

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

RECORDINGS = sorted((Path(__file__).parent / "conversations").glob("*.yml"))


@pytest.fixture(scope="module")
def first_day(stack):
    """The store as the demo left it."""
    kept = sqlite3.connect(":memory:", check_same_thread=False)
    with sqlite3.connect(stack.var / "careline.db") as live:
        live.backup(kept)
    return kept


@pytest.fixture
def as_on_the_first_day(stack, first_day):
    """No recording meets what another one changed, nor the limit on its one-time codes."""
    with sqlite3.connect(stack.var / "careline.db", timeout=30) as live:
        first_day.backup(live)


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)
@pytest.mark.usefixtures("as_on_the_first_day")
def test_recorded_conversation(stack, recording):
    script = yaml.safe_load(recording.read_text(encoding="utf-8"))
    who = stack.customers[script.get("customer", 0)]
    customer, turn = Customer(stack), None
    for number, step in enumerate(script["steps"], start=1):
        turn = take(customer, who, step, turn)
        heard = step.get("hear")
        assert heard is None or re.search(filled(heard, who), turn.text, re.I | re.S), (
            f"{recording.name}, step {number} ({step}) heard: {turn.text}"
        )
    customer.close()


def take(customer: Customer, who: DemoCustomer, step: dict[str, str], before: Turn | None) -> Turn:
    if "upload" in step:
        return customer.say("", attachments=[customer.upload(step["upload"], photo())])
    if "press" in step:
        wanted = filled(step["press"], who)
        titles = [title for title in before.buttons if title.startswith(wanted)]
        assert titles, f"no button {wanted!r} among {list(before.buttons)}"
        return customer.press(before, titles[0])
    if step["say"] == "{code}":
        return customer.say(customer.code_sent())
    return customer.say(filled(step["say"], who))


def filled(text: str, who: DemoCustomer) -> str:
    """The text with the customer's own values; regular expressions keep their other braces."""
    for name, value in {"policy": who.policy_number, "born": who.birth_date, "name": who.name}.items():
        text = text.replace(f"{{{name}}}", value)
    return text
