"""What the customer sees when something on the way fails: nothing lost, nothing doubled, a word in time."""

import asyncio
import uuid
from datetime import datetime, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from crm.domain.conversations import Owner
from crm.errors import NotEligible
from crm.schema import Conversation, Handoff
from crm.services import conversations, handoffs, verification
from crm.services.conversations import unanswered
from tests.factories.crm import BORN, a_policy, care_unit
from tests.gateway.harness import CUT, END, HANG, NO_WORDS, PATIENCE, WORKING, house, utterance


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as built:
        yield built


def in_turn(*answers):
    """One list of steps for each attempt; the last one for all that follow."""
    attempts = iter(answers)
    last = answers[-1]
    return lambda turn: next(attempts, last)


def person_offered(message) -> bool:
    return [reply["payload"] for reply in message.get("quick_replies", [])] == ["/talk_to_human"]


async def settled(home) -> None:
    """Wait until nothing is unanswered."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with home.store.reading() as session:
                if not unanswered(session):
                    return
            await asyncio.sleep(0.01)


async def test_a_bot_that_is_down_gets_the_message_when_it_is_back(tmp_path):
    async with house(tmp_path, bot_up=False, word_within=30) as home:
        customer = await home.customer()
        assert (await customer.say("anybody there?"))["ok"] is True
        await home.bot_served.start()
        assert await customer.hears(1) == ["echo anybody there?"]


async def test_a_word_and_the_offer_of_a_person_come_in_time(tmp_path):
    async with house(tmp_path, bot_up=False, word_within=0.3) as home:
        customer = await home.customer()
        await customer.say("anybody there?")
        await customer.hears(1)
        word = customer.of("bot_uttered")[0]
        assert word["sender"] == "system"
        assert person_offered(word)
        await customer.until(lambda: customer.of("typing")[-1] == {"state": "off"})
        await home.bot_served.start()
        assert (await customer.hears(2))[1] == "echo anybody there?"


async def test_messages_that_follow_are_not_each_met_with_the_same_word(tmp_path):
    async with house(tmp_path, bot_up=False, word_within=4.0) as home:
        customer = await home.customer()
        for text in ("one", "two", "three"):
            await customer.say(text)
        await customer.hears(1)
        await home.bot_served.start()
        assert (await customer.hears(4))[1:] == ["echo one", "echo two", "echo three"]


async def test_a_bot_that_refuses_for_now_is_asked_again(home):
    home.bot.status = 503
    customer = await home.customer()
    await customer.say("hello")
    home.bot.status = 200
    assert await customer.hears(1) == ["echo hello"]


async def test_a_cut_connection_neither_loses_nor_doubles_words(home):
    first, second = utterance(0, "first"), utterance(1, "second")
    home.bot.answer = in_turn([first, CUT], [CUT], [first, second, END])
    customer = await home.customer()
    await customer.say("hello")
    assert await customer.hears(2) == ["first", "second"]
    await settled(home)
    assert customer.heard == ["first", "second"]
    assert len({turn["message_id"] for turn in home.bot.turns}) == 1


async def test_repeated_ordinals_are_said_once(home):
    home.bot.answer = lambda turn: [utterance(0, "once"), utterance(0, "once"), utterance(1, "twice"), END]
    customer = await home.customer()
    await customer.say("hello")
    await customer.hears(2)
    await settled(home)
    assert customer.heard == ["once", "twice"]


async def test_a_bot_that_falls_silent_is_asked_again(tmp_path):
    async with house(tmp_path, bot_silence_timeout=0.2, word_within=30) as home:
        home.bot.answer = in_turn([HANG], [utterance(text="awake"), END])
        customer = await home.customer()
        await customer.say("hello")
        assert await customer.hears(1) == ["awake"]


async def test_a_slow_bot_that_shows_life_is_waited_for(tmp_path):
    async with house(tmp_path, word_within=0.3) as home:
        done = asyncio.Event()
        home.bot.answer = lambda turn: [WORKING, done.wait(), utterance(text="at last"), END]
        customer = await home.customer()
        await customer.say("hello")
        await customer.hears(1)
        word = customer.of("bot_uttered")[0]
        assert word["sender"] == "system"
        assert not person_offered(word)
        done.set()
        assert (await customer.hears(2))[1] == "at last"
        assert len(home.bot.turns) == 1


async def test_a_turn_that_never_ends_is_given_up_with_an_apology(tmp_path):
    async with house(tmp_path, bot_turn_timeout=0.3, word_within=30) as home:
        home.bot.answer = lambda turn: [WORKING, HANG]
        customer = await home.customer()
        await customer.say("hello")
        await customer.hears(1)
        assert person_offered(customer.of("bot_uttered")[0])
        await settled(home)


async def test_a_turn_without_words_is_apologised_for_once(home):
    home.bot.answer = lambda turn: [NO_WORDS]
    customer = await home.customer()
    await customer.say("show my claims")
    await customer.hears(1)
    assert person_offered(customer.of("bot_uttered")[0])
    await settled(home)
    assert len(customer.heard) == 1


async def test_a_failed_turn_is_tried_again_with_the_same_message_before_anybody_notices(home):
    home.bot.answer = in_turn([NO_WORDS], [utterance(text="here you are"), END])
    customer = await home.customer()
    await customer.say("show my claims")
    assert await customer.hears(1) == ["here you are"]
    assert len({turn["message_id"] for turn in home.bot.turns}) == 1
    assert len(home.bot.turns) == 2


async def test_after_an_apology_the_next_message_is_answered(home):
    home.bot.answer = lambda turn: [NO_WORDS] if turn["text"] == "first" else [utterance(text="fine again"), END]
    customer = await home.customer()
    await customer.say("first")
    await customer.say("second")
    assert (await customer.hears(2))[1] == "fine again"


async def test_a_message_that_brings_the_bot_down_does_not_block_the_conversation(tmp_path):
    async with house(tmp_path, cut_turns=2, word_within=30) as home:
        home.bot.answer = lambda turn: [CUT] if turn["text"] == "poison" else [utterance(text="fine"), END]
        customer = await home.customer()
        await customer.say("poison")
        await customer.say("cure")
        assert (await customer.hears(2))[1] == "fine"


async def test_a_malformed_request_to_the_bot_is_not_repeated_forever(home):
    home.bot.status = 400
    customer = await home.customer()
    await customer.say("hello")
    await customer.hears(1)
    assert person_offered(customer.of("bot_uttered")[0])
    await settled(home)


@pytest.mark.parametrize(
    "line", [b"not json", b"[]", b'{"type":"utterance"}', b'{"type":"utterance","ordinal":"x"}', b"[" * 5000]
)
async def test_a_frame_that_cannot_be_read_is_like_a_lost_connection(home, line):
    home.bot.answer = in_turn([line], [utterance(text="good", ordinal=0), END])
    customer = await home.customer()
    await customer.say("hello")
    assert await customer.hears(1) == ["good"]


async def test_the_connection_to_the_bot_is_used_again(home):
    customer = await home.customer()
    for number in range(5):
        await customer.say("hello")
        await customer.hears(number + 1)
    assert len(home.bot.peers) == 1


async def test_line_separators_inside_a_text_do_not_cut_a_frame(home):
    home.bot.answer = lambda turn: [utterance(text="one\u2028two\u0085three"), END]
    customer = await home.customer()
    await customer.say("hello")
    assert await customer.hears(1) == ["one\u2028two\u0085three"]


def handoff_summaries(home, conversation_id):
    with home.store.reading() as session:
        rows = session.scalars(select(Handoff).where(Handoff.conversation_id == conversation_id))
        return [row.summary for row in rows]


async def test_the_offered_person_is_arranged_by_the_gateway_while_the_bot_is_down(tmp_path):
    async with house(tmp_path, bot_up=False, word_within=0.3) as home:
        customer = await home.customer()
        await customer.say("my cellar is flooded")
        await customer.hears(1)
        await customer.say("/talk_to_human")
        await customer.hears(2)
        await customer.until(lambda: any(told.get("position") == 1 for told in customer.of("handoff")))
        (summary,) = handoff_summaries(home, customer.session)
        assert "my cellar is flooded" in summary
        await home.bot_served.start()
        assert (await customer.hears(3))[2] == "echo my cellar is flooded"
        assert [turn["command"] for turn in home.bot.turns] == [None]


async def test_the_offered_person_is_arranged_by_the_gateway_when_actions_are_down(home):
    home.bot.answer = lambda turn: [NO_WORDS]
    customer = await home.customer()
    await customer.say("show my claims")
    await customer.hears(1)
    await customer.say("/talk_to_human")
    await customer.hears(2)
    assert len(handoff_summaries(home, customer.session)) == 1


async def test_a_verified_customer_gets_a_call_back_when_the_bot_cannot_arrange_it(home):
    with home.store.session() as session:
        care_unit(session)
        policy = a_policy(session)
    home.bot.answer = lambda turn: [NO_WORDS]
    customer = await home.customer()
    await customer.say("show my claims")
    await customer.hears(1)
    with home.store.session() as session:
        now = datetime.now(timezone.utc)
        verification.verify(session, customer.session, identifier=policy.number, birth_date=BORN, now=now)
    await customer.say("/talk_to_human")
    assert "call you on" in (await customer.hears(2))[1]


async def test_asking_for_a_person_typed_by_hand_goes_to_the_bot(home):
    customer = await home.customer()
    await customer.say("/talk_to_human")
    await customer.hears(1)
    assert home.bot.turns[0]["command"] is None
    assert handoff_summaries(home, customer.session) == []


async def test_a_restart_in_mid_turn_answers_once(home):
    started = asyncio.Event()

    def answer(turn):
        if started.is_set():
            return [utterance(0, "half"), utterance(1, "whole"), END]
        started.set()
        return [utterance(0, "half"), HANG]

    home.bot.answer = answer
    customer = await home.customer()
    await customer.say("hello")
    assert await customer.hears(1) == ["half"]
    await home.stop_gateway()
    await home.start_gateway()
    back = await home.customer(session=False, token=customer.token)
    await back.open(customer.session, after=2)
    await back.until(lambda: "whole" in [*back.heard, *(m["text"] for m in back.of("history")[0]["messages"])])
    await back.open(customer.session)
    texts = [message["text"] for message in back.of("history")[-1]["messages"]]
    assert texts == ["hello", "half", "whole"]


async def test_a_message_resent_after_a_restart_is_stored_once(home):
    customer = await home.customer()
    message_id = str(uuid.uuid4())
    await customer.say("file my claim", message_id)
    await settled(home)
    await home.stop_gateway()
    await home.start_gateway()
    back = await home.customer(session=False, token=customer.token)
    await back.open(customer.session)
    assert (await back.say("file my claim", message_id))["seq"] == 1
    await settled(home)
    assert len(home.bot.turns) == 1


async def test_the_bot_is_silent_while_a_person_has_the_conversation(home):
    customer = await home.customer()
    with home.store.session() as session:
        session.get(Conversation, customer.session).owner = Owner.PERSON
    await customer.say("hello, colleague")
    await settled(home)
    assert home.bot.turns == []


async def test_a_store_that_is_away_for_a_moment_loses_nothing(home, monkeypatch):
    real, failures = conversations.add_reply, iter([True, True])

    def add_reply(*args, **kwargs):
        if next(failures, False):
            raise OperationalError("insert", {}, Exception("database is locked"))
        return real(*args, **kwargs)

    monkeypatch.setattr(conversations, "add_reply", add_reply)
    customer = await home.customer()
    await customer.say("hello")
    assert await customer.hears(1) == ["echo hello"]


async def test_a_store_that_refuses_a_message_is_said_to_be_unavailable(home, monkeypatch):
    def refuse(*args, **kwargs):
        raise RuntimeError("disk full")

    customer = await home.customer()
    with monkeypatch.context() as patch:
        patch.setattr(conversations, "add_customer_message", refuse)
        assert (await customer.say("hello"))["error"]["code"] == "unavailable"
    assert (await customer.say("hello again"))["ok"] is True


async def test_a_hand_off_that_fails_is_admitted(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise NotEligible("no")

    monkeypatch.setattr(handoffs, "request", refuse)
    async with house(tmp_path, bot_up=False, word_within=0.3) as home:
        customer = await home.customer()
        await customer.say("hello")
        await customer.hears(1)
        await customer.say("/talk_to_human")
        await customer.hears(2)
        assert person_offered(customer.of("bot_uttered")[1])


async def test_what_a_dead_gateway_left_is_answered_before_what_comes_after_it(tmp_path):
    async with house(tmp_path, gateway_patience=600.0) as home:
        customer = await home.customer()
        now = datetime.now(timezone.utc)
        with home.store.session() as session:  # stored by a gateway whose lease is gone with it
            conversations.add_customer_message(
                session, customer.session, message_id="left-behind", text="left behind", now=now
            )
        await customer.say("new")
        await customer.until(lambda: len([text for text in customer.heard if text.startswith("echo")]) == 2)
        assert [turn["text"] for turn in home.bot.turns] == ["left behind", "new"]
