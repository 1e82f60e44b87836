"""The one door: every channel brings what a customer said to `Conversations.receive`."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from crm.domain.calls import Spoken
from crm.domain.conversations import MessageView
from crm.errors import InvalidInput, NotFound
from gateway.archive import Archive, Arrived, Received
from gateway.cleaning import clean, storable
from gateway.errors import Refusal
from gateway.metrics import Metrics
from gateway.outlets import CUSTOMER, Outlets
from gateway.settings import Settings
from gateway.work import Work

_STARTS_WITHIN = 5.0  # seconds
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a customer said, as a channel hands it in.

    Attributes:
        text: as it arrived; cleaning, masking and limits are the door's job.
        message_id: made by the client so that it can send again without saying twice; None: we make one.
        channel: `chat` or `voice`; a label of the metrics.
        command: an intent that the channel itself asks for, such as the key 0 of a telephone for a person; `text` then
            says it in words.
        spoken: when and how surely it was heard, if it was said in a call (`gateway.voice.record.spoken`).
    """

    conversation_id: str
    text: str
    message_id: str | None = None
    attachments: Sequence[str] = field(default_factory=tuple)
    channel: str = "chat"
    command: str | None = None
    spoken: Spoken | None = None


class Conversations:
    """Receives, stores and hands on; the answering is `gateway.work`'s."""

    def __init__(self, archive: Archive, outlets: Outlets, work: Work, metrics: Metrics, settings: Settings) -> None:
        self._archive = archive
        self._outlets = outlets
        self._work = work
        self._metrics = metrics
        self._settings = settings

    async def receive(self, incoming: Incoming) -> MessageView:
        """Take a message in; when this returns it is stored, and will be answered also after a restart.

        Raises:
            Refusal: too_long, bad_message, bad_attachment, no_session or unavailable (also when too many
                messages of this conversation wait for an answer); nothing was stored.
        """
        text, message_id = self._checked(incoming)
        if not await self._work.is_ready(_STARTS_WITHIN):
            raise Refusal("unavailable")  # what was left unanswered goes first
        arrived = Arrived(
            incoming.conversation_id, message_id, incoming.text, text, incoming.attachments, incoming.spoken,
            incoming.command,
        )  # fmt: skip
        with self._work.lanes.use(incoming.conversation_id) as lane:
            async with lane.storing:
                received = await self._store(incoming, arrived)
                if received.ours:
                    self._work.take_up(lane, received)
        if received.created:
            await self._outlets.said(received.message)
        return received.message

    async def typing(self, conversation_id: str, on: bool) -> None:
        """The customer is writing, or no longer; a person who has the conversation sees it."""
        await self._outlets.typing(conversation_id, on, CUSTOMER)

    def is_typing(self, conversation_id: str) -> bool:
        """Whether an answer is being prepared in this gateway."""
        lane = self._work.lanes.peek(conversation_id)
        return bool(lane and lane.typing)

    def _checked(self, incoming: Incoming) -> tuple[str, str]:
        text = clean(incoming.text)
        if len(text) > self._settings.message_characters:
            raise Refusal("too_long")
        if not text and not incoming.attachments:
            raise Refusal("bad_message")
        if len(incoming.attachments) > self._settings.attachments_per_message:
            raise Refusal("bad_attachment")
        if incoming.message_id is None:
            return storable(text), str(uuid.uuid4())
        if not _MESSAGE_ID.fullmatch(incoming.message_id):
            raise Refusal("bad_message")
        return storable(text), incoming.message_id

    async def _store(self, incoming: Incoming, arrived: Arrived) -> Received:
        try:
            received = await self._archive.receive(
                arrived, gateway_id=self._work.crew.id, most_waiting=self._settings.waiting_messages
            )
        except NotFound as error:
            raise Refusal("bad_attachment" if incoming.attachments else "no_session") from error
        except InvalidInput as error:
            raise Refusal("bad_attachment" if error.field.startswith("attachment") else "bad_message") from error
        if received.created:
            self._metrics.messages.labels(incoming.channel, "customer").inc()
        return received
