"""Persons in a call: whole calls through a real gateway and its own session; ears, mouth and bot are stand-ins."""

import asyncio
from contextlib import asynccontextmanager, suppress

from crm.domain import Owner
from crm.services import conversations, handoffs, takeovers
from crm.services._rows import conversation_row
from gateway.clock import utc_now
from gateway.live.bus import QUEUE
from tests.gateway.harness import PATIENCE
from tests.gateway.voice.test_calls import a_phone, calling, over

AGENT = {"id": 1, "name": "Maria"}


class Call:
    """A call that goes on, and what the store has of it."""

    def __init__(self, home, phone) -> None:
        self.home, self.phone = home, phone
        (self.id,) = home.gateway.voice.callers.going_on()

    async def person_writes(self, text: str, number: int = 1) -> None:
        """A person has the conversation and types."""

        def verb(session):
            conversation_row(session, self.id, lock=True).owner = Owner.PERSON
            return conversations.add_agent_message(
                session, self.id, message_id=f"agent-{number:03}", text=text, agent=AGENT, now=utc_now()
            )

        message, _ = await self.home.gateway.archive.write(verb)
        await self.home.gateway.outlets.said(message)

    async def asks_for_a_person(self) -> None:
        """By key; who comes is waited for."""
        self.home.bot.status = 503  # the gateway asks for a person itself
        await self.phone.asterisk.send(0x03, b"0")
        await self.until(lambda: self.waiting())

    def waiting(self) -> list:
        """The hand-offs that are not over."""
        with self.home.store.reading() as session:
            return list(takeovers.open_ones(session).values())

    async def until(self, condition) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0.02)


@asynccontextmanager
async def a_call(folder, **options):
    async with calling(folder, **options) as home, a_phone(home) as phone:
        await phone.hears("How can I help you?")
        yield Call(home, phone)


async def test_what_a_person_types_is_spoken_with_their_name_first(tmp_path):
    async with a_call(tmp_path) as call:
        await call.person_writes("Good morning.")
        await call.phone.hears("Maria says: Good morning.")
        await call.person_writes("How are you?", number=2)
        await call.phone.hears("How are you?")


async def test_what_the_caller_answers_is_for_the_person_and_not_for_the_bot(tmp_path):
    async with a_call(tmp_path) as call:
        await call.person_writes("Good morning.")
        await call.phone.hears("Good morning.")
        await call.phone.says("thank you maria")

        def stored() -> list[str]:
            with call.home.store.reading() as session:
                return [message.text for message in conversations.history(session, call.id)]

        await call.until(lambda: "thank you maria" in stored())
        assert call.home.bot.turns == []


async def test_a_hand_off_that_is_given_up_leaves_the_call_with_the_bot(tmp_path):
    async with a_call(tmp_path) as call:
        await call.asks_for_a_person()
        with call.home.store.session() as session:
            waiting = handoffs.open_in(session, call.id)
            abandoned = handoffs.abandon(session, waiting.id, now=utc_now())
        await call.home.gateway.announcements.changed(abandoned)
        call.home.bot.status = 200
        await call.phone.says("what is the status of my claim")
        await call.phone.hears("echo what is the status of my claim")


async def test_a_caller_who_hangs_up_while_waiting_leaves_the_queue_and_the_desk_is_told(tmp_path):
    async with a_call(tmp_path) as call:
        await call.asks_for_a_person()
        told: list[dict] = []

        async def listen() -> None:
            async with call.home.gateway.bus.subscribe(QUEUE) as events:
                listening.set()
                async for event in events:
                    told.append(event.data)

        listening = asyncio.Event()
        desk = asyncio.create_task(listen())
        await listening.wait()
        await call.phone.asterisk.send(0x00)
        await over(call.home)
        assert call.waiting() == []
        await call.until(lambda: "abandoned" in [news.get("state") for news in told])
        desk.cancel()
        with suppress(asyncio.CancelledError):
            await desk
