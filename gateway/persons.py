"""Hand-offs that the gateway makes itself, when the customer wants a person and the bot cannot arrange it."""

import logging

from crm.domain.conversations import MessageView
from crm.errors import CrmError
from gateway.archive import Archive
from gateway.lanes import Lane
from gateway.live.announcements import Announcements
from gateway.metrics import Metrics
from gateway.speech import Own, Speech
from gateway.texts import Texts

log = logging.getLogger("gateway.persons")

_SUMMARY_MESSAGES = 5


class Persons:
    """Asks for a person on the customer's behalf."""

    def __init__(
        self, archive: Archive, speech: Speech, announcements: Announcements, texts: Texts, metrics: Metrics
    ) -> None:
        self._archive = archive
        self._speech = speech
        self._announcements = announcements
        self._texts = texts
        self._metrics = metrics

    async def request(self, message: MessageView, lane: Lane) -> str:
        """Put the conversation in line for a person and say so; returns the message's outcome."""
        language = lane.conversation.language if lane.conversation else ""

        def summary(said: list[str]) -> str:
            lines = " / ".join(said[-_SUMMARY_MESSAGES:])
            return self._texts.get(language, "handoff.summary", messages=lines)

        try:
            asked = await self._archive.request_person(message, summary)
        except CrmError:
            log.exception("a hand-off was refused")
            await self._speech.own(message, lane, Own.HANDOFF, "handoff_failed", offer_person=True)
            return "failed"
        if asked.created:
            self._metrics.handoffs.inc()
        if asked.callback:
            phone, start = asked.callback.phone_masked, asked.callback.at_start
            await self._speech.own(message, lane, Own.HANDOFF, "handoff_callback", phone=phone, start=start)
        else:
            await self._speech.own(message, lane, Own.HANDOFF, "handoff", phone=asked.phone)
        await self._announcements.changed(asked.handoff)
        return "answered"
