"""Saying something and being answered: nothing is lost, doubled, or taken for markup."""

from typing import Any

from playwright.sync_api import expect

from tests.web.fake_server import FakeServer, World
from tests.web.widget import Widget


def test_a_message_is_sent_and_answered(widget: Widget, world: World) -> None:
    widget.exchange("good morning", "You said: good morning")
    assert world.received[0]["message"] == "good morning"
    expect(widget.messages).to_have_count(2)
    expect(widget.panel.locator(".customer.waiting")).to_have_count(0)


def test_the_send_button_sends_and_an_empty_field_does_not(widget: Widget, world: World) -> None:
    expect(widget.send_button).to_have_attribute("aria-disabled", "true")
    widget.send_button.click(force=True)
    widget.field.fill("by button")
    expect(widget.send_button).to_have_attribute("aria-disabled", "false")
    widget.send_button.click()
    expect(widget.texts.last).to_have_text("You said: by button")
    assert len(world.received) == 1


def test_shift_and_enter_make_a_new_line(widget: Widget, world: World) -> None:
    widget.field.press_sequentially("one")
    widget.field.press("Shift+Enter")
    widget.field.press_sequentially("two")
    widget.field.press("Enter")
    expect(widget.texts).to_have_count(2)
    assert world.received[0]["message"] == "one\ntwo"


def test_a_quick_reply_sends_its_payload_and_shows_its_title(widget: Widget, world: World) -> None:
    widget.exchange("hello", "Hello! How can I help?")
    expect(widget.replies).to_have_text(["File a claim", "My policies"])
    widget.replies.nth(1).click()
    expect(widget.texts.last).to_have_text("You have two policies.")
    assert world.received[-1]["message"] == "/list_policies"
    expect(widget.texts.nth(2)).to_have_text("My policies")
    expect(widget.replies).to_have_count(0)


def test_only_the_latest_replies_can_be_pressed(widget: Widget) -> None:
    widget.exchange("hello", "Hello! How can I help?")
    widget.exchange("summary", "Is this right?")
    expect(widget.replies).to_have_text(["Yes, send it", "Change something"])


def test_a_reload_brings_the_conversation_back_once_and_in_silence(widget: Widget) -> None:
    widget.exchange("hello", "Hello! How can I help?")
    widget.replies.nth(1).click()
    expect(widget.texts.last).to_have_text("You have two policies.")
    before = widget.texts.all_inner_texts()
    widget.page.reload()
    expect(widget.texts).to_have_text(before)
    expect(widget.spoken).to_have_count(0)
    widget.exchange("again", "You said: again")


def test_a_restart_of_the_server_loses_and_doubles_nothing(widget: Widget, server: FakeServer, world: World) -> None:
    widget.exchange("before", "You said: before")
    server.stop()
    expect(widget.state).to_contain_text("Reconnecting")
    widget.write("first")
    widget.write("second")
    expect(widget.panel.locator(".customer.waiting")).to_have_count(2)
    server.start()
    expect(widget.texts).to_have_count(6)
    expect(widget.panel.locator(".customer.waiting")).to_have_count(0)
    expect(widget.state).to_have_text("")
    said = [message["text"] for message in world.messages["session-1"] if message["sender"] == "customer"]
    assert said == ["before", "first", "second"]
    assert widget.texts.all_inner_texts() == [message["text"] for message in world.messages["session-1"]]


def test_what_was_said_meanwhile_is_fetched_after_a_reconnect(widget: Widget, server: FakeServer, world: World) -> None:
    widget.exchange("before", "You said: before")
    server.stop()
    world.store("session-1", "bot", text="While you were away.")
    server.start()
    expect(widget.texts.last).to_have_text("While you were away.")
    expect(widget.texts).to_have_count(3)


def test_a_lost_acknowledgement_does_not_double_the_message(widget: Widget, world: World) -> None:
    world.lose_acknowledgements = 1
    widget.write("once")
    expect(widget.texts).to_have_text(["once", "You said: once"])
    expect(widget.panel.locator(".customer.waiting")).to_have_count(0)
    assert [message["text"] for message in world.messages["session-1"]] == ["once", "You said: once"]


def test_an_unsent_message_survives_a_reload(widget: Widget, world: World) -> None:
    world.refuse = ["unavailable"]
    widget.write("keep me")
    expect(widget.state).to_contain_text("very busy")
    widget.page.reload()
    expect(widget.texts).to_have_text(["keep me", "You said: keep me"])
    assert len(world.received) == 1


def test_a_refused_message_says_why_and_can_be_tried_again(widget: Widget, world: World) -> None:
    world.refuse = ["too_long"]
    widget.write("long story")
    expect(widget.panel.get_by_text("This message is too long")).to_be_visible()
    widget.panel.get_by_role("button", name="Try again").click()
    expect(widget.texts).to_have_text(["long story", "You said: long story"])


def test_a_missing_message_between_others_is_fetched(widget: Widget, world: World) -> None:
    widget.write("quiet")
    expect(widget.panel.locator(".customer.waiting")).to_have_count(0)
    world.store("session-1", "bot", text="Nobody sent me out.")
    widget.exchange("go on", "You said: go on")
    expect(widget.texts).to_have_text(["quiet", "Nobody sent me out.", "go on", "You said: go on"])


def test_texts_are_never_markup(widget: Widget) -> None:
    hostile = "<img src=x onerror=\"window.hacked=1\"><b>bold</b> & 'so on'"
    widget.exchange("hostile", hostile)
    widget.exchange("<script>window.hacked=1</script>**a**", "You said: <script>window.hacked=1</script>**a**")
    assert widget.page.evaluate("window.hacked") is None
    expect(widget.messages.locator("img, script, b:not(.cl-head b, .hidden-text b)")).to_have_count(0)


def test_another_tab_follows(open_widget: Any, open_context: Any) -> None:
    context = open_context()
    first, second = open_widget(context), open_widget(context)
    first.exchange("from the first", "You said: from the first")
    expect(second.texts).to_have_text(["from the first", "You said: from the first"])


def test_the_browser_token_is_kept(widget: Widget, world: World) -> None:
    widget.exchange("hi", "You said: hi")
    widget.page.reload()
    expect(widget.texts).to_have_count(2)
    assert world.tokens == [None, "browser-1"]


def test_a_person_is_told_apart_and_the_state_is_shown(widget: Widget) -> None:
    widget.exchange("person", "Hello, Maria here.")
    expect(widget.panel.locator(".cl-msg.agent .cl-head")).to_contain_text("Maria, support team")
    expect(widget.state).to_contain_text("now writing with a colleague")


def test_structured_answers_are_drawn(widget: Widget, server: FakeServer) -> None:
    widget.exchange("source", "Storm damage is covered. See https://example.org/storm (opens in a new tab).")
    link = widget.panel.get_by_role("link", name="Storm & hail")
    expect(link).to_have_attribute("href", f"{server.url}/knowledge/en/storm-and-hail")
    widget.exchange("summary", "Is this right?")
    expect(widget.panel.locator(".cl-rows dd")).to_have_text(["PA-1000001 (auto)", "12 November 2026", "High Street 4"])
    widget.exchange("emergency", "Call for help first.")
    expect(widget.panel.get_by_role("link", name="Call 112")).to_have_attribute("href", "tel:112")


def test_the_newest_message_stays_in_view_unless_the_reader_scrolled_up(widget: Widget) -> None:
    for number in range(12):
        widget.exchange(f"line {number}", f"You said: line {number}")
    expect(widget.texts.last).to_be_in_viewport()
    widget.messages.first.scroll_into_view_if_needed()
    widget.write("last")  # an own message brings the reader back to the end
    expect(widget.texts.last).to_have_text("You said: last")
    expect(widget.texts.last).to_be_in_viewport()
    widget.messages.first.scroll_into_view_if_needed()
    expect(widget.messages.first).to_be_in_viewport()
    widget.page.set_viewport_size({"width": 1200, "height": 700})
    expect(widget.messages.first).to_be_in_viewport()
