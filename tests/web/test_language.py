"""The widget's own words: the browser's language at first, then the conversation's."""

import re
from typing import Any

from playwright.sync_api import expect

from tests.web.fake_server import World
from tests.web.widget import Widget

CHINESE = re.compile("[\u4e00-\u9fff]")


def own_words(widget: Widget) -> list[str]:
    """Placeholder, names of buttons, and what stands around the conversation."""
    field = widget.field
    return [
        field.get_attribute("deep-chat-placeholder-text") or "",
        field.get_attribute("aria-label") or "",
        widget.send_button.get_attribute("aria-label") or "",
        widget.panel.locator(".cl-attach").get_attribute("title") or "",
        widget.panel.locator(".close").get_attribute("aria-label") or "",
        widget.panel.locator(".subtitle").inner_text(),
        widget.panel.locator(".cl-intro").inner_text(),
        widget.panel.locator(".customer .hidden-text b, .customer .cl-head b").first.inner_text(),
    ]


def test_the_words_follow_the_conversation_and_nothing_is_lost(widget: Widget) -> None:
    widget.exchange("hello", "Hello! How can I help?")
    assert not any(CHINESE.search(words) for words in own_words(widget))
    widget.exchange("说中文", "好的，我们说中文。")
    expect(widget.field).to_have_attribute("deep-chat-placeholder-text", CHINESE)
    assert [words for words in own_words(widget) if not CHINESE.search(words)] == []
    expect(widget.texts).to_have_text(["hello", "Hello! How can I help?", "说中文", "好的，我们说中文。"])
    widget.exchange("in english", "English it is.")
    expect(widget.field).not_to_have_attribute("deep-chat-placeholder-text", CHINESE)


def test_what_is_being_written_survives_the_change(widget: Widget, world: World) -> None:
    world.answer_after = 0.6
    widget.write("说中文")
    widget.field.fill("我还在写")
    expect(widget.field).to_have_attribute("deep-chat-placeholder-text", CHINESE)
    expect(widget.field).to_have_text("我还在写")
    assert "textbox" in widget.focused()


def test_a_reload_goes_on_in_the_conversation_s_language(widget: Widget) -> None:
    widget.exchange("说中文", "好的，我们说中文。")
    expect(widget.field).to_have_attribute("deep-chat-placeholder-text", CHINESE)
    widget.page.reload()
    expect(widget.texts.last).to_have_text("好的，我们说中文。")
    expect(widget.field).to_have_attribute("deep-chat-placeholder-text", CHINESE)


def test_a_notice_that_stands_is_said_in_the_new_language(widget: Widget) -> None:
    widget.write("person")
    expect(widget.state).not_to_have_text("")
    widget.write("说中文")
    expect(widget.state).to_have_text(CHINESE)


def test_a_new_conversation_begins_in_the_language_of_the_page(open_widget: Any, world: World) -> None:
    widget: Widget = open_widget(chat=False)
    widget.page.evaluate("document.querySelector('careline-chat').setAttribute('lang', 'zh')")
    widget.open()
    expect(widget.field).to_have_attribute("deep-chat-placeholder-text", CHINESE)
    widget.exchange("hello", "Hello! How can I help?")
    assert list(world.languages.values()) == ["zh"]
