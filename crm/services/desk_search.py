"""Conversations found by words, customer, day, reason of the hand-off, colleague and tag."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from crm.audit_trail import note_read
from crm.domain import HandoffReason
from crm.domain.handoffs import WAITING, WITH_PERSON
from crm.masking import fields, masker
from crm.masking.customers import known_values
from crm.schema import (
    Conversation,
    ConversationTag,
    Customer,
    Employee,
    Feedback,
    Handoff,
    Message,
    MessageToken,
)
from crm.search import tokens_of
from crm.services import _views, handoffs

MOST = 100
_MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; everything that is given has to hold. Times are timezone-aware.

    Attributes:
        words: that all stand in one message, in either language; compared by stem.
        customer_id: who was last verified in it.
        since: active at this moment or later.
        until: begun before this moment.
        reason: of one of its hand-offs.
        employee_id: a colleague who had it at any time.
        tag: under which it is filed.
        reader: the employee who may read it: whom it concerns (`handoffs.of_employee`), or that waits; None: anybody's.
    """

    words: str = ""
    customer_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    reason: HandoffReason | None = None
    employee_id: int | None = None
    tag: str | None = None
    reader: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A conversation that was found. `text` is the newest of its messages that hold the words; empty without words."""

    conversation_id: str
    channel: str
    language: str
    customer_id: int | None
    customer_name: str | None
    last_active_at: datetime
    reasons: tuple[HandoffReason, ...]
    employees: tuple[str, ...]
    tags: tuple[str, ...]
    score: int | None
    text: str
    seq: int | None


def find(
    session: Session, wanted: Wanted, *, before: str | None = None, limit: int = 25, masked: bool = True
) -> list[Found]:
    """Conversations, the last active first, at most `limit` (and never more than 100).

    Words are compared as keyed tokens, never as texts; words that stand everywhere find nothing.

    Args:
        before: the id of the last conversation of the page before.
        masked: names are shortened, and personal data in texts is hidden.
    """
    tokens = sorted(tokens_of(wanted.words), key=len, reverse=True)[:_MOST_WORDS]
    if wanted.words.strip() and not tokens:
        return []
    query = select(Conversation).where(*_conditions(wanted, tokens))
    last = session.get(Conversation, before) if before else None
    if last is not None:
        query = query.where(
            or_(
                Conversation.last_active_at < last.last_active_at,
                and_(Conversation.last_active_at == last.last_active_at, Conversation.id < last.id),
            )
        )
    query = query.order_by(Conversation.last_active_at.desc(), Conversation.id.desc()).limit(min(limit, MOST))
    return _Page(session, list(session.scalars(query)), tokens, masked=masked).found()


def colleagues(session: Session) -> list[tuple[int, str]]:
    """Ids and names of those who have, or had, customers of the desk, by name."""
    had = select(Handoff.employee_id).where(Handoff.employee_id.is_not(None))
    rows = session.scalars(select(Employee).where(Employee.id.in_(had)))
    return sorted(((row.id, row.name) for row in rows), key=lambda each: each[1])


def _conditions(wanted: Wanted, tokens: list[str]) -> list[ColumnElement[bool]]:
    inside = Conversation.id.in_
    found: list[ColumnElement[bool]] = []
    if tokens:
        found.append(inside(_holding(select(Message.conversation_id), tokens)))
    if wanted.customer_id is not None:
        found.append(Conversation.customer_id == wanted.customer_id)
    if wanted.since is not None:
        found.append(Conversation.last_active_at >= wanted.since)
    if wanted.until is not None:
        found.append(Conversation.created_at < wanted.until)
    if wanted.reason is not None:
        found.append(inside(select(Handoff.conversation_id).where(Handoff.reason == wanted.reason)))
    if wanted.employee_id is not None:
        found.append(inside(handoffs.had_by(wanted.employee_id)))
    if wanted.tag is not None:
        tag = wanted.tag.strip().casefold()
        found.append(inside(select(ConversationTag.conversation_id).where(ConversationTag.tag == tag)))
    if wanted.reader is not None:
        found.append(_readable_by(wanted.reader))
    return found


def _readable_by(employee_id: int) -> ColumnElement[bool]:
    """As `gateway.desk.access.may_watch` has it for one conversation."""
    now = select(Handoff.conversation_id).where(Handoff.ended_at.is_(None))
    with_others = now.where(Handoff.state.in_(WITH_PERSON), Handoff.employee_id != employee_id)
    waits = now.where(Handoff.state.in_(WAITING))
    concerned = Conversation.id.in_(handoffs.of_employee(employee_id)) | Conversation.id.in_(waits)
    return concerned & Conversation.id.not_in(with_others)


def _holding(query: Select[Any], tokens: list[str]) -> Select[Any]:
    """Messages that hold every one of the words."""
    for token in tokens:
        query = query.where(Message.id.in_(select(MessageToken.message_id).where(MessageToken.token == token)))
    return query


class _Page:
    """What belongs to a page of conversations, each in one statement."""

    def __init__(self, session: Session, rows: list[Conversation], tokens: list[str], *, masked: bool) -> None:
        self._session, self._rows, self._masked = session, rows, masked
        self._ids = [row.id for row in rows]
        self._customers = self._by_id(Customer, {row.customer_id for row in rows if row.customer_id})
        self._hits = self._newest(tokens) if tokens and rows else {}
        entries = self._all(select(Handoff).where(Handoff.conversation_id.in_(self._ids)).order_by(Handoff.id))
        self._handoffs: dict[str, list[Handoff]] = defaultdict(list)
        for handoff in entries:
            self._handoffs[handoff.conversation_id].append(handoff)
        self._employees = self._by_id(Employee, {each.employee_id for each in entries if each.employee_id})
        self._tags: dict[str, list[str]] = defaultdict(list)
        tags = select(ConversationTag).where(ConversationTag.conversation_id.in_(self._ids))
        for tag in self._all(tags.order_by(ConversationTag.tag)):
            self._tags[tag.conversation_id].append(tag.tag)
        given = self._all(select(Feedback).where(Feedback.conversation_id.in_(self._ids)))
        self._scores = {each.conversation_id: each.score for each in given}

    def found(self) -> list[Found]:
        return [self._found(row) for row in self._rows]

    def _found(self, row: Conversation) -> Found:
        note_read(self._session, "messages", conversation_id=row.id)
        customer = self._customers.get(row.customer_id or 0)
        hit = self._hits.get(row.id)
        had = self._handoffs[row.id]
        names = [self._employees[each.employee_id].name for each in had if each.employee_id in self._employees]
        return Found(
            conversation_id=row.id,
            channel=row.channel,
            language=row.language,
            customer_id=row.customer_id,
            customer_name=self._name(customer),
            last_active_at=row.last_active_at,
            reasons=tuple(dict.fromkeys(HandoffReason(each.reason) for each in had)),
            employees=tuple(dict.fromkeys(names)),
            tags=tuple(self._tags[row.id]),
            score=self._scores.get(row.id),
            text=self._text(row, customer, hit) if hit else "",
            seq=hit.seq if hit else None,
        )

    def _name(self, customer: Customer | None) -> str | None:
        if customer is None:
            return None
        full = _views.full_name(customer)
        return fields.name(full) if self._masked else full

    def _text(self, row: Conversation, customer: Customer | None, hit: Message) -> str:
        text = str((hit.body or {}).get("text", ""))
        if not self._masked:
            return text
        return masker().mask(text, row.language, known_values(customer) if customer else ()).text

    def _newest(self, tokens: list[str]) -> dict[str, Message]:
        newest = _holding(select(func.max(Message.id)).where(Message.conversation_id.in_(self._ids)), tokens)
        rows = self._all(select(Message).where(Message.id.in_(newest.group_by(Message.conversation_id))))
        return {row.conversation_id: row for row in rows}

    def _all(self, query: Select[Any]) -> list[Any]:
        return list(self._session.scalars(query)) if self._ids else []

    def _by_id(self, table: type[Any], ids: Iterable[int]) -> dict[int, Any]:
        wanted = list(ids)
        return {row.id: row for row in self._all(select(table).where(table.id.in_(wanted)))} if wanted else {}
