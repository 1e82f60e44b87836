"""Conversations: opened, resumed, and every message stored once and in order."""

import re
import secrets
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import search
from crm.audit_trail import reads
from crm.domain import ConversationView, MessageStatus, MessageView, Owner, Sender, Spoken
from crm.errors import InvalidInput, NotEligible, NotFound
from crm.masking import masker
from crm.masking.customers import known_values
from crm.schema import Attachment, CallAudio, Conversation, Customer, Message
from crm.services import _views
from crm.services._rows import conversation_row

IDLE_LIMIT = timedelta(minutes=30)
OFFERS_LOOKED_AT = 20  # a button stays valid for so many answers
ALTERNATIVES = "alternatives"  # in the body of a spoken message: what else it may have been
_LONGEST_ID = 64
_IDS_AT_ONCE = 500
_DIGIT = re.compile(r"\d")


def open_conversation(
    session: Session, *, channel: str, browser: str, language: str = "en", now: datetime
) -> ConversationView:
    """A new conversation that belongs to `browser` (an opaque id, kept only as a blind index)."""
    row = Conversation(
        id=secrets.token_hex(16),
        channel=channel,
        language=language,
        browser_index=browser,
        owner=Owner.BOT,
        last_seq=0,
        created_at=now,
        last_active_at=now,
    )
    session.add(row)
    session.flush()
    return _views.conversation(row)


def get_conversation(session: Session, conversation_id: str) -> ConversationView:
    """The conversation. Raises `NotFound`."""
    return _views.conversation(conversation_row(session, conversation_id))


def resume(session: Session, conversation_id: str, browser: str) -> ConversationView:
    """The conversation, if it belongs to `browser`; else `NotFound`."""
    query = select(Conversation).where(Conversation.id == conversation_id, Conversation.browser_index == browser)
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("There is no such conversation for this browser; open one.")
    return _views.conversation(row)


def set_language(session: Session, conversation_id: str, language: str) -> ConversationView:
    """Go on in another language."""
    row = conversation_row(session, conversation_id, lock=True)
    row.language = language
    session.flush()
    return _views.conversation(row)


def add_customer_message(
    session: Session,
    conversation_id: str,
    *,
    message_id: str,
    text: str,
    command: str | None = None,
    attachments: Sequence[str] = (),
    spoken: Spoken | None = None,
    now: datetime,
) -> tuple[MessageView, bool]:
    """Store what the customer said; a message id that is there already changes nothing.

    Coming back after the idle limit ends the verification, before this message counts as activity.

    Args:
        spoken: when in a call it was said, how surely it was heard, and what else it may have been.

    Returns:
        The message as stored, and whether it is new.

    Raises:
        NotFound: no such conversation.
        InvalidInput: an attachment is not of this conversation, or belongs to another message.
    """
    if not 0 < len(message_id) <= _LONGEST_ID:
        raise InvalidInput("message_id", f"A message id has 1 to {_LONGEST_ID} characters.")
    row = conversation_row(session, conversation_id, lock=True)
    stored = _find(session, conversation_id, Message.message_id == message_id)
    if stored:
        return _view(session, stored), False
    files = _take_files(session, conversation_id, message_id, attachments)
    if now - row.last_active_at > IDLE_LIMIT:
        row.verified_at = None
    row.last_active_at = max(now, row.last_active_at)
    message = _append(
        session,
        row,
        message_id=message_id,
        sender=Sender.CUSTOMER,
        status=MessageStatus.RECEIVED if row.owner is Owner.BOT else MessageStatus.SENT,
        body=_body(text=text, command=command, **{ALTERNATIVES: list(spoken.alternatives) if spoken else None}),
        spoken_from=spoken.began_ms if spoken else None,
        spoken_to=spoken.ended_ms if spoken else None,
        confidence=spoken.confidence if spoken else None,
        now=now,
    )
    return _views.message(message, files), True


def add_reply(
    session: Session,
    conversation_id: str,
    *,
    in_reply_to: str | None,
    ordinal: int | None,
    sender: str = Sender.BOT,
    text: str = "",
    quick_replies: Sequence[dict[str, str]] = (),
    attachment: Any = None,
    data: dict[str, Any] | None = None,
    unless_person: bool = False,
    now: datetime,
) -> tuple[MessageView, bool]:
    """Store what the bot, a colleague or the system said.

    The same (`in_reply_to`, `ordinal`, `sender`) is stored once; without `in_reply_to` every call stores one.

    Args:
        unless_person: the words are the bot's: it is silent while a person has the conversation.

    Returns:
        The message as stored, and whether it is new.

    Raises:
        NotFound: no such conversation.
        NotEligible: a person has it, and the words are the bot's.
    """
    row = conversation_row(session, conversation_id, lock=True)
    if in_reply_to is not None:
        stored = _find(
            session,
            conversation_id,
            Message.in_reply_to == in_reply_to,
            Message.ordinal == ordinal,
            Message.sender == sender,
        )
        if stored:
            return _views.message(stored), False
    if unless_person and row.owner is Owner.PERSON:
        raise NotEligible("A person has this conversation; the bot is silent until it is given back.")
    message = _append(
        session,
        row,
        message_id=secrets.token_hex(16),
        sender=Sender(sender),
        status=MessageStatus.SENT,
        in_reply_to=in_reply_to,
        ordinal=ordinal,
        body=_body(text=text, quick_replies=list(quick_replies), attachment=attachment, data=data),
        now=now,
    )
    return _views.message(message), True


def add_agent_message(
    session: Session,
    conversation_id: str,
    *,
    message_id: str,
    text: str,
    attachments: Sequence[str] = (),
    agent: dict[str, Any],
    now: datetime,
) -> tuple[MessageView, bool]:
    """Store what a person said who has the conversation; a message id that is there already changes nothing.

    Args:
        agent: who says it, for the customer: `id` of the employee and `name`.

    Returns:
        The message as stored, and whether it is new.

    Raises:
        NotFound: no such conversation.
        NotEligible: no person has the conversation. Which of them has it is for the caller to check, in this session.
        InvalidInput: a file is not of this conversation, or belongs to another message.
    """
    row = conversation_row(session, conversation_id, lock=True)
    stored = _find(session, conversation_id, Message.message_id == message_id)
    if stored:
        return _view(session, stored), False
    if row.owner is not Owner.PERSON:
        raise NotEligible("No person has this conversation; take it first.")
    files = _take_files(session, conversation_id, message_id, attachments)
    body = _body(text=text, data={"agent": agent})
    message = _append(
        session, row, message_id=message_id, sender=Sender.AGENT, status=MessageStatus.SENT, body=body, now=now
    )
    return _views.message(message, files), True


def add_errand(
    session: Session, conversation_id: str, *, message_id: str, text: str, command: str, now: datetime
) -> tuple[MessageView, bool]:
    """Store words of the system that the bot has to answer with what `command` says, like a customer's message.

    A message id that is there already changes nothing. Raises `NotFound`.
    """
    row = conversation_row(session, conversation_id, lock=True)
    stored = _find(session, conversation_id, Message.message_id == message_id)
    if stored:
        return _views.message(stored), False
    message = _append(
        session,
        row,
        message_id=message_id,
        sender=Sender.SYSTEM,
        status=MessageStatus.RECEIVED,
        body=_body(text=text, command=command),
        now=now,
    )
    return _views.message(message), True


def mark_answered(session: Session, conversation_id: str, message_id: str, *, outcome: str, now: datetime) -> None:
    """Say how a customer's message ended: `answered` or `failed`. Raises `NotFound`."""
    message = _find(session, conversation_id, Message.message_id == message_id)
    if message is None:
        raise NotFound("There is no such message in this conversation.")
    if outcome not in (MessageStatus.ANSWERED, MessageStatus.FAILED):
        raise InvalidInput("outcome", "The outcome of a message is `answered` or `failed`.")
    message.status = MessageStatus(outcome)
    message.settled_at = now
    session.flush()


def mask_digits(session: Session, conversation_id: str, message_id: str) -> None:
    """Make the digits of a customer's message unreadable, where they are a secret; what was heard of them goes as well.

    Raises `NotFound`.
    """
    message = _find(session, conversation_id, Message.message_id == message_id)
    if message is None:
        raise NotFound("There is no such message in this conversation.")
    body = {name: part for name, part in message.body.items() if name != ALTERNATIVES}
    message.body = {**body, "text": _DIGIT.sub("\u2022", body.get("text", ""))}
    for sound in session.scalars(select(CallAudio).where(CallAudio.message_id == message.id)):
        session.delete(sound)
    session.flush()
    search.renew(session, message)


def unanswered(session: Session) -> list[MessageView]:
    """Messages that wait for the bot, oldest first: what a restart has to take up again."""
    query = (
        select(Message)
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(Message.status == MessageStatus.RECEIVED, Conversation.owner == Owner.BOT)
        .order_by(Message.id)
    )
    return [_view(session, message) for message in session.scalars(query)]


@reads("messages")
def history(
    session: Session, conversation_id: str, *, after_seq: int = 0, up_to: int | None = None, limit: int = 200
) -> list[MessageView]:
    """The newest `limit` messages after `after_seq`, none after `up_to`, in order."""
    query = (
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > after_seq)
        .order_by(Message.seq.desc())
        .limit(limit)
    )
    if up_to is not None:
        query = query.where(Message.seq <= up_to)
    messages = list(session.scalars(query))[::-1]
    files = _files_by_message(session, conversation_id)
    return [_views.message(message, files[message.message_id]) for message in messages]


@reads("messages")
def following(session: Session, conversation_id: str, after_seq: int, limit: int = 200) -> list[MessageView]:
    """The oldest `limit` messages after `after_seq`, in order: the next ones for whoever has seen those before."""
    query = (
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > after_seq)
        .order_by(Message.seq)
        .limit(limit)
    )
    return views_of(session, conversation_id, session.scalars(query))


def views_of(session: Session, conversation_id: str, rows: Iterable[Message]) -> list[MessageView]:
    """Messages of one conversation with their files; for other services."""
    messages = list(rows)
    files = _files_by_message(session, conversation_id) if messages else {}
    return [_views.message(message, files.get(message.message_id, ())) for message in messages]


def last_seqs(session: Session, conversation_ids: Collection[str]) -> dict[str, int]:
    """How many messages each conversation has; one that is gone is left out."""
    found: dict[str, int] = {}
    wanted = list(conversation_ids)
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        ids = wanted[start : start + _IDS_AT_ONCE]
        query = select(Conversation.id, Conversation.last_seq).where(Conversation.id.in_(ids))
        found |= {conversation_id: seq for conversation_id, seq in session.execute(query)}
    return found


def unanswered_since(session: Session, conversation_ids: Collection[str]) -> dict[str, datetime]:
    """When the customer said the last word, in those of the conversations in which it is theirs."""
    query = (
        select(Message.conversation_id, Message.created_at)
        .join(Conversation, (Conversation.id == Message.conversation_id) & (Conversation.last_seq == Message.seq))
        .where(Message.conversation_id.in_(conversation_ids), Message.sender == Sender.CUSTOMER)
    )
    return {conversation_id: at for conversation_id, at in session.execute(query)}


@reads("messages")
def transcript(
    session: Session,
    conversation_id: str,
    *,
    masked: bool = True,
    after_seq: int = 0,
    up_to: int | None = None,
    limit: int = 200,
) -> list[MessageView]:
    """The conversation as staff read it: like `history`, with personal data masked unless it has to be seen.

    Masked are texts, buttons, data and names of files; what the store holds of the verified customer is looked for in
    every form. The first call in a process takes a second or two. Raises `NotFound`.
    """
    conversation = conversation_row(session, conversation_id)
    messages = history(session, conversation_id, after_seq=after_seq, up_to=up_to, limit=limit)
    if not masked:
        return messages
    customer = session.get(Customer, conversation.customer_id) if conversation.customer_id else None
    known = known_values(customer) if customer else []
    return [_without_personal_data(message, conversation.language, known) for message in messages]


def offered_payloads(session: Session, conversation_id: str) -> set[str]:
    """The payloads of the quick replies in the newest answers: what may be sent back as a command."""
    query = (
        select(Message)
        .where(Message.conversation_id == conversation_id, Message.sender != Sender.CUSTOMER)
        .order_by(Message.seq.desc())
        .limit(OFFERS_LOOKED_AT)
    )
    replies = (message.body.get("quick_replies", ()) for message in session.scalars(query))
    return {reply["payload"] for quick_replies in replies for reply in quick_replies if "payload" in reply}


def _append(session: Session, conversation: Conversation, *, now: datetime, **values: Any) -> Message:
    """Add a message under the next number; the caller holds the conversation's lock."""
    conversation.last_seq += 1
    message = Message(conversation_id=conversation.id, seq=conversation.last_seq, created_at=now, **values)
    session.add(message)
    session.flush()
    search.add(session, message)
    return message


def _body(**parts: Any) -> dict[str, Any]:
    return {name: part for name, part in parts.items() if part not in (None, [], "")}


def _find(session: Session, conversation_id: str, *conditions: Any) -> Message | None:
    query = select(Message).where(Message.conversation_id == conversation_id, *conditions)
    return session.scalars(query).first()


def _take_files(
    session: Session, conversation_id: str, message_id: str, attachment_ids: Sequence[str]
) -> list[Attachment]:
    if not attachment_ids:
        return []
    query = select(Attachment).where(Attachment.conversation_id == conversation_id, Attachment.id.in_(attachment_ids))
    files = {file.id: file for file in session.scalars(query)}
    wanted = list(dict.fromkeys(attachment_ids))
    if any(key not in files or files[key].message_id is not None for key in wanted):
        raise InvalidInput("attachments", "A file was not uploaded in this conversation, or was sent before.")
    for key in wanted:
        files[key].message_id = message_id
    return [files[key] for key in wanted]


def _without_personal_data(message: MessageView, language: str, known: list[str]) -> MessageView:
    def mask(value: Any) -> Any:
        return masker().mask_all(value, language, known)

    return replace(
        message,
        text=mask(message.text),
        command=None if message.command is None else mask(message.command),
        quick_replies=mask(message.quick_replies),
        attachments=tuple(replace(file, name=mask(file.name)) for file in message.attachments),
        attachment=mask(message.attachment),
        data=mask(message.data),
    )


def _view(session: Session, message: Message) -> MessageView:
    return _views.message(message, _files_by_message(session, message.conversation_id)[message.message_id])


def _files_by_message(session: Session, conversation_id: str) -> dict[str, list[Attachment]]:
    query = select(Attachment).where(Attachment.conversation_id == conversation_id, Attachment.message_id.is_not(None))
    files: dict[str, list[Attachment]] = defaultdict(list)
    for file in session.scalars(query.order_by(Attachment.created_at, Attachment.id)):
        files[str(file.message_id)].append(file)
    return files
