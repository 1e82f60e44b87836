"""The whole story in two browsers: a customer at the insurer's page, colleagues at the desk, the real system between.

Every test finds a desk at which nobody is, and waits for what it sees, never for a time.
"""

import re

import pytest
from playwright.sync_api import expect

from crm.domain import PresenceStatus
from tests.browser import arriving
from tests.e2e.desk import (
    Desk,
    add_colleague,
    customer_at,
    customer_words,
    everybody_leaves,
    findings,
    new_context,
    picture,
    tab_to,
)
from tests.e2e.story import photo
from tests.web.widget import Widget

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF"
# What the customer says and (as a pattern) hears, and what is asked when the open claim goes on.
TALKS = {
    "en": {
        "claim": [("I want to file a claim for my car", "hurt"), ("no, everyone is fine", "policy number")],
        "verified": "What happened",
        "born": "date of birth",
        "person": "I want to talk to a person",
        "waits": r"number \d+",
        "coming": "colleague",
        "back": r"What happened|what happened",
        "goodbye": "thank you",
        "welcome": "anything else|something else",
        "call": "call",
        "yes": "yes",
        "booked": r"CB-\d+",
    },
    "zh": {
        "claim": [("我要报案，我的车被撞了", "受伤"), ("没有人受伤", "保单号")],
        "verified": "发生了什么",
        "born": "出生日期",
        "person": "转人工",
        "waits": r"第 \d+ 位",
        "coming": "同事",
        "back": "发生了什么",
        "goodbye": "谢谢",
        "welcome": "还有什么|随时",
        "call": "电话",
        "yes": "可以",
        "booked": r"CB-\d+",
    },
}


@pytest.fixture
def contexts(stack, browser):
    """Makes browsers of their own for customers and colleagues."""
    everybody_leaves(stack)
    made = []

    def make(language="en"):
        made.append(new_context(browser, language))
        return made[-1]

    yield make
    for context in made:
        for number, page in enumerate(context.pages):
            picture(page, f"last-{made.index(context)}-{number}")
        context.close()


@pytest.fixture(scope="module")
def passwords(stack):
    """Of colleagues whose accounts an administrator has just made, and of the first one, as the set-up prints it."""
    username, password = stack.desk_login
    return {
        username: password,
        "ada": add_colleague(stack, "ada", "Ada Moreau"),
        "mei": add_colleague(stack, "mei", "林美", "--language", "zh"),
        "bo": add_colleague(stack, "bo", "Bo Lindqvist"),
    }


def at_the_desk(stack, contexts, passwords: dict[str, str], username: str, language: str = "en") -> Desk:
    """A colleague who has logged in; at the very first time they choose a password of their own."""
    desk = Desk(contexts(language).new_page(), stack.url, language)
    desk.log_in(username, passwords[username])
    expect(desk.page.locator(".bar")).to_be_visible()
    desk.page.wait_for_load_state()
    if desk.page.locator("[name=current]").count():
        passwords[username] = desk.choose_password(passwords[username])
    return desk


def hears(widget: Widget, pattern: str, said: str) -> None:
    """Say something and wait for an answer to it."""
    answers = widget.panel.locator(".cl-msg:not(.customer) .cl-text").filter(has_text=re.compile(pattern))
    before = answers.count()
    widget.write(said)
    expect(answers.nth(before)).to_be_visible()


def verifies(widget: Widget, who, talk: dict) -> None:
    """Begin a claim and prove who they are."""
    for said, heard in talk["claim"]:
        hears(widget, heard, said)
    hears(widget, talk["born"], who.policy_number)
    hears(widget, talk["verified"], who.birth_date)


@pytest.mark.parametrize(("language", "username", "customer"), [("en", "ada", 0), ("zh", "mei", 1)])
def test_the_whole_story(stack, contexts, passwords, language, username, customer):
    talk, who = TALKS[language], stack.customers[customer]
    given_name = who.name.split()[0]
    desk = at_the_desk(stack, contexts, passwords, username, language)
    desk.become(PresenceStatus.AVAILABLE)
    widget = customer_at(contexts(), stack)
    page = widget.page
    verifies(widget, who, talk)

    # They ask for a person, and see their place.
    hears(widget, talk["coming"], talk["person"])
    expect(widget.state).to_contain_text(re.compile(talk["waits"]))
    picture(page, f"{language}-1-waits")
    assert findings(page) == []

    # The colleague sees who waits and why, and takes them.
    expect(desk.offer).to_contain_text(desk.words("reason.asked_for"))
    expect(desk.offer).to_contain_text(given_name)
    picture(desk.page, f"{language}-2-offer")
    assert findings(desk.page) == []
    desk.accept()
    expect(desk.page.locator(".summary-line").first).to_be_visible()
    assert 1 <= desk.page.locator(".summary-line").count() <= 5
    expect(desk.side).to_contain_text(desk.words("side.policies"))
    expect(desk.side).to_contain_text(who.policy_number)
    expect(desk.said("customer", talk["person"])).to_have_count(1)
    picture(desk.page, f"{language}-3-taken")

    # Words go both ways live, and so does the sight of somebody writing.
    name = desk.page.locator(".menu-name").inner_text()
    desk.field.press_sequentially("/hello")
    expect(desk.page.locator("[role=option]").first).to_be_visible()
    desk.field.press("Enter")
    expect(desk.field).to_have_value(re.compile(name))  # a ready-made reply, filled in
    expect(widget.state).to_contain_text(customer_words(language, "handoff.active_name"))
    desk.field.press_sequentially(" …")
    expect(widget.state).to_contain_text(name)
    desk.field.press("Enter")
    expect(widget.panel.locator(".cl-msg.agent", has_text=name).first).to_be_visible()
    widget.field.press_sequentially("a blue van hit")
    expect(desk.page.locator("[data-typing]")).to_have_text(desk.words("talk.customer_types"))
    widget.field.press("Enter")
    expect(desk.said("customer", "a blue van hit")).to_have_count(1)

    # Attachments both ways, and a note that stays inside.
    widget.choose_file("door.jpg", "image/jpeg", photo())
    expect(widget.tray).to_contain_text("door.jpg")
    widget.send_button.click()
    expect(desk.page.locator(".said.customer .file img")).to_be_visible()
    desk.attach("form.pdf", "application/pdf", PDF)
    desk.write("The form")
    expect(widget.panel.locator(".cl-msg.agent").last).to_contain_text("form.pdf")
    desk.note("Offer the hire car")
    desk.reply_mode()
    picture(desk.page, f"{language}-4-talk")
    picture(page, f"{language}-5-talk")
    assert findings(desk.page) == []
    assert findings(page) == []

    # A reload loses nothing, and shows nothing private.
    page.reload()
    expect(widget.messages.filter(has_text="a blue van hit")).to_have_count(1)
    expect(widget.panel.locator(".cl-msg.agent")).to_have_count(2)
    expect(widget.state).to_contain_text(customer_words(language, "handoff.active_name"))
    expect(widget.panel).not_to_contain_text("hire car")

    # Given back, the assistant says where it was.
    desk.give_back()
    expect(widget.texts.last).to_contain_text(re.compile(talk["back"]))
    picture(page, f"{language}-6-back")

    # Asked for again, the colleague ends it and files it; the customer says how it was.
    hears(widget, talk["coming"], talk["person"])
    desk.accept()
    desk.write("All done")
    expect(widget.panel.locator(".cl-msg.agent").last).to_contain_text("All done")
    desk.page.locator("[data-key=x]").click()
    expect(desk.page.get_by_role("dialog")).to_be_visible()
    picture(desk.page, f"{language}-7-close")
    assert findings(desk.page) == []
    desk.page.keyboard.press("Escape")
    desk.close("solved", f"van, {language}-story")
    rating = widget.panel.locator(".cl-rating")
    expect(rating).to_contain_text(customer_words(language, "rating.question"))
    picture(page, f"{language}-8-rate")
    assert findings(page) == []
    rating.locator(".cl-marks button").nth(3).click()
    expect(rating).to_contain_text(customer_words(language, "rating.thanks"))
    rating.get_by_role("textbox").fill("Quick and kind")
    rating.get_by_role("button", name=customer_words(language, "rating.send")).click()
    expect(rating).to_have_text(customer_words(language, "rating.comment_thanks"))

    # The claim that was open when the colleague came is settled with it: a word of thanks is only that.
    hears(widget, talk["welcome"], talk["goodbye"])

    # It is found again, and counted.
    desk.go(f"/desk/search?tag={language}-story")
    expect(desk.page.locator(".result").first).to_contain_text(desk.words("search.rated", score=4))
    picture(desk.page, f"{language}-9-search")
    desk.go("/desk/search?words=blue+van")
    expect(desk.page.locator(".result", has_text="blue van").first).to_be_visible()
    chief = at_the_desk(stack, contexts, passwords, "admin")
    chief.go("/desk/board")
    expect(chief.page.locator("#main")).to_contain_text(re.compile(r"\d\.\d / 5"))
    picture(chief.page, f"{language}-10-board")
    assert findings(chief.page) == []
    chief.go("/desk/figures?span=day")
    expect(chief.page.locator("#main")).to_contain_text(chief.words("reason.asked_for"))
    picture(chief.page, f"{language}-11-figures")
    assert findings(chief.page) == []


def test_a_supervisor_reads_along_whispers_takes_over_and_passes_on(stack, contexts, passwords):
    ada = at_the_desk(stack, contexts, passwords, "ada")
    ada.become(PresenceStatus.AVAILABLE)
    widget = customer_at(contexts(), stack)
    hears(widget, "colleague", "I want to talk to a person")
    ada.accept()
    ada.write("Good morning")
    bo = at_the_desk(stack, contexts, passwords, "bo")
    bo.become(PresenceStatus.BUSY)

    # The supervisor reads along, and whispers.
    chief = at_the_desk(stack, contexts, passwords, "admin")
    with arriving(chief.page):
        chief.page.get_by_role("link", name=chief.words("queue.watch")).click()
    expect(chief.said("agent", "Good morning")).to_be_visible()
    widget.write("my windscreen has a crack")
    expect(chief.said("customer", "my windscreen has a crack")).to_be_visible()
    chief.note("Glass is covered in full")
    expect(ada.said("note", "Glass is covered in full")).to_be_visible()
    picture(chief.page, "watch")
    assert findings(chief.page) == []

    # Takes over: the colleague cannot write any more, the customer reads another name.
    with arriving(chief.page):
        chief.button("queue.take_over").click()
    expect(chief.field).to_be_visible()
    expect(ada.field).to_be_hidden()
    picture(ada.page, "taken-over")
    chief.reply_mode()
    chief.write("I will see to it")
    name = chief.page.locator(".menu-name").inner_text()
    expect(widget.panel.locator(".cl-msg.agent").last).to_contain_text(name)

    # Passes the customer on to a colleague, with a note.
    chief.page.locator("[data-key=h]").click()
    dialog = chief.page.get_by_role("dialog")
    dialog.get_by_role("combobox").select_option(
        dialog.locator("option", has_text="Bo Lindqvist").get_attribute("value")
    )
    dialog.get_by_label(chief.words("talk.transfer_note")).fill("Wants a garage nearby")
    picture(chief.page, "transfer")
    assert findings(chief.page) == []
    chief.in_dialog("talk.transfer_do").click()
    expect(bo.offer).to_be_visible()
    bo.accept()
    expect(bo.page.locator(".passed-on")).to_contain_text("Wants a garage nearby")
    bo.write("Bo here")
    expect(widget.panel.locator(".cl-msg.agent").last).to_contain_text("Bo Lindqvist")
    expect(widget.panel).not_to_contain_text("covered in full")
    expect(widget.panel).not_to_contain_text("garage nearby")
    picture(bo.page, "passed-on")


@pytest.mark.parametrize(("language", "customer"), [("en", 0), ("zh", 1)])
def test_a_call_is_booked_while_nobody_is_there(stack, contexts, language, customer):
    talk = TALKS[language]
    widget = customer_at(contexts(), stack)
    verifies(widget, stack.customers[customer], talk)
    hears(widget, talk["call"], talk["person"])
    expect(widget.state).to_contain_text(customer_words(language, "handoff.nobody_there"))
    picture(widget.page, f"{language}-nobody")
    hears(widget, talk["booked"], talk["yes"])


def test_neither_side_needs_a_mouse(stack, contexts, passwords):
    page = contexts().new_page()
    page.goto(f"{stack.url}/desk")
    page.keyboard.type("admin")  # the field has the focus already
    page.keyboard.press("Tab")
    page.keyboard.type(passwords["admin"])
    with arriving(page):
        page.keyboard.press("Enter")
    expect(page.locator(".presence select")).to_be_visible()
    tab_to(page, page.locator(".presence select"))
    page.keyboard.press("A")  # the choice that begins with it
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")

    customer = contexts().new_page()
    customer.goto(stack.url)
    widget = Widget(customer)
    tab_to(customer, widget.launcher)
    customer.keyboard.press("Enter")
    expect(widget.field).to_be_focused()
    expect(widget.state).to_have_text("")
    customer.keyboard.type("I want to talk to a person")
    customer.keyboard.press("Enter")

    # Taken, answered, noted, filed.
    expect(page.locator("[data-offer]")).to_be_visible()
    page.keyboard.press("Escape")
    with arriving(page):
        page.keyboard.press("y")
    expect(page.locator("#words")).to_be_focused()
    page.keyboard.type("Good morning")
    page.keyboard.press("Enter")
    expect(widget.panel.locator(".cl-msg.agent")).to_contain_text("Good morning")
    customer.keyboard.type("I only wanted to say hello")
    customer.keyboard.press("Enter")
    expect(page.locator(".said.customer").last).to_contain_text("only wanted")
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
    page.keyboard.type("greeting")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk")

    # The customer says how it was.
    expect(widget.panel.locator(".cl-rating")).to_be_visible()
    tab_to(customer, widget.panel.locator(".cl-marks button").nth(4))
    customer.keyboard.press("Enter")
    expect(widget.panel.locator(".cl-rating")).to_contain_text(customer_words("en", "rating.thanks"))
