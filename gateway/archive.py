"""Conversations in the customer store, from asynchronous code; every call is one transaction."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.orm import Session

from crm.domain.audit import Actor
from crm.domain.billing import CheckoutView
from crm.domain.calls import Spoken
from crm.domain.conversations import AttachmentView, ConversationView, MessageStatus, MessageView, Sender
from crm.domain.desk import Reading
from crm.domain.handoffs import CallbackView, HandoffReason, HandoffView
from crm.errors import InvalidInput, NotEligible, NotFound
from crm.services import (
    attachments,
    checkouts,
    conversations,
    feedback,
    handoffs,
    organisation,
    queue,
    readings,
    takeovers,
    turn_leases,
    verification,
)
from crm.services.takeovers import Standing
from crm.services.turn_leases import Left
from gateway.clock import Clock
from gateway.errors import Refusal
from gateway.store_access import StoreAccess
from gateway.waits import Waits

T = TypeVar("T")

_PAGE = 200
_CUSTOMER, _BOT = Actor.customer("chat"), Actor.bot("chat")
_RECENT = 40  # messages back in which a button's title, or what a customer wants, is looked for


@dataclass(frozen=True, slots=True)
class Arrived:
    """A customer's message as it is to be stored.

    Attributes:
        raw: as it arrived; only when it equals an offered payload does it become a command.
        text: the same, made storable.
        spoken: when and how surely it was heard, if it was said in a call.
        command: what the channel itself asks for; then `text` is shown as it is.
    """

    conversation_id: str
    message_id: str
    raw: str
    text: str
    attachments: Sequence[str] = ()
    spoken: Spoken | None = None
    command: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A customer's message as stored, and the conversation as it stood then.

    Attributes:
        created: whether this call stored it: a repeated id changes nothing.
        ours: what this gateway has to bring to the bot, in order; empty when that is for another one, or a person.
    """

    message: MessageView
    created: bool
    ours: Sequence[MessageView]
    conversation: ConversationView


@dataclass(frozen=True, slots=True)
class Reply:
    """Words for the customer. `ordinal` counts from 0 per message and sender and makes storing them idempotent."""

    sender: Sender
    ordinal: int
    text: str
    quick_replies: Sequence[dict[str, str]] = ()
    attachment: object = None
    data: dict[str, object] | None = None


@dataclass(frozen=True, slots=True)
class PersonAsked:
    """A hand-off, whether it is new, the call-back booked with it, and the insurer's own phone number."""

    handoff: HandoffView
    created: bool
    callback: CallbackView | None
    phone: str


class Archive:
    """Everything the gateway reads from and writes to the store."""

    def __init__(self, store: StoreAccess, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.waits = Waits()

    async def open(self, channel: str, browser: str, language: str) -> ConversationView:
        """A new conversation that belongs to `browser`."""
        now = self._clock()
        return await self.write(
            lambda session: conversations.open_conversation(
                session, channel=channel, browser=browser, language=language, now=now
            )
        )

    async def resume(self, conversation_id: str, browsers: Iterable[str]) -> ConversationView | None:
        """The conversation if one of `browsers` owns it, else None."""

        def verb(session: Session) -> ConversationView | None:
            for browser in browsers:
                try:
                    return conversations.resume(session, conversation_id, browser)
                except NotFound:
                    continue
            return None

        return await self.read(verb)

    async def receive(self, arrived: Arrived, *, gateway_id: str, most_waiting: int) -> Received:
        """Store a customer's message once, and take the conversation's lease unless another gateway has it.

        Raises:
            NotFound: the conversation or an attachment does not exist.
            InvalidInput: the store does not accept a value.
            Refusal: unavailable, when `most_waiting` messages of the conversation wait for the bot already.
        """
        now, conversation_id = self._clock(), arrived.conversation_id

        def verb(session: Session) -> Received:
            chosen = _command(session, conversation_id, arrived.raw)
            shown = arrived.text if chosen is None else _title(session, conversation_id, chosen)
            command = arrived.command or chosen
            message, created = conversations.add_customer_message(
                session, conversation_id, message_id=arrived.message_id, text=shown, command=command,
                attachments=arrived.attachments, spoken=arrived.spoken, now=now,
            )  # fmt: skip
            ours: Sequence[MessageView] = ()
            if created and message.status is MessageStatus.RECEIVED:
                count = turn_leases.count_waiting(session, conversation_id)
                if count > most_waiting:
                    raise Refusal("unavailable")
                if turn_leases.claim(session, conversation_id, gateway_id):
                    # What a gateway that died has left goes first.
                    ours = [message] if count == 1 else turn_leases.waiting(session, conversation_id)
            return Received(message, created, ours, conversations.get_conversation(session, conversation_id))

        return await self.write(verb, _CUSTOMER)

    async def reply(self, message: MessageView, reply: Reply) -> tuple[MessageView, bool]:
        """Store words that answer `message`; False when they were stored before.

        Raises:
            NotEligible: a person has taken the conversation meanwhile.
        """
        now = self._clock()
        return await self.write(
            lambda session: conversations.add_reply(
                session, message.conversation_id, in_reply_to=message.id, ordinal=reply.ordinal,
                sender=reply.sender, text=reply.text, quick_replies=list(reply.quick_replies),
                attachment=reply.attachment, data=reply.data, unless_person=True, now=now,
            ),
            _BOT if reply.sender is Sender.BOT else None,
        )  # fmt: skip

    async def settle(
        self, message: MessageView, outcome: str, reading: Reading | None = None, *, gateway_id: str
    ) -> Left:
        """Mark a message `answered` or `failed`, with what the bot made of it, so that nobody takes it up again.

        Returns:
            What this gateway has to do next in the conversation.
        """
        now = self._clock()

        def verb(session: Session) -> Left:
            conversations.mark_answered(session, message.conversation_id, message.id, outcome=outcome, now=now)
            if reading is not None:
                readings.keep(session, message.conversation_id, message.id, reading, now=now)
            return turn_leases.go_on(session, message.conversation_id, gateway_id)

        return await self.write(verb)

    async def held(self, gateway_id: str) -> list[str]:
        """The conversations at which a gateway is, in which messages wait."""
        return await self.read(lambda session: turn_leases.held(session, gateway_id))

    async def set_language(self, conversation_id: str, language: str) -> ConversationView:
        """Go on in another language."""
        return await self.write(lambda session: conversations.set_language(session, conversation_id, language))

    async def adopt(self, gateway_id: str) -> list[MessageView]:
        """Waiting messages of some conversations at which no gateway is at work; this one is, from now on."""
        return await self.write(lambda session: turn_leases.adopt(session, gateway_id))

    async def claim(self, conversation_id: str, gateway_id: str) -> Left:
        """What is to be done in a conversation, if its lease is free or this gateway's."""
        return await self.write(lambda session: turn_leases.step_in(session, conversation_id, gateway_id))

    async def conversation(self, conversation_id: str) -> ConversationView:
        """The conversation as it stands.

        Raises:
            NotFound: there is none.
        """
        return await self.read(lambda session: conversations.get_conversation(session, conversation_id))

    async def history(self, conversation_id: str, after: int = 0) -> list[MessageView]:
        """The messages after seq `after`, at most the newest 200, oldest first."""

        return await self.read(
            lambda session: conversations.history(session, conversation_id, after_seq=after, limit=_PAGE), _CUSTOMER
        )

    async def following(self, conversation_id: str, seen: int) -> list[MessageView]:
        """What was said after seq `seen`, the oldest first, a page at a time; empty when there is nothing more."""
        return await self.read(lambda session: conversations.following(session, conversation_id, seen), _CUSTOMER)

    async def last_seqs(self, conversation_ids: Collection[str]) -> dict[str, int]:
        """The numbers of the newest messages of conversations; one that is gone is left out."""
        return await self.read(lambda session: conversations.last_seqs(session, conversation_ids))

    async def request_person(self, message: MessageView, summary: Callable[[list[str]], str]) -> PersonAsked:
        """A hand-off asked for with `message`, and a call-back if we know whom to call.

        `summary` turns the customer's last texts into one for the colleague.
        """
        now = self._clock()

        def verb(session: Session) -> PersonAsked:
            conversation_id = message.conversation_id
            recent = conversations.history(session, conversation_id, limit=_RECENT)
            said = [entry.text for entry in recent if entry.sender == Sender.CUSTOMER and not entry.command]
            view = handoffs.request(session, conversation_id, reason="asked_for", summary=summary(said), now=now)
            created = view.requested_at == now
            customer = verification.verified_customer(session, conversation_id, now)
            phone = organisation.business_information(session).get("phone", "")
            is_called = created and queue.outlook(session, view.id, now).callback_offered  # else somebody is there
            if not is_called or customer is None or not customer.phone:
                return PersonAsked(view, created, None, phone)
            try:
                callback = handoffs.book_callback(
                    session, conversation_id, handoff_id=view.id, phone=customer.phone, now=now
                )
            except (InvalidInput, NotEligible):
                callback = None  # no slot, or a number that cannot be called: the hand-off stands all the same
            return PersonAsked(view, created, callback, phone)

        return await self.write(verb, _CUSTOMER)

    async def standings(self, conversation_ids: Collection[str]) -> dict[str, Standing]:
        """How it stands between customers and a person, by conversation."""
        now = self._clock()
        return await self.read(
            lambda session: takeovers.standings(session, conversation_ids, now, self.waits.outlook), _CUSTOMER
        )

    async def stop_waiting(self, conversation_id: str, reasons: Collection[HandoffReason]) -> HandoffView | None:
        """The customer has gone: a hand-off for one of `reasons` that nobody has taken yet is over, and returned."""
        now = self._clock()

        def verb(session: Session) -> HandoffView | None:
            view = handoffs.open_in(session, conversation_id)
            if view is None or not view.state.is_waiting or view.reason not in reasons:
                return None
            return handoffs.abandon(session, view.id, now=now)

        return await self.write(verb, _CUSTOMER)

    async def rate(self, conversation_id: str, score: int, comment: str) -> None:
        """Keep what the customer thought of it.

        Raises:
            OutOfRange: `score` is not from 1 to 5.
            NotFound: there is no such conversation.
        """
        now = self._clock()

        def verb(session: Session) -> None:
            feedback.give(session, conversation_id, score=score, comment=comment, now=now)

        await self.write(verb, _CUSTOMER)

    async def attach(self, conversation_id: str, name: str, media_type: str, content: bytes) -> AttachmentView:
        """Store an uploaded file, sealed."""
        now = self._clock()
        return await self.write(
            lambda session: attachments.add(
                session, conversation_id, name=name, media_type=media_type, content=content, now=now
            ),
            _CUSTOMER,
        )

    async def attachment(self, conversation_id: str, attachment_id: str) -> tuple[AttachmentView, bytes]:
        """An uploaded file with its content.

        Raises:
            NotFound: this conversation has no such file.
        """
        return await self.read(lambda session: attachments.read(session, conversation_id, attachment_id), _CUSTOMER)

    async def checkout(self, reference: str) -> CheckoutView:
        """A payment page.

        Raises:
            NotFound: there is none of that reference.
        """
        now = self._clock()
        return await self.read(lambda session: checkouts.checkout(session, reference, now), _CUSTOMER)

    async def complete_payment(self, reference: str, *, succeeded: bool) -> CheckoutView:
        """Book what the payment provider reports; a second report changes nothing.

        Raises:
            NotFound: there is no page of that reference.
        """
        now = self._clock()
        return await self.write(
            lambda session: checkouts.complete_payment(session, reference, now=now, succeeded=succeeded), _CUSTOMER
        )

    async def ping(self) -> None:
        """Return when the store answers; raises whatever it raises."""
        try:
            await self.conversation("0" * 32)
        except NotFound:
            return

    async def write(self, verb: Callable[[Session], T], actor: Actor | None = None) -> T:
        """See `StoreAccess.write`."""
        return await self._store.write(verb, actor)

    async def read(self, verb: Callable[[Session], T], actor: Actor | None = None) -> T:
        """See `StoreAccess.read`."""
        return await self._store.read(verb, actor)


def _command(session: Session, conversation_id: str, raw: str) -> str | None:
    """`raw` if it is, to the letter, the payload of a quick reply that this conversation was offered."""
    if not raw.startswith("/"):
        return None
    return raw if raw in conversations.offered_payloads(session, conversation_id) else None


def _title(session: Session, conversation_id: str, command: str) -> str:
    """The words on the button, which is what the customer said by pressing it."""
    for message in reversed(conversations.history(session, conversation_id, limit=_RECENT)):
        for offer in message.quick_replies:
            if offer.get("payload") == command:
                return offer.get("title", "")
    return ""
