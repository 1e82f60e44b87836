"""A person takes over: what the customer's browser and the colleague get, each from the other, live."""

import asyncio
import io
from datetime import datetime, timedelta, timezone

import pytest
from PIL import Image

from crm.domain.staff import Role, StaffMember
from crm.errors import NotEligible
from crm.services import callbacks, conversations, feedback, handoffs, tags
from gateway.errors import Refusal
from gateway.live.bus import of_conversation, of_staff
from tests.factories import handoffs as make
from tests.factories.crm import care_unit
from tests.factories.desk import says
from tests.gateway.harness import END, HANG, house, utterance


def now() -> datetime:
    return datetime.now(timezone.utc)


def a_member(home, name: str = "Maria Keller", **values) -> StaffMember:
    with home.store.session() as session:
        employee_id = make.an_agent(session, now=now(), name=name, capacity=9, **values).id
    return StaffMember(employee_id, employee_id, name, Role.AGENT, frozenset(), "en", "auto", "s", "c")


def wish(home, conversation_id: str):
    with home.store.session() as session:
        return handoffs.request(session, conversation_id, reason="asked_for", summary="wants a person", now=now())


async def taken(home, member, customer):
    """The customer is with the member."""
    view = await home.gateway.takeover.take(member, wish(home, customer.session).id, force=True)
    await customer.until(lambda: standing(customer).get("agent"))
    return view


async def next_of(events, kind: str):
    """The next event of a kind."""
    async for event in events:
        if event.kind == kind:
            return event
    raise AssertionError("the bus was closed")


def standing(customer) -> dict:
    told = customer.of("handoff")
    return told[-1] if told else {}


def waited_since(home, customer, ago: timedelta) -> None:
    """The customer has asked for a person, so long ago, and nobody is there."""
    with home.store.session() as session:
        care_unit(session)
        handoffs.request(session, customer.session, reason="asked_for", summary="", now=now() - ago)


def call_backs_offered(customer) -> list[str]:
    """What was said together with the offer to be called back."""
    said = [told for told in customer.of("bot_uttered") if told.get("quick_replies")]
    return [told["text"] for told in said if told["quick_replies"][0]["payload"] == "/book_callback"]


def words(customer) -> list[str]:
    return [told["text"] for told in customer.of("agent_uttered")]


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as built:
        yield built


async def test_the_customer_hears_a_person_by_name(home):
    customer, maria = await home.customer(), a_member(home)
    view = await taken(home, maria, customer)
    await home.gateway.takeover.say(maria, view.conversation_id, "Good morning")
    await customer.until(lambda: words(customer) == ["Good morning"])
    (said,) = customer.of("agent_uttered")
    assert said["agent"] == {"name": "Maria Keller"}
    assert "data" not in said
    assert standing(customer) == {"state": "active", "open": True, "agent": {"name": "Maria Keller"}}


async def test_the_customer_s_words_reach_the_conversation_s_stream(home):
    customer, maria = await home.customer(), a_member(home)
    await taken(home, maria, customer)
    async with home.gateway.bus.subscribe(of_conversation(customer.session)) as events:
        await customer.say("are you there?")
        event = await next_of(events, "message")
    assert (event.kind, event.data["sender"], event.hint.text) == ("message", "customer", "are you there?")


async def test_the_bot_is_silent_until_it_is_given_back(home):
    customer, maria = await home.customer(), a_member(home)
    view = await taken(home, maria, customer)
    await customer.say("hello, person")
    await home.gateway.takeover.give_back(maria, view.id)
    await customer.until(lambda: "echo /repeat" in str(customer.heard) or home.bot.turns)
    assert [turn["command"] for turn in home.bot.turns] == ["/repeat"]
    assert home.bot.turns[0]["message_id"].startswith("back-")


async def test_a_call_that_was_being_arranged_is_dropped_when_a_person_came(home):
    customer, maria = await home.customer(), a_member(home)
    with home.store.session() as session:
        question = ("action_request_person", "utter_ask_callback_phone")
        says(session, customer.session, "a person", intent="talk_to_human", actions=question, now=now())
    view = await taken(home, maria, customer)
    await home.gateway.takeover.give_back(maria, view.id)
    await customer.until(lambda: home.bot.turns)
    assert [turn["command"] for turn in home.bot.turns] == ["/stop"]


async def test_who_waits_for_nobody_is_offered_a_call_back_once(home):
    customer = await home.customer()
    waited_since(home, customer, timedelta(minutes=1))
    await customer.until(lambda: call_backs_offered(customer))
    for _ in range(40):  # every twentieth pass looks at it again
        await home.gateway.dispatcher.work()
    with home.store.reading() as session:
        said = [message for message in conversations.history(session, customer.session) if message.quick_replies]
    assert [message.text for message in said] == [home.gateway.texts.get("en", "words.callback_offered")]


async def test_for_whom_nobody_came_is_told_and_offered_a_call_back(home):
    customer = await home.customer()
    waited_since(home, customer, timedelta(hours=2))
    await customer.until(lambda: call_backs_offered(customer))
    assert home.gateway.texts.get("en", "words.nobody_came") in call_backs_offered(customer)
    await customer.until(lambda: standing(customer).get("open") is False or not standing(customer).get("state"))


async def test_for_whom_nobody_came_but_a_call_is_booked_reads_when(home):
    customer = await home.customer()
    with home.store.session() as session:
        care_unit(session)
        booked = callbacks.book(session, customer.session, handoff_id=None, phone="+15550104477", now=now())
    waited_since(home, customer, timedelta(hours=2))
    await customer.until(lambda: f"{booked.at_start:%H:%M}" in str(customer.of("bot_uttered")))
    assert call_backs_offered(customer) == []


async def test_what_the_bot_was_about_to_say_stays_unsaid(home):
    go_on = asyncio.Event()
    home.bot.answer = lambda turn: [go_on.wait(), utterance(text="too late"), END]
    customer, maria = await home.customer(), a_member(home)
    await customer.say("my claim?")
    view = await taken(home, maria, customer)
    go_on.set()
    await home.gateway.takeover.say(maria, view.conversation_id, "I have it here")
    await customer.until(lambda: words(customer))
    await customer.say("thanks")
    with home.store.reading() as session:
        said = conversations.history(session, customer.session)
    assert "too late" not in [message.text for message in said]


async def test_saying_it_twice_says_it_once(home):
    customer, maria = await home.customer(), a_member(home)
    view = await taken(home, maria, customer)
    say = home.gateway.takeover.say
    first = await say(maria, view.conversation_id, "Good morning", message_id="m-00000001")
    again = await say(maria, view.conversation_id, "Good morning", message_id="m-00000001")
    assert first.seq == again.seq
    await say(maria, view.conversation_id, "done")
    await customer.until(lambda: words(customer)[-1:] == ["done"])
    assert words(customer) == ["Good morning", "done"]


async def test_a_card_number_of_an_agent_is_masked_too(home):
    customer, maria = await home.customer(), a_member(home)
    view = await taken(home, maria, customer)
    message = await home.gateway.takeover.say(maria, view.conversation_id, "you paid with 4111 1111 1111 1111\x00")
    assert "4111 1111" not in message.text
    assert "\x00" not in message.text


@pytest.mark.parametrize(("text", "code"), [("", "bad_message"), (" \n", "bad_message"), ("x" * 2_001, "too_long")])
async def test_words_that_cannot_be_said_are_refused(home, text, code):
    customer, maria = await home.customer(), a_member(home)
    view = await taken(home, maria, customer)
    with pytest.raises(Refusal) as refusal:
        await home.gateway.takeover.say(maria, view.conversation_id, text)
    assert refusal.value.code == code


async def test_only_who_has_it_may_speak(home):
    customer, maria, omar = await home.customer(), a_member(home), a_member(home, "Omar Haddad")
    view = await taken(home, maria, customer)
    with pytest.raises(handoffs.Taken) as refused:
        await home.gateway.takeover.say(omar, view.conversation_id, "me too")
    assert refused.value.by == "Maria Keller"


async def test_nobody_speaks_before_taking_it(home):
    customer, maria = await home.customer(), a_member(home)
    with pytest.raises(NotEligible):
        await home.gateway.takeover.say(maria, customer.session, "hello")


async def test_typing_goes_both_ways(home):
    customer, maria = await home.customer(), a_member(home)
    view = await taken(home, maria, customer)
    await home.gateway.takeover.typing(maria, view.conversation_id, True)
    await customer.until(lambda: {"state": "on", "who": "agent"} in customer.of("typing"))
    await customer.until(lambda: "agent" in standing(customer))  # before, nobody would read it
    async with home.gateway.bus.subscribe(of_conversation(customer.session)) as events:
        heard = asyncio.create_task(next_of(events, "typing"))
        while not heard.done():  # as a widget does, which says it again while somebody goes on writing
            await customer.client.emit("typing", {"state": "on"})
            await asyncio.wait([heard], timeout=1)
        event = await heard
    assert (event.kind, event.data["who"], event.data["on"]) == ("typing", "customer", True)


async def test_a_file_of_the_agent_can_be_fetched_by_the_customer(home):
    customer, maria = await home.customer(), a_member(home)
    view = await taken(home, maria, customer)
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(picture, "PNG")
    file = await home.gateway.takeover.upload(maria, view.conversation_id, "damage.png", picture.getvalue())
    await home.gateway.takeover.say(maria, view.conversation_id, "", attachments=[file.id])
    await customer.until(lambda: customer.of("agent_uttered"))
    assert [told["name"] for told in customer.of("agent_uttered")[0]["attachments"]] == ["damage.png"]


async def test_a_reload_finds_everything(home):
    customer, maria = await home.customer(), a_member(home)
    view = await taken(home, maria, customer)
    await home.gateway.takeover.say(maria, view.conversation_id, "Good morning")
    await customer.leave()
    await home.gateway.takeover.say(maria, view.conversation_id, "Still there?")
    back = await home.customer(session=False, token=customer.token)
    await back.open(customer.session)
    texts = [told["text"] for told in back.of("history")[-1]["messages"] if told["sender"] == "agent"]
    assert texts == ["Good morning", "Still there?"]
    await back.until(lambda: standing(back).get("agent") == {"name": "Maria Keller"})


async def test_a_customer_who_waits_knows_the_place(home):
    first, second = await home.customer(), await home.customer()
    wish(home, first.session)
    wish(home, second.session)
    await second.until(lambda: standing(second).get("position") == 2)
    with home.store.session() as session:
        handoffs.abandon(session, handoffs.open_in(session, first.session).id, now=now())
    await second.until(lambda: standing(second).get("position") == 1)


async def test_at_the_end_the_customer_is_asked_once_how_it_was(home):
    customer, maria = await home.customer(), a_member(home)
    view = await taken(home, maria, customer)
    await home.gateway.takeover.say(maria, view.conversation_id, "Good bye")
    await home.gateway.takeover.close(maria, view.id, disposition="solved")
    await customer.until(lambda: standing(customer).get("rate"))
    assert await customer.client.call("rate", {"score": 4}) == {"ok": True}
    await customer.until(lambda: "rate" not in standing(customer))
    with home.store.reading() as session:
        assert feedback.of(session, customer.session).score == 4


@pytest.mark.parametrize("mark", [0, 6, "5", None, True])
async def test_a_mark_that_is_none_is_refused(home, mark):
    customer = await home.customer()
    assert not (await customer.client.call("rate", {"score": mark}))["ok"]


async def test_a_supervisor_takes_over_and_the_colleague_is_told(home):
    customer, maria, omar = await home.customer(), a_member(home), a_member(home, "Omar Haddad")
    view = await taken(home, maria, customer)
    async with home.gateway.bus.subscribe(of_staff(maria.employee_id)) as events:
        await home.gateway.takeover.take_over(omar, view.id)
        assert (await anext(events)).data["handoff"] == view.id
    await customer.until(lambda: standing(customer).get("agent") == {"name": "Omar Haddad"})
    with pytest.raises(handoffs.Taken):
        await home.gateway.takeover.say(maria, view.conversation_id, "too late")


async def test_a_conversation_that_is_closed_is_filed(home):
    customer, maria = await home.customer(), a_member(home)
    view = await taken(home, maria, customer)
    await home.gateway.takeover.close(maria, view.id, disposition="solved", tags=["storm"])
    with home.store.reading() as session:
        assert tags.of(session, customer.session) == ["storm"]


async def test_after_the_end_the_bot_is_told_before_it_hears_the_customer_and_says_nothing_to_it(home):
    customer, maria = await home.customer(), a_member(home)
    view = await taken(home, maria, customer)
    await home.gateway.takeover.close(maria, view.id, disposition="solved")
    await customer.say("thanks")
    await customer.until(lambda: "echo thanks" in str(customer.heard))
    assert [turn["command"] or turn["text"] for turn in home.bot.turns] == ["/person_left", "thanks"]
    said = [told["text"] for told in customer.of("bot_uttered")]
    assert said[-2:] == [home.gateway.texts.get("en", "words.person_left", agent="Maria Keller"), "echo thanks"]


async def test_a_bot_that_cannot_be_told_of_the_end_is_not_excused_to_the_customer(home):
    home.bot.answer = lambda turn: [{"type": "error", "code": "sealed", "utterances": 0}]
    customer, maria = await home.customer(), a_member(home)
    view = await taken(home, maria, customer)
    await home.gateway.takeover.close(maria, view.id, disposition="solved")
    await customer.say("thanks")
    apology = home.gateway.texts.get("en", "words.apology")
    await customer.until(lambda: apology in [told["text"] for told in customer.of("bot_uttered")])
    assert [turn["command"] for turn in home.bot.turns] == ["/person_left", None]
    assert [told["text"] for told in customer.of("bot_uttered")].count(apology) == 1


async def test_a_bot_that_hangs_does_not_keep_a_person_out(home):
    home.bot.answer = lambda turn: [HANG]
    customer, maria = await home.customer(), a_member(home)
    await customer.say("hello?")
    view = await taken(home, maria, customer)
    await home.gateway.takeover.say(maria, view.conversation_id, "I am here")
    await customer.until(lambda: words(customer) == ["I am here"])
