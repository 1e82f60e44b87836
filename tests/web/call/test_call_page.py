"""The call page in a real browser: from the click to the hang-up, and everything that can be in the way."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.web.test_access import AXE
from voice.ports import Who

SCREENSHOTS = os.environ.get("CARELINE_SCREENSHOTS")
HAND = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


def call(page: Page, stage) -> None:
    """Call, and wait until the other side is there."""
    calls = len(stage.lines)
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Connected")
    stage.answers(calls + 1)


def test_what_the_microphone_hears_arrives(open_page, stage):
    call(open_page(), stage)
    stage.until(lambda: len(stage.notes.sound) > 32_000 and any(stage.notes.sound))


def test_both_sides_can_be_read(open_page, stage):
    page = open_page()
    call(page, stage)
    stage.says("Hello, how can I help you?")
    stage.says("what is the", Who.CALLER, final=False)
    expect(page.locator(".interim")).to_have_text("what is the")
    stage.says("what is the status of my claim", Who.CALLER)
    expect(page.locator(".interim")).to_have_text("")
    said = page.get_by_role("log").get_by_role("listitem")
    expect(said).to_have_text(["AssistantHello, how can I help you?", "Youwhat is the status of my claim"])


def test_what_is_heard_is_told(open_page, stage):
    call(open_page(), stage)
    stage.plays(0.5)
    stage.do(stage.line.played())
    assert stage.line._reached == 1, "the page did not say that it played it"


def test_sound_that_is_dropped_is_silent_at_once(open_page, stage):
    page = open_page()
    call(page, stage)
    stage.plays(30)
    assert stage.do(stage.line.clear()) > 20
    stage.do(stage.line.played())


def test_the_keypad_and_the_keyboard_are_the_telephones(open_page, stage):
    page = open_page()
    call(page, stage)
    page.get_by_role("button", name="Keypad").click()
    page.get_by_role("button", name="Key 7").click()
    page.get_by_role("button", name="Key hash").click()
    page.keyboard.press("0")
    page.keyboard.press("*")
    stage.until(lambda: len(stage.notes.keys) == 4)
    assert stage.notes.keys == "7#0*"


def test_everything_can_be_done_with_the_keyboard_alone(open_page, stage):
    page = open_page()
    page.get_by_role("button", name="Call", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Connected")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Mute")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Unmute")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The call has ended")


def test_a_muted_microphone_sends_silence(open_page, stage):
    page = open_page()
    call(page, stage)
    page.get_by_role("button", name="Mute").click()
    expect(page.get_by_role("status")).to_have_text("Your microphone is off")
    stage.until(lambda: len(stage.notes.sound) > 3200)  # what was on its way
    stage.notes.events.clear()
    stage.until(lambda: len(stage.notes.sound) > 64_000)
    assert not any(stage.notes.sound[-32_000:])


def test_the_microphone_can_be_seen_to_work(open_page, stage):
    page = open_page()
    call(page, stage)
    page.wait_for_function("() => Number(document.querySelector('.meter').getAttribute('aria-valuenow')) > 5")


def test_hanging_up_ends_the_call_there(open_page, stage):
    page = open_page()
    call(page, stage)
    page.get_by_role("button", name="Hang up").click()
    stage.until(lambda: stage.notes.ending)
    assert stage.notes.ending == "caller"
    expect(page.get_by_role("button", name="Call again")).to_be_visible()


def test_leaving_the_page_ends_the_call(open_page, stage):
    page = open_page()
    call(page, stage)
    page.goto("about:blank")
    stage.until(lambda: stage.notes.ending)


def test_the_other_side_can_hang_up_and_what_was_said_stays(open_page, stage):
    page = open_page()
    call(page, stage)
    stage.says("Goodbye.")
    stage.hangs_up()
    expect(page.get_by_role("status")).to_have_text("The call has ended")
    expect(page.get_by_role("log")).to_contain_text("Goodbye.")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_one_can_call_again(open_page, stage):
    page = open_page()
    call(page, stage)
    stage.hangs_up()
    page.get_by_role("button", name="Call again").click()
    expect(page.get_by_role("status")).to_have_text("Connected")
    stage.answers(2)


def test_a_lost_connection_is_said(open_page, stage):
    page = open_page()
    call(page, stage)
    stage.do(stage.door.served.stop())
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("button", name="Call again")).to_be_visible()
    page.get_by_role("button", name="Call again").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be reached")
    stage.do(stage.door.served.start())
    page.get_by_role("button", name="Call again").click()
    expect(page.get_by_role("status")).to_have_text("Connected")


@pytest.mark.parametrize(
    ("code", "words"), [("busy", "All lines are busy"), ("failed", "cannot take calls"), ("too_many", "several calls")]
)
def test_a_gateway_that_takes_no_call_says_why(open_page, stage, code, words):
    page = open_page()
    stage.door.calls.refuses = code
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(words)


def test_that_calls_are_off_is_said_before_anybody_calls(open_page, stage):
    stage.door.calls.state = "off"
    expect(open_page().get_by_role("alert")).to_contain_text("switched off")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NotAllowedError", "may not use your microphone"),
        ("NotFoundError", "No microphone was found"),
        ("NotReadableError", "could not be opened"),
    ],
)
def test_without_a_microphone_it_says_what_to_do(open_page, name, words):
    page = open_page()
    page.evaluate(
        "name => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', name)); }", name
    )
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(words)


def test_a_call_given_up_while_the_browser_asks_for_the_microphone_does_not_come(open_page, stage):
    page = open_page()
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => new Promise(() => undefined); }")
    page.get_by_role("button", name="Call", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Please allow the microphone")
    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_role("status")).to_have_text("The call has ended")
    assert stage.lines == []


def test_the_page_speaks_the_language_that_is_chosen_and_calls_in_it(open_page, stage):
    page = open_page()
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading")).to_have_text("给我们打电话")
    expect(page.locator("html")).to_have_attribute("lang", "zh")
    page.get_by_role("button", name="拨打").click()
    expect(page.get_by_role("status")).to_have_text("通话中")
    stage.answers()
    assert stage.line.language == "zh"


@pytest.mark.parametrize(
    ("language", "place", "scheme", "picture"),
    [
        ("en", {}, "light", "call-desktop-light"),
        ("zh", {}, "dark", "call-desktop-dark"),
        ("zh", HAND, "light", "call-phone-light"),
        ("en", HAND, "dark", "call-phone-dark"),
    ],
)
def test_it_is_fit_for_everybody_in_every_state(open_page, stage, language, place, scheme, picture):
    page = open_page(language, color_scheme=scheme, **place)
    check(page, f"{picture}-idle")
    page.locator(".dial").click()
    expect(page.locator("body[data-phase=talking]")).to_be_attached()
    stage.answers()
    words = TALK[language]
    for number, text in enumerate(words[:-1]):
        stage.says(text, (Who.BOT, Who.CALLER)[number % 2])
    stage.says(words[-1], Who.CALLER, final=False)
    expect(page.locator(".interim")).to_have_text(words[-1])
    check(page, picture)
    page.locator(".tool").last.click()
    check(page, f"{picture}-keypad")


TALK = {
    "en": (
        "Welcome to Careline insurance. How can I help you?",
        "what is the status of my claim",
        "I can look that up. What is your policy number? You can also type it on your keypad.",
        "PA-1234567",
        "And your date of birth?",
        "the fourth of march",
    ),
    "zh": (
        "欢迎致电 Careline 保险。请问有什么可以帮您？",
        "我想查一下我的理赔进度",
        "好的，我来查询。请说出或在键盘上输入您的保单号码。",
        "PA-1234567",
        "请问您的出生日期是？",
        "一九八五年三月",
    ),
}


def check(page: Page, picture: str) -> None:
    """Nothing that a screen reader or weak eyes stumble over; nothing sticks out at the side."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run()).violations.map(({ id, nodes }) => [id, nodes[0].html])")
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS) / f"{picture}.png")
