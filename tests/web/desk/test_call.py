"""A call at the desk: captions live, sound both ways, and what is said where it does not come through."""

import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime

import numpy as np
import pytest
from playwright.sync_api import expect

from crm.domain import Sender
from crm.services import calls, conversations
from tests.factories import crm as make
from tests.gateway.harness import PATIENCE
from voice.ports import Caption, Who


class Caller:
    """A call that goes on in the stage's gateway, whose caller waits for a person."""

    def __init__(self, stage):
        self.stage = stage
        now = datetime.now(UTC)
        with stage.session() as session:
            self.id = make.a_call(session, now=now).id
        self.view = stage.wish("I had a crash", name=None, conversation_id=self.id, waited=5)
        self.address = f"/desk/conversations/{self.id}"
        self._open = ExitStack()
        self.bridge = self._open.enter_context(stage.house.gateway.voice.bridges.open(self.id, 8000))

    def show(self, who, text, final=True):
        self.stage.run(self.bridge.caption(Caption(who, text, final)))

    def heard(self, seconds=0.3):
        """What the caller hears of the person: samples at the call's rate."""

        async def listen():
            found = b""
            async with asyncio.timeout(PATIENCE):
                async for pcm in self.bridge.from_person():
                    found += pcm
                    if len(found) >= 2 * 8000 * seconds:
                        return found
            return found

        return np.frombuffer(self.stage.run(listen()), dtype="<i2")

    def hang_up(self):
        with self.stage.session() as session:
            calls.end(session, self.id, why="caller", now=datetime.now(UTC))

        async def close():
            self._open.close()

        self.stage.run(close())


@pytest.fixture
def ada(stage):
    return stage.colleague("Ada Moreau")


@pytest.fixture
def caller(stage):
    return Caller(stage)


def state(page, name):
    expect(page.locator(f"[data-call][data-state={name}]")).to_be_visible()


def open_as_own(caller, open_desk, colleague, **settings):
    caller.stage.take(caller.view, colleague)
    page = open_desk(colleague, caller.address, **settings)
    state(page, "ready")
    return page


def test_captions_grow_until_they_are_final(caller, open_desk, ada):
    page = open_desk(ada, caller.address)
    state(page, "listening")
    captions = page.get_by_role("list", name="What is being said").get_by_role("listitem")
    caller.show(Who.CALLER, "I had", final=False)
    expect(captions).to_have_text(["Caller I had"])
    caller.show(Who.CALLER, "I had a crash", final=True)
    caller.show(Who.BOT, "I am sorry to hear that")
    expect(captions).to_have_text(["Caller I had a crash", "Assistant I am sorry to hear that"])


def test_taking_the_call_lets_one_talk(caller, open_desk, ada):
    page = open_desk(ada, caller.address)
    state(page, "listening")
    expect(page.get_by_role("button", name="Talk", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Take").first.click()
    state(page, "ready")
    expect(page.get_by_role("button", name="Talk", exact=True)).to_be_visible()


def test_the_caller_hears_the_person_and_the_person_can_be_muted(caller, open_desk, ada):
    page = open_as_own(caller, open_desk, ada, permissions=["microphone"])
    page.keyboard.press("Escape")  # out of the field for words, which has the focus
    page.keyboard.press("m")
    state(page, "talking")
    assert np.abs(caller.heard(1.5).astype(float)).max() > 500  # the browser's stand-in beeps every second
    page.keyboard.press("m")
    state(page, "muted")
    expect(page.get_by_role("button", name="Unmute")).to_be_focused()
    page.keyboard.press("m")
    state(page, "talking")


def test_without_a_microphone_one_is_told_and_can_type(caller, open_desk, ada):
    page = open_as_own(caller, open_desk, ada)
    page.evaluate("() => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no')); }")
    page.get_by_role("button", name="Talk", exact=True).click()
    state(page, "no-microphone")
    expect(page.get_by_role("textbox", name="Write to the customer")).to_be_enabled()


def test_a_second_page_takes_the_sound_over(caller, open_desk, ada):
    first = open_as_own(caller, open_desk, ada)
    second = open_desk(ada, caller.address, first.context)
    state(second, "ready")
    state(first, "replaced")
    expect(first.get_by_role("button", name="Talk", exact=True)).to_be_hidden()


def test_giving_back_lets_the_microphone_go(caller, open_desk, ada):
    page = open_as_own(caller, open_desk, ada, permissions=["microphone"])
    page.get_by_role("button", name="Talk", exact=True).click()
    state(page, "talking")
    page.on("dialog", lambda dialog: dialog.accept())
    with page.expect_navigation():
        page.locator("[data-call]").get_by_role("button", name="Give back to the assistant").click()
    again = open_desk(ada, caller.address, page.context)
    state(again, "listening")


def test_hanging_up_asks_how_it_ended(caller, open_desk, ada):
    page = open_as_own(caller, open_desk, ada)
    page.get_by_role("button", name="Hang up").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_the_end_of_the_call_is_shown(caller, open_desk, ada):
    page = open_desk(ada, caller.address)
    state(page, "listening")
    caller.hang_up()
    state(page, "over")
    page.reload()
    expect(page.get_by_text("The call ended at")).to_be_visible()


def test_a_call_of_another_gateway_is_told_to_be_there(stage, open_desk, ada):
    with stage.session() as session:
        elsewhere = make.a_call(session, now=datetime.now(UTC)).id
    stage.wish("I had a crash", conversation_id=elsewhere)
    page = open_desk(ada, f"/desk/conversations/{elsewhere}")
    state(page, "elsewhere")
    expect(page.get_by_text("open this page through the server that took the call")).to_be_visible()


def test_what_was_spoken_shows_when_and_how_surely(caller, open_desk, ada):
    with caller.stage.session() as session:
        conversations.add_customer_message(
            session, caller.id, message_id="spoken-1", text="it is my windscreen", now=datetime.now(UTC),
            spoken=conversations.Spoken(12_340, 14_000, 0.81),
        )  # fmt: skip
    page = open_desk(ada, caller.address)
    expect(page.locator(".said.customer", has_text="it is my windscreen")).to_contain_text(
        "12.3 s to 14.0 s of the call"
    )
    expect(page.locator(".said.customer", has_text="it is my windscreen")).to_contain_text("81 %")


def test_a_chat_has_no_call(stage, open_desk, ada):
    view = stage.wish("hello")
    page = open_desk(ada, f"/desk/conversations/{view.conversation_id}")
    expect(page.locator("[data-thread]")).to_contain_text("hello")
    expect(page.locator("[data-call]")).to_have_count(0)


def test_the_panel_speaks_chinese(caller, open_desk, stage):
    lin = stage.colleague("林静", language="zh")
    page = open_desk(lin, caller.address)
    expect(page.get_by_text("您正在旁看")).to_be_visible()


def test_words_typed_in_a_call_are_kept_as_words_of_the_person(caller, open_desk, ada):
    page = open_as_own(caller, open_desk, ada)
    page.get_by_role("textbox", name="Write to the customer").fill("I am looking into it")
    page.keyboard.press("Enter")
    expect(page.locator(".said.agent[data-seq]")).to_have_count(1)
    with caller.stage.session() as session:
        said = conversations.history(session, caller.id)
    assert [each.text for each in said if each.sender is Sender.AGENT] == ["I am looking into it"]
