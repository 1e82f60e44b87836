"""The widget in a real browser against the real system, in both languages, on a desk and in a hand."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.web.widget import Widget

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# `CARELINE_SCREENSHOTS=docs/images make test-e2e` renews the pictures in docs/.
SCREENSHOTS = os.environ.get("CARELINE_SCREENSHOTS")
CHINESE = re.compile("[\u4e00-\u9fff]")
DESK = {"viewport": {"width": 1200, "height": 860}}
HAND = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
TALKS = {
    "en": ("hello", "I'd like to know what my policies are", "what is a deductible?"),
    "zh": ("你好", "我想看看我有哪些保单", "免赔额是什么意思？"),
}


@pytest.mark.parametrize(
    ("language", "place", "scheme", "picture"),
    [
        ("en", DESK, "light", "widget-desktop-light"),
        ("zh", DESK, "dark", "widget-desktop-dark"),
        ("zh", HAND, "light", "widget-phone-light"),
        ("en", HAND, "dark", "widget-phone-dark"),
    ],
)
def test_the_widget_speaks_as_the_customer_does(stack, browser, language, place, scheme, picture):
    context = browser.new_context(**place, color_scheme=scheme, reduced_motion="reduce", locale="en-US")
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(stack.url)
    widget = Widget(page, touch="has_touch" in place)
    widget.open()
    for text in TALKS[language]:
        before = widget.panel.locator(".cl-msg.bot").count()
        widget.write(text)
        expect(widget.panel.locator(".cl-msg.bot").nth(before)).to_be_visible()
        expect(widget.panel.locator(".cl-typing")).to_have_count(0)
    answers = widget.panel.locator(".cl-msg.bot .cl-text").all_inner_texts()
    assert all(bool(CHINESE.search(said)) == (language == "zh") for said in answers), answers
    words = widget.field.get_attribute("deep-chat-placeholder-text") or ""
    assert bool(CHINESE.search(words)) == (language == "zh")
    if SCREENSHOTS:
        page.wait_for_timeout(400)  # fonts and the last scroll
        page.screenshot(path=Path(SCREENSHOTS) / f"{picture}.png")
    context.close()
