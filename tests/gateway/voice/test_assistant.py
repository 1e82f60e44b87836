"""The conversation behind a call: what the caller says goes in by the gateway's one door, what is said comes back."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from crm.domain import MessageStatus, Owner, Sender
from crm.services import conversations, handoffs, takeovers
from crm.services._rows import conversation_row
from gateway.voice.assistant import expectation_of, language_of
from tests.gateway.harness import END, HANG, NO_WORDS, PATIENCE, WORKING, House, house, utterance
from tests.voice.fakes import FakeLine, understood
from voice.errors import AssistantUnavailable
from voice.ports import (
    By,
    Expectation,
    Kind,
    Option,
    Over,
    Said,
    TurnOver,
    Utterance,
    Waiting,
    Who,
    WithBot,
    WithPerson,
    Working,
)


def said(text: str, by: By = By.SPEECH, **more) -> Said:
    return Said(text, by, understood(text) if by is By.SPEECH else None, 1.0, 2.0, **more)


class Talk:
    """A call's assistant, and everything it tells."""

    def __init__(self, home: House, assistant) -> None:
        self.home = home
        self.assistant = assistant
        self.events: list = []
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for event in self.assistant.events():
            self.events.append(event)
            self._news.set()

    async def until(self, condition) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"still waiting; told so far: {self.events}") from None

    async def turns(self, number: int) -> None:
        await self.until(lambda: self.events.count(TurnOver()) == number)

    @property
    def words(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Utterance)]

    async def messages(self):
        return await self.home.gateway.archive.history(self.assistant.conversation_id)


@asynccontextmanager
async def a_talk(folder, **options):
    async with house(folder, **options) as home:
        assistant = await home.gateway.voice.callers.open(FakeLine(), "somebody")
        talk = Talk(home, assistant)
        yield talk
        await assistant.end("caller")
        await talk._reading


async def test_what_is_said_is_answered_and_the_turn_ends_after_the_answer(tmp_path):
    async with a_talk(tmp_path) as talk:
        talk.home.bot.answer = lambda turn: [utterance(0, "One."), utterance(1, "Two."), END]
        await talk.assistant.say(said("hello"))
        await talk.turns(1)
        assert [event for event in talk.events if not isinstance(event, Working)] == [
            Utterance(Who.BOT, "One.", "en"), Utterance(Who.BOT, "Two.", "en"), TurnOver()
        ]  # fmt: skip
        assert talk.home.bot.turns[0]["channel"] == "voice"


async def test_that_an_answer_is_being_prepared_is_told(tmp_path):
    async with a_talk(tmp_path) as talk:
        talk.home.bot.answer = lambda turn: [WORKING, utterance(), END]
        await talk.assistant.say(said("hello"))
        await talk.turns(1)
        assert [event for event in talk.events if isinstance(event, Working)] == [Working(True), Working(False)]


@pytest.mark.parametrize("steps", [[END], [NO_WORDS]])
async def test_a_turn_ends_also_when_the_bot_has_nothing_to_say(tmp_path, steps):
    async with a_talk(tmp_path, failed_turn_retries=0) as talk:
        talk.home.bot.answer = lambda turn: steps
        await talk.assistant.say(said("hello"))
        await talk.turns(1)


async def test_a_bot_that_is_down_is_made_up_for_and_the_turn_ends_when_it_is_back(tmp_path):
    async with a_talk(tmp_path, word_within=0.05, bot_up=False) as talk:
        await talk.assistant.say(said("hello"))
        await talk.until(lambda: talk.words)
        assert "trouble" in talk.words[0]
        assert TurnOver() not in talk.events
        await talk.home.bot_served.start()
        await talk.turns(1)
        assert talk.words[-1] == "echo hello"


async def test_a_bot_that_hangs_ends_the_turn_with_an_apology(tmp_path):
    async with a_talk(tmp_path, bot_turn_timeout=0.2) as talk:
        talk.home.bot.answer = lambda turn: [WORKING, HANG]
        await talk.assistant.say(said("hello"))
        await talk.turns(1)
        assert "took too long" in talk.words[-1]


async def test_two_things_said_at_once_are_two_turns_in_their_order(tmp_path):
    async with a_talk(tmp_path) as talk:
        going_on = asyncio.Event()
        talk.home.bot.answer = lambda turn: [going_on.wait(), utterance(text=turn["text"]), END]
        await talk.assistant.say(said("one"))
        await talk.assistant.say(said("two"))
        going_on.set()
        await talk.turns(2)
        told = [getattr(event, "text", event) for event in talk.events if isinstance(event, Utterance | TurnOver)]
        assert told == ["one", TurnOver(), "two", TurnOver()]


async def test_a_chosen_option_is_a_command_for_the_bot(tmp_path):
    async with a_talk(tmp_path) as talk:
        replies = [{"title": "File a claim", "payload": "/file_claim"}]
        talk.home.bot.answer = lambda turn: [utterance(text="What?", quick_replies=replies), END]
        await talk.assistant.say(said("hello"))
        await talk.turns(1)
        await talk.assistant.say(said("/file_claim", By.KEYS))
        await talk.turns(2)
        assert talk.home.bot.turns[1]["command"] == "/file_claim"
        assert (await talk.messages())[2].text == "File a claim"


async def test_a_wish_for_a_person_is_the_command_that_a_button_gives(tmp_path):
    async with a_talk(tmp_path) as talk:
        await talk.assistant.wants_person()
        await talk.turns(1)
        assert talk.home.bot.turns[0]["command"] == "/talk_to_human"
        assert (await talk.messages())[0].text == "Talk to a person"


async def test_a_person_is_reached_though_the_bot_is_down(tmp_path):
    async with a_talk(tmp_path, bot_up=False) as talk:
        await talk.assistant.wants_person()
        await talk.turns(1)
        assert "colleague" in talk.words[-1]


async def test_what_was_said_keeps_when_and_how_surely(tmp_path):
    async with a_talk(tmp_path) as talk:
        await talk.assistant.say(said("hello"))
        await talk.turns(1)
        spoken = (await talk.messages())[0].spoken
        assert (spoken.began_ms, spoken.ended_ms, spoken.confidence) == (1000, 2000, 0.9)


async def test_what_the_store_does_not_take_is_told_and_the_next_words_go_through(tmp_path):
    async with a_talk(tmp_path) as talk:
        with pytest.raises(AssistantUnavailable):
            await talk.assistant.say(said("x" * 3000))
        await talk.assistant.say(said("hello"))
        await talk.turns(1)


async def test_a_persons_words_begin_with_their_name_once(tmp_path):
    async with a_talk(tmp_path) as talk:
        for number, text in enumerate(("Good morning.", "How are you?")):
            await agent_says(talk, f"agent-00{number}", text)
        await talk.until(lambda: len(talk.words) == 2)
        assert talk.words == ["Maria says: Good morning.", "How are you?"]
        assert {event.who for event in talk.events} == {Who.AGENT}


async def agent_says(talk: Talk, message_id: str, text: str) -> None:
    gateway, now = talk.home.gateway, datetime.now(UTC)
    conversation_id = talk.assistant.conversation_id

    def verb(session):
        conversation_row(session, conversation_id, lock=True).owner = Owner.PERSON
        agent = {"id": 1, "name": "Maria"}
        return conversations.add_agent_message(
            session, conversation_id, message_id=message_id, text=text, agent=agent, now=now
        )

    message, _ = await gateway.archive.write(verb)
    await gateway.outlets.said(message)


async def test_that_a_person_comes_and_goes_is_told_once(tmp_path):
    async with a_talk(tmp_path) as talk:
        standing, assistant = {"agent": None, "position": None}, talk.assistant

        async def standings(conversation_ids):
            return {each: type("Standing", (), standing) for each in conversation_ids}

        assistant._archive = type("Archive", (), {"standings": staticmethod(standings)})
        for agent in (None, "Maria", "Maria", None):
            standing["agent"] = agent
            await assistant.handoff()
        await talk.until(lambda: WithBot() in talk.events)
        assert talk.events == [WithPerson("Maria"), WithBot()]
        assistant._archive = talk.home.gateway.archive


async def test_the_wait_for_a_person_is_told_until_they_come_or_nobody_does(tmp_path):
    async with a_talk(tmp_path) as talk:
        standing, assistant = {"agent": None, "position": None}, talk.assistant

        async def standings(conversation_ids):
            return {each: type("Standing", (), standing) for each in conversation_ids}

        assistant._archive = type("Archive", (), {"standings": staticmethod(standings)})
        for agent, position in ((None, 2), (None, 2), (None, 1), ("Maria", None), (None, 3), (None, None)):
            standing.update(agent=agent, position=position)
            await assistant.handoff()
        await talk.until(lambda: talk.events.count(WithBot()) == 2)
        assert talk.events == [Waiting(2), Waiting(1), WithPerson("Maria"), WithBot(), Waiting(3), WithBot()]
        assistant._archive = talk.home.gateway.archive


async def test_events_that_were_lost_are_made_up_for(tmp_path):
    """The bus says nothing: what was said, and that the turn is over, stands in the store."""
    async with a_talk(tmp_path) as talk:
        callers = talk.home.gateway.voice.callers
        hidden = callers._calls.pop(talk.assistant.conversation_id)
        await talk.assistant.say(said("hello"))
        while (await talk.messages())[0].status is MessageStatus.RECEIVED:
            await asyncio.sleep(0.01)
        assert talk.events == []
        callers._calls[talk.assistant.conversation_id] = hidden
        await callers.resync()
        await talk.turns(1)
        assert talk.words == ["echo hello"]


async def test_an_erased_conversation_ends_the_call_with_a_last_word(tmp_path):
    async with a_talk(tmp_path) as talk:
        await talk.home.gateway.outlets.closed(talk.assistant.conversation_id, "zh")
        await talk.until(lambda: Over() in talk.events)
        assert talk.events[0].language == "zh"


async def test_a_call_that_is_over_hears_no_more_and_ending_twice_is_fine(tmp_path):
    async with a_talk(tmp_path) as talk:
        await talk.assistant.end("caller")
        await talk.assistant.end("caller")
        assert not talk.home.gateway.voice.callers._calls


async def test_the_language_follows_the_bot(tmp_path):
    async with a_talk(tmp_path) as talk:
        talk.home.bot.answer = lambda turn: [utterance(text="好的，我们说中文。"), {**END, "language": "zh"}]
        await talk.assistant.say(said("chinese please"))
        await talk.turns(1)
        assert (talk.events[1].language, talk.assistant.language) == ("zh", "zh")


# --- what a question expects


class Told:
    """A message as far as its question goes."""

    def __init__(self, voice=None, offers=()) -> None:
        self.data = None if voice is None else {"voice": voice}
        self.quick_replies = list(offers)
        self.sender, self.text = Sender.BOT, "?"


@pytest.mark.parametrize(
    ("voice", "expected"),
    [
        (None, None),
        ({"kind": "yes_no"}, Expectation(Kind.YES_NO)),
        ({"kind": "unheard of"}, Expectation()),
        (
            {"kind": "digits", "about": "policy_number", "least": 7, "most": 7, "confirm": True},
            Expectation(Kind.DIGITS, "policy_number", 7, 7, confirm=True),
        ),
        ({"interruptible": False, "least": None}, Expectation(interruptible=False)),
        ("nonsense", None),
    ],
)
def test_what_the_bot_sends_of_a_question_is_what_it_expects(voice, expected):
    assert expectation_of(Told(voice)) == expected


def test_offered_buttons_are_options():
    offers = [{"title": "Car", "payload": "/car"}]
    assert expectation_of(Told(offers=offers)) == Expectation(options=(Option("Car", "/car"),))


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Hello there", "en", "en"),
        ("您好", "en", "zh"),
        ("保单 PA-1234567", "zh", "zh"),
        ("All right, English it is.", "zh", "en"),
        ("PA-1234567", "zh", "zh"),
        ("OK", "zh", "zh"),
    ],
)
def test_words_are_spoken_in_their_own_language(text, language, expected):
    assert language_of(text, language) == expected


# --- callers who have gone


async def waiting(talk: Talk) -> list:
    """The hand-offs that are not over."""
    found = await talk.home.gateway.archive.read(takeovers.open_ones)
    return list(found.values())


async def test_a_caller_who_hangs_up_waits_no_more(tmp_path):
    async with a_talk(tmp_path, bot_up=False) as talk:
        await talk.assistant.wants_person()
        await talk.turns(1)
        assert len(await waiting(talk)) == 1
        await talk.assistant.end("caller")
        assert await waiting(talk) == []


async def test_a_caller_who_was_put_through_to_a_queue_still_waits(tmp_path):
    async with a_talk(tmp_path, bot_up=False) as talk:
        await talk.assistant.wants_person()
        await talk.turns(1)
        await talk.assistant.end("transferred")
        assert len(await waiting(talk)) == 1


async def test_what_a_person_has_to_decide_is_not_forgotten_with_the_call(tmp_path):
    async with a_talk(tmp_path) as talk:
        conversation_id = talk.assistant.conversation_id
        await talk.home.gateway.archive.write(
            lambda session: handoffs.request(
                session, conversation_id, reason="cancellation", summary="", now=datetime.now(UTC)
            )
        )
        await talk.assistant.end("caller")
        assert len(await waiting(talk)) == 1


async def test_our_own_words_are_for_the_ear_in_a_call(tmp_path):
    async with a_talk(tmp_path, bot_up=False) as talk:
        await talk.assistant.wants_person()
        await talk.turns(1)
        assert "stay on the line" in talk.words[-1]
