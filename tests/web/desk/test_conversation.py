"""A conversation: live both ways, what is private, what is masked, how it ends, and what a broken line costs."""

import re

import pytest
from playwright.sync_api import Page, expect

from crm.domain import Sender
from crm.domain.staff import Role
from crm.services import conversations, handoffs, tags
from tests.browser import arriving
from tests.web.desk.stage import Colleague, Stage

WORDS = re.compile("Write to the customer")


@pytest.fixture
def ada(stage: Stage) -> Colleague:
    return stage.colleague("Ada Moreau")


def talk_of(stage: Stage, colleague: Colleague, *said, **values):
    """A customer with an open widget whom a colleague has; their socket and the hand-off."""
    visitor = stage.visitor()
    view = stage.wish(*said or ("hello",), conversation_id=visitor.session, **values)
    return visitor, stage.take(view, colleague)


def address(view) -> str:
    return f"/desk/conversations/{view.conversation_id}"


def write(page: Page, text: str) -> None:
    field = page.get_by_role("textbox", name=WORDS)
    field.fill(text)
    field.press("Enter")


def said_by(stage: Stage, view, sender: Sender) -> list[str]:
    with stage.session() as session:
        return [each.text for each in conversations.history(session, view.conversation_id) if each.sender is sender]


def test_words_go_both_ways_live(stage, open_desk, ada):
    visitor, view = talk_of(stage, ada)
    page = open_desk(ada, address(view))
    write(page, "Good morning, this is Ada")
    stage.run(visitor.until(lambda: visitor.count("agent_uttered")))
    assert visitor.of("agent_uttered")[0]["text"] == "Good morning, this is Ada"
    expect(page.locator(".said.agent", has_text="Good morning, this is Ada")).to_have_count(1)
    stage.say(visitor, "is glass covered?")
    expect(page.locator(".said.customer").last).to_contain_text("is glass covered?")
    expect(page.locator(".said.pending")).to_have_count(0)


def test_shift_and_enter_begins_a_new_line_and_two_quick_enters_send_once(stage, open_desk, ada):
    _, view = talk_of(stage, ada)
    page = open_desk(ada, address(view))
    field = page.get_by_role("textbox", name=WORDS)
    field.fill("one")
    field.press("Shift+Enter")
    field.press_sequentially("two")
    field.press("Enter")
    field.press("Enter")
    expect(page.locator(".said.agent[data-seq]")).to_have_count(1)
    assert said_by(stage, view, Sender.AGENT) == ["one\ntwo"]


def test_the_customer_writing_is_shown_and_so_is_the_agent(stage, open_desk, ada):
    visitor, view = talk_of(stage, ada)
    page = open_desk(ada, address(view))
    expect(page.locator("body[data-live=yes]")).to_be_visible()
    stage.run(stage.house.gateway.outlets.typing(view.conversation_id, True, "customer"))
    expect(page.get_by_text("The customer is writing")).to_be_visible()
    page.get_by_role("textbox", name=WORDS).press_sequentially("He")
    stage.run(visitor.until(lambda: any(told.get("state") == "on" for told in visitor.of("typing"))))


def test_a_private_note_reaches_colleagues_and_never_the_customer(stage, open_desk, ada):
    sue = stage.colleague("Sue Okafor", Role.SUPERVISOR)
    visitor, view = talk_of(stage, ada)
    page, watching = open_desk(ada, address(view)), open_desk(sue, address(view))
    watching.get_by_role("textbox", name="Only colleagues see this").fill("Offer the hire car")
    watching.keyboard.press("Enter")
    expect(page.locator(".said.note")).to_contain_text("Offer the hire car")
    expect(page.locator(".said.note")).to_contain_text("Private note by Sue Okafor")
    expect(watching.locator(".said.note")).to_have_count(1)
    assert visitor.count("agent_uttered") == 0
    assert said_by(stage, view, Sender.AGENT) == []


def test_what_is_masked_is_shown_one_by_one(stage, open_desk, ada):
    _, view = talk_of(stage, ada, "my number is +44 7700 900123 and my mail is priya@example.com")
    page = open_desk(ada, address(view))
    message = page.locator(".said.customer").first
    expect(message).not_to_contain_text("7700")
    message.get_by_role("button", name="Email").click()
    expect(message.locator(".revealed")).to_have_text("priya@example.com")
    expect(message).not_to_contain_text("7700")


def test_a_kept_reply_is_found_by_its_shortcut_and_filled_in(stage, open_desk, ada):
    _, view = talk_of(stage, ada)
    stage.keep_reply(ada, "thanks", "Thank you, {given_name}. {agent_name}")
    page = open_desk(ada, address(view))
    field = page.get_by_role("textbox", name=WORDS)
    field.press_sequentially("/tha")
    expect(page.get_by_role("option", name=re.compile("thanks"))).to_be_visible()
    field.press("Enter")
    expect(field).to_have_value("Thank you, Maria. Ada Moreau")


def test_a_photo_goes_out_with_the_words(stage, open_desk, ada, tmp_path):
    from PIL import Image

    photo = tmp_path / "form.png"
    Image.new("RGB", (40, 30), "teal").save(photo)
    visitor, view = talk_of(stage, ada)
    page = open_desk(ada, address(view))
    page.locator("[data-files]").set_input_files(photo)
    expect(page.locator("[data-tray] li:not(.busy)")).to_contain_text("form.png")
    write(page, "Here is the form")
    stage.run(visitor.until(lambda: visitor.count("agent_uttered")))
    assert visitor.of("agent_uttered")[0]["attachments"][0]["name"] == "form.png"
    expect(page.locator(".said.agent img")).to_be_visible()


def test_a_customer_is_handed_to_a_team_with_a_note(stage, open_desk, ada):
    stage.team("claims", ada)
    _, view = talk_of(stage, ada)
    page = open_desk(ada, address(view))
    page.get_by_role("button", name="Hand over").click()
    page.get_by_role("dialog").get_by_role("combobox").select_option("team:claims")
    page.get_by_label("What they need to know").fill("Windscreen, wants a garage")
    page.get_by_role("dialog").get_by_role("button", name="Hand over").click()
    page.wait_for_url("**/desk")
    with stage.session() as session:
        assert handoffs.get(session, view.id).team == "claims"


def test_giving_back_lets_the_bot_answer_again(stage, open_desk, ada):
    visitor, view = talk_of(stage, ada)
    page = open_desk(ada, address(view))
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Give back").click()
    page.wait_for_url("**/desk")
    before = len(visitor.heard)
    stage.say(visitor, "hello again")
    stage.run(visitor.until(lambda: any("hello again" in text for text in visitor.heard[before:])))


def test_closing_asks_how_it_ended_and_files_it(stage, open_desk, ada):
    _, view = talk_of(stage, ada)
    page = open_desk(ada, address(view))
    page.keyboard.press("Escape")  # out of the field, so that letters are shortcuts
    page.keyboard.press("x")
    page.get_by_label("Solved").check()
    page.get_by_role("dialog").get_by_label("Tags").fill("claim, Total Loss")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.wait_for_url("**/desk")
    with stage.session() as session:
        assert handoffs.get(session, view.id).disposition == "solved"
        assert tags.of(session, view.conversation_id) == ["claim", "total-loss"]


def test_a_draft_outlives_a_reload_and_shows_in_a_second_tab(stage, open_desk, ada):
    _, view = talk_of(stage, ada)
    page = open_desk(ada, address(view))
    page.get_by_role("textbox", name=WORDS).fill("half a thought")
    page.reload()
    expect(page.get_by_role("textbox", name=WORDS)).to_have_value("half a thought")
    other = open_desk(ada, address(view), context=page.context)
    expect(other.get_by_role("textbox", name=WORDS)).to_have_value("half a thought")


def test_a_lost_gateway_is_said_and_nothing_is_missed_or_doubled(stage, open_desk, ada):
    _, view = talk_of(stage, ada)
    page = open_desk(ada, address(view))
    expect(page.locator("body[data-live=yes]")).to_be_visible()
    expect(page.get_by_text("Loading")).to_have_count(0)
    stage.run(stage.house.stop_gateway())
    expect(page.locator(".connection.lost")).to_be_visible()
    write(page, "written while it was away")
    expect(page.locator(".said.pending")).to_contain_text("written while it was away")
    stage.writes(view, "said while it was away")
    stage.run(stage.house.start_gateway())
    expect(page.locator(".said.customer").last).to_contain_text("said while it was away")
    expect(page.locator(".said.agent[data-seq]", has_text="written while it was away")).to_have_count(1)
    expect(page.locator(".said.pending")).to_have_count(0)
    assert said_by(stage, view, Sender.AGENT) == ["written while it was away"]


def test_another_customer_of_mine_who_writes_is_marked_beside_the_conversation(stage, open_desk, ada):
    _, view = talk_of(stage, ada)
    other, _ = talk_of(stage, ada, name=("Jonas", "Whitfield"))
    page = open_desk(ada, address(view))
    link = page.locator(".talk-mine .mine-link", has_text="Jonas W.")
    expect(link).to_be_visible()
    write(page, "one moment")
    stage.say(other, "are you there?")
    expect(link.locator("[data-since]")).to_be_visible()


def test_who_loses_a_customer_to_a_supervisor_cannot_write_any_more(stage, open_desk, ada):
    sue = stage.colleague("Sue Okafor", Role.SUPERVISOR)
    _, view = talk_of(stage, ada)
    page, watching = open_desk(ada, address(view)), open_desk(sue, address(view))
    expect(page.get_by_role("textbox", name=WORDS)).to_be_visible()
    watching.on("dialog", lambda dialog: dialog.accept())
    with arriving(watching):
        watching.get_by_role("button", name="Take over").click()
    expect(watching.get_by_role("textbox", name=WORDS)).to_be_visible()
    expect(page.get_by_role("textbox", name=WORDS)).to_be_hidden()


def test_the_newest_words_stay_in_view_and_who_reads_further_up_is_left_there(stage, open_desk, ada):
    said = [(f"question {number}", "inform", "an answer\n" * 3) for number in range(12)]
    visitor, view = talk_of(stage, ada, *said)
    page = open_desk(ada, address(view))
    expect(page.locator(".summary-lines")).to_be_visible()
    expect(page.locator(".said").last).to_be_in_viewport()
    page.locator("[data-scroll]").hover()
    page.mouse.wheel(0, -2000)
    expect(page.locator(".said").first).to_be_in_viewport()
    stage.say(visitor, "one more thing")
    expect(page.get_by_role("button", name="Newest messages")).to_be_visible()
    expect(page.locator(".said").first).to_be_in_viewport()
    page.get_by_role("button", name="Newest messages").click()
    expect(page.locator(".said", has_text="one more thing")).to_be_in_viewport()


def test_question_mark_lists_the_shortcuts(stage, open_desk, ada):
    page = open_desk(ada)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_hidden()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_from_the_queue_to_the_end_without_a_mouse(stage, open_desk, language):
    agent = stage.colleague("Ada Moreau", language=language)
    visitor = stage.visitor()
    wish = stage.wish("hello", conversation_id=visitor.session)
    page = open_desk(agent)
    expect(page.locator("[data-take]")).to_be_visible()
    with arriving(page):
        page.keyboard.press("t")
    expect(page.locator("#words")).to_be_focused()
    page.keyboard.type("Good morning")
    page.keyboard.press("Enter")
    stage.run(visitor.until(lambda: visitor.count("agent_uttered")))
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type("Was friendly")
    page.keyboard.press("Enter")
    expect(page.locator(".said.note")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    expect(page.locator("[name=disposition]").first).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("claim")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk")
    with stage.session() as session:
        assert handoffs.get(session, wish.id).disposition == "solved"


def test_a_notification_comes_when_nobody_looks_and_says_nothing_personal(stage, open_desk, ada):
    bo = stage.colleague("Bo Lindqvist")
    view = stage.take(stage.wish("my pin is 1234"), bo)
    page = open_desk(ada)
    page.evaluate(
        "document.hasFocus = () => false;"
        "window.Notification = class extends EventTarget { static permission = 'granted';"
        " constructor(title, options) { super(); document.body.dataset.told = title + ': ' + options.body; } }; null"
    )
    expect(page.locator("body[data-live=yes]")).to_be_visible()
    stage.hand_over(bo, view, to=ada)
    expect(page.locator("body")).to_have_attribute("data-told", "A customer for you: Asked for a person · Maria K.")


def test_a_sound_is_heard_only_by_who_wants_it(stage, open_desk, ada):
    bo = stage.colleague("Bo Lindqvist")
    page = open_desk(ada, "/desk/search")
    page.evaluate(
        "window.heard = 0; const start = OscillatorNode.prototype.start;"
        "OscillatorNode.prototype.start = function (at) { window.heard += 1; return start.call(this, at) }; null"
    )
    expect(page.locator("body[data-live=yes]")).to_be_visible()
    stage.offer(bo, ada)
    expect(page.locator("[data-offer]")).to_have_count(1)
    assert page.evaluate("heard") == 0
    page.locator("[data-menu].menu > summary .avatar").click()
    page.get_by_role("button", name="Sound for customers and words").click()
    expect(page.get_by_role("button", name="Sound for customers and words", pressed=True)).to_be_visible()
    tried = page.evaluate("heard")
    assert tried == 2
    stage.offer(bo, ada)
    expect(page.locator("[data-offer]")).to_have_count(2)
    assert page.evaluate("heard") == tried + 2
