"""Keyboard, screen reader, small screens, dark mode, language, and what a strict page allows."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.web.fake_server import World
from tests.web.widget import Widget

AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


def findings(widget: Widget) -> list[str]:
    """What axe-core finds serious or worse, as lines."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `npm ci` in web/")
    widget.page.evaluate(AXE.read_text(encoding="utf-8"))
    result = widget.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{finding['id']}: {node['target']} {node['failureSummary']}"
        for finding in result["violations"]
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"]
    ]


def fill(widget: Widget) -> None:
    """One of everything there is to draw."""
    for text, answer in (("hello", "Hello!"), ("source", "Storm"), ("emergency", "Call")):
        widget.write(text)
        expect(widget.texts.last).to_contain_text(answer)
    widget.choose_file("report.pdf", "application/pdf", b"%PDF-1.4 a report")
    widget.write("summary")
    expect(widget.texts.last).to_have_text("Is this right?")
    expect(widget.replies).to_have_count(2)


def test_the_keyboard_opens_writes_and_closes(open_widget: Any) -> None:
    widget = open_widget(chat=False)
    widget.launcher.focus()
    widget.page.keyboard.press("Enter")
    expect(widget.field).to_be_focused()
    widget.page.keyboard.type("by keyboard")
    widget.page.keyboard.press("Enter")
    expect(widget.texts.last).to_have_text("You said: by keyboard")
    expect(widget.field).to_be_focused()
    widget.page.keyboard.press("Escape")
    expect(widget.panel).to_be_hidden()
    expect(widget.launcher).to_be_focused()
    expect(widget.launcher).to_have_attribute("aria-expanded", "false")


def test_everything_is_reached_with_the_tab_key(widget: Widget) -> None:
    widget.exchange("hello", "Hello! How can I help?")
    expect(widget.replies).to_have_count(2)
    widget.panel.get_by_role("button", name="Close the chat").focus()
    reached = []
    for _ in range(6):
        widget.page.keyboard.press("Tab")
        reached.append(widget.focused())
    assert reached[0] == "log"
    assert reached[3:] == ["cl-button cl-attach", "textbox", "cl-button cl-send"]


def test_a_reply_pressed_by_keyboard_leaves_the_focus_in_the_field(widget: Widget) -> None:
    widget.exchange("hello", "Hello! How can I help?")
    widget.replies.first.focus()
    widget.page.keyboard.press("Enter")
    expect(widget.field).to_be_focused()


def test_what_the_assistant_says_is_announced_once(widget: Widget) -> None:
    widget.exchange("hello", "Hello! How can I help?")
    expect(widget.spoken).to_have_text(
        ["Assistant: Hello! How can I help? Suggested replies: File a claim, My policies"]
    )
    region = widget.page.locator("careline-chat .aloud")
    expect(region).to_have_attribute("role", "log")
    expect(region).to_have_attribute("aria-live", "polite")


def test_messages_that_arrive_while_closed_are_counted(widget: Widget, world: World) -> None:
    world.answer_after = 0.5
    widget.write("hello")
    widget.panel.get_by_role("button", name="Close the chat").click()
    expect(widget.launcher).to_have_accessible_name("Chat with us, new messages: 1")
    widget.launcher.click()
    expect(widget.launcher).not_to_have_attribute("aria-label", "Chat with us, new messages: 1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_widget: Any, scheme: str) -> None:
    widget = open_widget(color_scheme=scheme)
    fill(widget)
    assert findings(widget) == []
    widget.exchange("person", "Hello, Maria here.")
    assert findings(widget) == []


def test_axe_finds_nothing_serious_on_a_phone(open_widget: Any) -> None:
    widget = open_widget(**PHONE)
    fill(widget)
    assert findings(widget) == []
    widget.exchange("person", "Hello, Maria here.")
    assert findings(widget) == []


def test_the_chat_fills_a_phone_and_quiets_the_page_behind(open_widget: Any) -> None:
    widget = open_widget(**PHONE)
    assert widget.panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    assert widget.page.evaluate("document.querySelector('main').inert") is True
    assert widget.page.evaluate("document.documentElement.scrollWidth") <= 390
    widget.panel.get_by_role("button", name="Close the chat").click()
    assert widget.page.evaluate("document.querySelector('main').inert") is False


@pytest.mark.parametrize(
    ("scheme", "theme", "dark"), [("dark", "", True), ("light", "dark", True), ("dark", "light", False)]
)
def test_the_theme_follows_the_system_unless_told(open_widget: Any, scheme: str, theme: str, dark: bool) -> None:
    widget = open_widget(color_scheme=scheme)
    widget.page.evaluate("theme => document.querySelector('careline-chat').setAttribute('theme', theme)", theme)
    colour = widget.panel.evaluate("panel => getComputedStyle(panel).backgroundColor")
    assert colour == ("rgb(24, 33, 31)" if dark else "rgb(255, 255, 255)")


def test_the_page_may_set_language_name_and_colour(widget: Widget) -> None:
    widget.page.evaluate(
        """() => {
            const chat = document.querySelector("careline-chat");
            chat.lang = "zh";
            chat.setAttribute("heading", "保险顾问");
            chat.setAttribute("accent", "#ffd400");
        }"""
    )
    expect(widget.panel).to_have_attribute("aria-label", "与 保险顾问 对话")
    expect(widget.field).to_have_attribute("aria-label", "您的消息")
    expect(widget.panel.get_by_role("button", name="发送")).to_be_visible()
    widget.exchange("hello", "Hello! How can I help?")
    expect(widget.panel.locator(".cl-head").last).to_contain_text("智能助手")
    heading = widget.panel.locator(".head")
    assert heading.evaluate("head => getComputedStyle(head).color") == "rgb(0, 0, 0)"


def test_the_conversation_is_loaded_only_when_wanted(open_widget: Any, world: World) -> None:
    widget = open_widget(chat=False)
    expect(widget.launcher).to_be_visible()
    loaded = widget.page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert [name for name in loaded if "careline-panel" in name] == []
    assert world.tokens == []


def test_nothing_is_loaded_from_elsewhere(widget: Widget) -> None:
    widget.exchange("hello", "Hello! How can I help?")
    origin = widget.page.evaluate("location.origin")
    loaded = widget.page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert [name for name in loaded if not name.startswith((origin, "blob:", "data:"))] == []
    assert widget.page.locator("link[href*='fonts']").count() == 0


def test_a_link_of_the_page_opens_the_chat(open_widget: Any) -> None:
    widget = open_widget(chat=False)
    widget.page.get_by_role("button", name="Report a claim").click()
    expect(widget.field).to_be_focused()


def test_a_panel_that_cannot_be_loaded_is_said_and_tried_again(open_widget: Any) -> None:
    widget = open_widget(chat=False)
    widget.page.route("**/careline-panel.js", lambda route: route.abort(), times=2)
    widget.launcher.focus()
    widget.launcher.click()
    expect(widget.panel.get_by_role("alert")).to_contain_text("could not be loaded")
    widget.page.unroute_all()
    widget.panel.get_by_role("button", name="Try again").click()
    expect(widget.field).to_be_visible()
