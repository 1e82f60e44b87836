"""The queue page: who waits, who was faster, what is offered; by mouse and by keyboard."""

import re

from playwright.sync_api import Page, expect

from crm.domain import PresenceStatus
from crm.domain.staff import Role
from crm.schema import Customer
from tests.browser import arriving

# Acts on a part of the page in the moment in which it comes into it, faster than any hand.
AT_ONCE = """
new MutationObserver((_, observer) => {
  const part = document.querySelector(SELECTOR);
  if (!part) return;
  observer.disconnect();
  ACT;
}).observe(document, {childList: true, subtree: true})
"""
ROWS = "[data-rows] > [data-row]"


def test_a_customer_who_begins_to_wait_appears_by_themselves(stage, open_desk):
    ada = stage.colleague()
    page = open_desk(ada)
    expect(page.get_by_text("Nobody is waiting")).to_be_visible()
    stage.announce(stage.wish("hello", reason="complaint", summary="A claim takes too long", line="home"))
    row = page.locator(ROWS)
    expect(row).to_contain_text("Complaint")
    expect(row).to_contain_text("Maria K.")
    expect(row).to_contain_text("A claim takes too long")
    expect(row.locator("time")).to_have_text(re.compile(r"\d:\d\d"))


def test_one_takes_and_the_others_read_who_was_faster_without_a_reload(stage, open_desk):
    ada, bo = stage.colleague("Ada Moreau"), stage.colleague("Bo Lindqvist")
    stage.wish("hello")
    first, second = open_desk(ada), open_desk(bo)
    expect(second.locator(ROWS)).to_have_count(1)
    with arriving(first):
        first.get_by_role("button", name="Take: Maria K.").click()
    expect(first.get_by_role("heading", name="Maria K.")).to_be_visible()
    expect(second.get_by_text("taken by Ada Moreau")).to_be_visible()
    expect(second.locator(ROWS)).to_have_count(0)


def news_under_a_press(stage, open_desk) -> Page:
    """The queue page while the pointer is held down on the first customer's button, and a second one has come."""
    stage.wish("hello")
    page = open_desk(stage.colleague())
    expect(page.locator("body[data-live=yes]")).to_be_visible()
    expect(page.locator("[data-queue].htmx-request")).to_have_count(0)
    page.get_by_role("button", name="Take: Maria K.").hover()
    page.mouse.down()
    with page.expect_response("**/desk/queue"):
        stage.wish("me too")
    return page


def test_news_that_come_while_a_button_is_pressed_do_not_take_the_click_away(stage, open_desk):
    page = news_under_a_press(stage, open_desk)
    with arriving(page):
        page.mouse.up()
    expect(page.get_by_role("heading", name="Maria K.")).to_be_visible()


def test_news_that_came_while_the_pointer_was_pressed_are_shown_when_it_is_let_go(stage, open_desk):
    page = news_under_a_press(stage, open_desk)
    page.mouse.move(1, 1)
    page.mouse.up()
    expect(page.locator(ROWS)).to_have_count(2)


def test_who_presses_too_late_reads_the_colleagues_name_in_the_row(stage, open_desk):
    ada, bo = stage.colleague("Ada Moreau"), stage.colleague("Bo Lindqvist")
    wish = stage.wish("hello")
    page = open_desk(bo)
    expect(page.locator("body[data-live=yes]")).to_be_visible()
    expect(page.locator("[data-queue].htmx-request")).to_have_count(0)
    page.route("**/desk/queue", lambda route: route.abort())  # the page does not hear of it
    stage.take(wish, ada)
    page.get_by_role("button", name="Take: Maria K.").click()
    expect(page.locator(".gone-words")).to_contain_text("taken by Ada Moreau")
    assert page.url.endswith("/desk")


def test_the_keyboard_alone_selects_and_takes(stage, open_desk):
    ada = stage.colleague()
    stage.wish("one", name=("Maria", "Keller"), waited=90)
    stage.wish("two", name=("Jonas", "Whitfield"), waited=60)
    page = open_desk(ada)
    expect(page.locator(ROWS)).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".selected")).to_contain_text("Jonas W.")
    page.keyboard.press("t")
    expect(page.get_by_role("heading", name="Jonas W.")).to_be_visible()


def test_an_offer_counts_down_and_declining_takes_it_away(stage, open_desk):
    ada, bo = stage.colleague("Ada Moreau"), stage.colleague("Bo Lindqvist")
    view = stage.take(stage.wish("hello"), bo)
    page = open_desk(ada)
    stage.hand_over(bo, view, to=ada)
    offer = page.locator("[data-offer]")
    expect(offer).to_contain_text("A customer for you")
    expect(offer.locator("[data-until]")).to_have_text(re.compile(r"0:\d\d"))
    offer.get_by_role("button", name="Decline").click()
    expect(offer).to_have_count(0)


def test_an_offer_says_whose_own_customer_it_is(stage, open_desk):
    ada, bo = stage.colleague("Ada Moreau"), stage.colleague("Bo Lindqvist")
    own, stranger = stage.wish("hello"), stage.wish("hello", name=("Jonas", "Whitfield"))
    with stage.session() as session:
        session.get_one(Customer, own.customer_id).agent_id = ada.employee_id
    for view in (own, stranger):
        stage.hand_over(bo, stage.take(view, bo), to=ada)
    page = open_desk(ada)
    expect(page.locator("[data-offer]", has_text="Maria K.")).to_contain_text("Your customer")
    expect(page.locator("[data-offer]", has_text="Jonas W.")).not_to_contain_text("Your customer")


def test_an_offer_is_accepted_by_a_key(stage, open_desk):
    ada, bo = stage.colleague("Ada Moreau"), stage.colleague("Bo Lindqvist")
    view = stage.take(stage.wish("hello"), bo)
    page = open_desk(ada)
    stage.hand_over(bo, view, to=ada, note="Has a question about glass")
    expect(page.locator("[data-offer]")).to_be_visible()
    with arriving(page):
        page.keyboard.press("y")
    expect(page.get_by_text("Has a question about glass")).to_be_visible()
    expect(page.get_by_role("textbox", name=re.compile("Write to the customer"))).to_be_visible()


def test_an_offer_shows_on_other_pages_as_well(stage, open_desk):
    ada, bo = stage.colleague("Ada Moreau"), stage.colleague("Bo Lindqvist")
    own = stage.take(stage.wish("hello", name=("Jonas", "Whitfield")), ada)
    view = stage.take(stage.wish("hello"), bo)
    page = open_desk(ada, f"/desk/conversations/{own.conversation_id}")
    expect(page.locator("body[data-live=yes]")).to_be_visible()
    stage.hand_over(bo, view, to=ada)
    with arriving(page):
        page.locator("[data-offer]").get_by_role("button", name="Accept").click()
    expect(page.get_by_role("heading", name="Maria K.")).to_be_visible()


def test_a_supervisor_sees_everything_in_progress_and_takes_over(stage, open_desk):
    ada, sue = stage.colleague("Ada Moreau"), stage.colleague("Sue Okafor", Role.SUPERVISOR)
    stage.take(stage.wish("hello"), ada)
    page = open_desk(sue)
    page.on("dialog", lambda dialog: dialog.accept())
    expect(page.locator(".active-row")).to_contain_text("with Ada Moreau")
    with arriving(page):
        page.get_by_role("button", name="Take over").click()
    expect(page.locator("[data-state]")).to_contain_text("With you")


def test_an_agent_does_not_see_colleagues_conversations(stage, open_desk):
    ada, bo = stage.colleague("Ada Moreau"), stage.colleague("Bo Lindqvist")
    view = stage.take(stage.wish("hello"), ada)
    page = open_desk(bo)
    expect(page.get_by_text("All in progress")).to_have_count(0)
    response = page.goto(f"{stage.url}/desk/conversations/{view.conversation_id}")
    assert response is not None
    assert response.status == 403


def test_presence_is_switched_in_the_bar(stage, open_desk):
    page = open_desk(stage.colleague(status=PresenceStatus.AVAILABLE))
    switch = page.get_by_label("My status")
    expect(switch).to_have_value("available")
    switch.select_option("away")
    expect(page.locator(".presence .dot.away")).to_be_visible()
    expect(page.get_by_text("You are not offered any customers")).to_be_visible()
    page.reload()
    expect(page.get_by_label("My status")).to_have_value("away")


def at_once(page, selector: str, act: str) -> None:
    page.add_init_script(AT_ONCE.replace("SELECTOR", repr(selector)).replace("ACT", act))


def test_a_status_chosen_as_soon_as_it_can_be_chosen_counts(stage, open_desk):
    page = open_desk(stage.colleague(status=PresenceStatus.AVAILABLE))
    at_once(page, "#presence", "part.value = 'away'; part.dispatchEvent(new Event('change', {bubbles: true}))")
    page.reload()
    expect(page.locator(".presence .dot.away")).to_be_visible()


def test_a_button_answers_from_the_moment_in_which_it_appears(stage, open_desk):
    ada, bo = stage.colleague("Ada Moreau"), stage.colleague("Bo Lindqvist")
    own = stage.take(stage.wish("hello", name=("Jonas", "Whitfield")), ada)
    stage.offer(bo, ada)
    page = open_desk(ada, f"/desk/conversations/{own.conversation_id}")
    expect(page.locator("[data-offer]")).to_be_visible()
    at_once(page, "[data-offer] [hx-post$=decline]", "part.click()")
    with page.expect_request("**/decline"):  # an offer that only ran out was not declined
        page.reload()
    expect(page.locator("[data-offer]")).to_have_count(0)
