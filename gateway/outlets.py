"""The port through which a conversation reaches whoever has it open: chat sockets now, calls later.

What happens in a conversation is published on the bus once, by the gateway in which it happened (`Outlets`). Every
gateway hands it to its own adapters (`gateway.live.relay`), which show it to those who are connected to them.
"""

from typing import Protocol

from crm.domain.conversations import MessageView
from gateway.live.bus import Bus, of_conversation

BOT, AGENT, CUSTOMER = "bot", "agent", "customer"


class Outlet(Protocol):
    """An adapter that shows conversations to somebody. Implementations ignore conversations they do not show."""

    async def news(self, conversation_id: str, message: MessageView | None) -> None:
        """Something was said: `message`, if it was in this process; else the store has it.

        Either may come twice, or before what was said earlier: `gateway.live.follower` puts that right.
        """

    async def typing(self, conversation_id: str, who: str, on: bool) -> None:
        """An answer is being prepared, by the `bot` or an `agent`, or no longer; or the `customer` is writing."""

    async def over(self, conversation_id: str, message_id: str) -> None:
        """The bot has said all that it has to say to a message; it may have been nothing, if a person has it."""

    async def handoff(self, conversation_id: str) -> None:
        """The wait for a person, or the person, changed; the store tells how."""

    async def language(self, conversation_id: str, language: str) -> None:
        """The conversation goes on in another language."""

    async def closed(self, conversation_id: str, language: str) -> None:
        """The conversation is gone for good; `language` is the one for a last word."""

    async def resync(self) -> None:
        """Events may have been lost: read anew what is shown."""


class Outlets:
    """Says on the bus what happens in conversations. It never fails: the store has every word anyway."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def said(self, message: MessageView) -> None:
        """Somebody said something: the customer, the bot, a person or the system."""
        at = message.created_at.isoformat(timespec="milliseconds")
        event = {"kind": "message", "seq": message.seq, "sender": str(message.sender), "at": at}
        await self._bus.publish(of_conversation(message.conversation_id), event, hint=message)

    async def typing(self, conversation_id: str, on: bool, who: str = BOT) -> None:
        """Somebody is preparing an answer, or no longer: the `bot`, an `agent` or the `customer`."""
        await self._tell(conversation_id, kind="typing", who=who, on=on)

    async def over(self, message: MessageView) -> None:
        """A customer's message is settled: nothing more will be said to it."""
        await self._tell(message.conversation_id, kind="over", message=message.id)

    async def language(self, conversation_id: str, language: str) -> None:
        """The conversation goes on in another language."""
        await self._tell(conversation_id, kind="language", language=language)

    async def closed(self, conversation_id: str, language: str) -> None:
        """The conversation is gone for good."""
        await self._tell(conversation_id, kind="closed", language=language)

    async def _tell(self, conversation_id: str, **event: object) -> None:
        await self._bus.publish(of_conversation(conversation_id), event)
