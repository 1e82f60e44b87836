"""A person in the chat: the wait, the name, who is writing, and the question at the end."""

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.web.fake_server import World
from tests.web.test_access import findings
from tests.web.widget import Widget


def rating(widget: Widget) -> Locator:
    return widget.panel.locator(".cl-rating")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("wait", "You are number 2 in line; it should take about 4 minutes."),
        ("next", "You are number 1 in line; it should take about a minute."),
        ("busy", "All our colleagues are busy just now: you are number 2 in line; it should take about 9 min."),
        ("closed", "Nobody of our support team is there right now."),
    ],
)
def test_the_wait_is_told_as_far_as_anybody_knows(widget: Widget, said: str, shown: str) -> None:
    widget.write(said)
    expect(widget.state).to_contain_text(shown)


def test_the_person_has_a_name(widget: Widget) -> None:
    widget.exchange("colleague", "Good morning.")
    expect(widget.state).to_contain_text("You are now writing with Maria")
    expect(widget.panel.locator(".cl-msg.agent .cl-head")).to_contain_text("Maria, support team")


def test_the_person_is_seen_writing(widget: Widget) -> None:
    widget.exchange("colleague", "Good morning.")
    widget.write("agent types")
    expect(widget.state).to_have_text("Maria is writing…")
    expect(widget.panel.locator(".cl-typing")).to_be_visible()


def test_the_person_sees_the_customer_writing(widget: Widget, world: World) -> None:
    widget.field.press_sequentially("I am wri")
    widget.page.wait_for_function("true")
    expect(widget.field).to_have_text("I am wri")
    widget.exchange("I am writing", "You said: I am writing")
    assert world.typing[0] == "on"
    assert world.typing[-1] == "off"


def test_at_the_end_one_question_is_asked(widget: Widget, world: World) -> None:
    widget.exchange("colleague", "Good morning.")
    widget.write("over")
    expect(rating(widget)).to_contain_text("How was it to talk to our colleague?")
    rating(widget).get_by_role("button", name="4 of 5").click()
    expect(rating(widget)).to_contain_text("Thank you for telling us.")
    assert world.marks == [4]


def test_the_question_can_be_answered_by_keyboard(widget: Widget, world: World) -> None:
    widget.write("over")
    rating(widget).get_by_role("button", name="5 of 5").focus()
    widget.page.keyboard.press("Enter")
    expect(rating(widget)).to_contain_text("Thank you for telling us.")
    assert world.marks == [5]


def test_a_line_can_be_added_to_the_mark(widget: Widget, world: World) -> None:
    widget.write("over")
    rating(widget).get_by_role("button", name="2 of 5").click()
    expect(rating(widget).get_by_text("Thank you for telling us.")).to_be_visible()
    rating(widget).get_by_label("Anything to add?").fill("It took long")
    rating(widget).get_by_role("button", name="Send").click()
    expect(rating(widget)).to_have_text("Thank you, your words have been passed on.")
    assert (world.marks, world.remarks) == ([2, 2], [None, "It took long"])


def test_what_the_assistant_offered_is_gone_while_a_person_is_there_and_after(widget: Widget) -> None:
    widget.write("hello")
    expect(widget.replies).to_have_count(2)
    widget.write("colleague")
    widget.write("hello")  # an answer of the assistant that was on its way
    expect(widget.texts.last).to_have_text("Hello! How can I help?")
    expect(widget.replies).to_have_count(0)


def test_the_question_can_be_left_unanswered(widget: Widget, world: World) -> None:
    widget.write("over")
    rating(widget).get_by_role("button", name="Not now").click()
    expect(rating(widget)).to_be_hidden()
    widget.exchange("bye", "You said: bye")
    assert world.marks == []


def test_all_of_it_is_said_in_chinese(widget: Widget) -> None:
    widget.exchange("说中文", "好的，我们说中文。")
    widget.write("wait")
    expect(widget.state).to_contain_text("您排在第 2 位，预计约 4 分钟")
    widget.write("colleague")
    expect(widget.state).to_contain_text("您正在与客服Maria对话")
    widget.write("over")
    expect(rating(widget)).to_contain_text("您对本次人工服务满意吗？")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_question(open_widget: Any, scheme: str) -> None:
    widget = open_widget(color_scheme=scheme)
    widget.exchange("colleague", "Good morning.")
    widget.write("over")
    expect(rating(widget)).to_be_visible()
    assert findings(widget) == []
    rating(widget).get_by_role("button", name="4 of 5").click()
    expect(rating(widget).get_by_role("textbox")).to_be_visible()
    assert findings(widget) == []
