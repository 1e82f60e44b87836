"""A conversation as its page shows it: messages and notes in one order, what is masked as places to click."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from crm.domain import Entry, NoteView, Transcript
from crm.domain.conversations import ConversationView, MessageView
from crm.domain.handoffs import HandoffEvent, HandoffView
from crm.domain.staff import StaffMember
from crm.masking import KINDS
from crm.services import conversations, customer_names, handoffs, transcripts
from gateway.desk.access import is_theirs
from gateway.desk.views import discreet

PAGE = 80  # messages at first; the earlier ones come when they are asked for
_MASKED = re.compile(rf"\[({'|'.join(KINDS)})( \d{{4}})?\]")  # other words in brackets are the customer's own


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text: words, or, with a `kind`, something masked; `index` counts the masked ones of the message."""

    text: str
    kind: str = ""
    index: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """A message or a note, whichever is set."""

    at: datetime
    entry: Entry | None = None
    note: NoteView | None = None
    pieces: tuple[Piece, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Thread:
    """Part of a conversation; `last_seq` and `notes` say up to where, `earlier` whether there is more before it."""

    items: tuple[Item, ...]
    last_seq: int
    notes: int
    earlier: bool


@dataclass(frozen=True, slots=True)
class Opened:
    """The page of a conversation.

    Attributes:
        handoff: the one that is not over, or None.
        is_mine: the member talks to the customer now.
        passed_on: how it came here, when a colleague passed it on with a note.
    """

    conversation: ConversationView
    handoff: HandoffView | None
    name: str | None
    is_mine: bool
    passed_on: HandoffEvent | None


def opened(session: Session, member: StaffMember, conversation_id: str) -> Opened:
    """What stands at the head of the page. Raises `NotFound`."""
    conversation = conversations.get_conversation(session, conversation_id)
    handoff = handoffs.open_in(session, conversation_id)
    names = customer_names.names_of(session, [conversation.customer_id])
    name = discreet(names.get(conversation.customer_id or 0))
    events = handoffs.transitions(session, handoff.id) if handoff else []
    passed_on = next((event for event in reversed(events) if event.note), None)
    return Opened(conversation, handoff, name, is_theirs(handoff, member), passed_on)


def thread(session: Session, conversation_id: str, *, after: int | None = None, noted: int = 0) -> Thread:
    """A conversation, masked, from after message `after` and note number `noted` on; without `after` its end."""
    last_seq = conversations.get_conversation(session, conversation_id).last_seq
    since = max(0, last_seq - PAGE) if after is None else after
    found = transcripts.transcript(session, conversation_id, after_seq=since)
    first = found.entries[0].message.created_at if found.entries else None
    notes = [note for note in found.notes[noted:] if after or since == 0 or first is None or note.at >= first]
    seq = found.entries[-1].message.seq if found.entries else since
    return Thread(_items(found, notes), seq, len(found.notes), earlier=after is None and since > 0)


def said(session: Session, conversation_id: str, *, after: int) -> Thread:
    """The messages after number `after` alone, masked. Raises `NotFound`."""
    entries = transcripts.shown(session, conversation_id, masked=True, after_seq=after)
    items = tuple(Item(entry.message.created_at, entry=entry, **_shown(entry.message)) for entry in entries)
    return Thread(items, entries[-1].message.seq if entries else after, 0, earlier=False)


def revealed(session: Session, conversation_id: str, message_id: str, index: int) -> str | None:
    """The masked part number `index` of a message, readable; entered in the audit. Raises `NotFound`.

    None when it cannot be told where in the text it stands.
    """
    plain = transcripts.unmask(session, conversation_id, message_id)
    shown = transcripts.transcript(session, conversation_id, after_seq=plain.seq - 1, limit=1).entries[0].message
    return part(shown.text, plain.text, index)


def part(masked: str, plain: str, index: int) -> str | None:
    """What stands in `plain` where `masked` has its label number `index`."""
    pattern, last = "", 0
    for label in _MASKED.finditer(masked):
        pattern += re.escape(masked[last : label.start()]) + "(.+?)"
        last = label.end()
    found = re.fullmatch(pattern + re.escape(masked[last:]), plain, re.DOTALL)
    return found.group(index + 1) if found and index < len(found.groups()) else None


def pieces(text: str) -> tuple[Piece, ...]:
    """A masked text in parts."""
    found: list[Piece] = []
    last = 0
    for index, label in enumerate(_MASKED.finditer(text)):
        found += [Piece(text[last : label.start()]), Piece((label.group(2) or "").strip(), label.group(1), index)]
        last = label.end()
    return tuple(piece for piece in (*found, Piece(text[last:])) if piece.text or piece.kind)


def _items(found: Transcript, notes: Sequence[NoteView]) -> tuple[Item, ...]:
    items = [Item(entry.message.created_at, entry=entry, **_shown(entry.message)) for entry in found.entries]
    items += [Item(note.at, note=note) for note in notes]
    return tuple(sorted(items, key=lambda item: item.at))


def _shown(message: MessageView) -> Mapping[str, Any]:
    agent = (message.data or {}).get("agent")
    name = str(agent.get("name", "")) if isinstance(agent, dict) else ""
    return {"pieces": pieces(message.text), "name": name}
