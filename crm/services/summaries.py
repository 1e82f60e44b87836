"""What a colleague has to know before taking over: at most five lines, and nothing in them that is not in the store.

What a customer wants is the titles of the intents the bot found and one or two sentences of their own; what was done
comes from the writes that were performed; what the bot could not do from the hand-off and from the messages it made
nothing of. Words about moods are looked for by a list (`reference/desk.toml`), and what was found is quoted.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm import reference, summarising, texts
from crm.audit_trail import reads
from crm.domain import Entry, MessageStatus, Reading, Sender, Summary, SummaryLine
from crm.masking import fields
from crm.schema import Conversation, Customer, Handoff, MessageReading, PerformedWrite
from crm.services import _views, moods, transcripts
from crm.services._rows import conversation_row
from crm.services.conversations import IDLE_LIMIT

LOOKED_AT = 200  # newest messages
_MOST_INTENTS = 3
_MOST_DONE = 4
_NUMBERS = ("number", "reference", "claim_number", "request", "quote")


@dataclass(frozen=True, slots=True)
class _Told:
    """What the lines are made of."""

    words: Callable[..., str]
    conversation: Conversation
    entries: Sequence[Entry]
    now: datetime
    masked: bool

    @property
    def said(self) -> list[Entry]:
        """What the customer wrote, without buttons."""
        return [
            entry
            for entry in self.entries
            if entry.message.sender is Sender.CUSTOMER and entry.message.text and not entry.message.command
        ]


@reads("messages")
def summary(session: Session, conversation_id: str, *, language: str, now: datetime, masked: bool = True) -> Summary:
    """The summary of a conversation in the reader's `language`; quotes stay in the customer's.

    Lines, each left out when nothing is known: `wants`, `verified`, `done`, `stuck`, `mood`. Raises `NotFound`.
    """
    row = conversation_row(session, conversation_id)
    talk = transcripts.shown(session, conversation_id, masked=masked, limit=LOOKED_AT)
    words = partial(texts.text, language)
    told = _Told(words, row, talk, now, masked)
    made = {
        "wants": _wants(told, language),
        "verified": _verified(session, told),
        "done": _done(session, told, language),
        "stuck": _stuck(session, told, language),
        "mood": _mood(told),
    }
    lines = [SummaryLine(code, words(f"summary.{code}"), text) for code, text in made.items() if text]
    return Summary(language, tuple(lines))


@reads("messages")
def wish(session: Session, conversation_id: str) -> str:
    """What a person is wanted for, for the queue: the sentences that tell most of all the customer wrote since a person
    was last there, and their last words; one a line, in the customer's words, not masked.

    Raises:
        NotFound: there is no such conversation.
    """
    row = conversation_row(session, conversation_id)
    since = _person_left(session, row.id)
    quiet = set(reference.table("desk")["quiet_intents"])
    said = [
        entry
        for entry in transcripts.shown(session, conversation_id, masked=False, limit=LOOKED_AT)
        if entry.message.sender is Sender.CUSTOMER and entry.message.text and not entry.message.command
        if since is None or entry.message.created_at > since
    ]
    if not said:
        return ""
    telling = [entry.message.text for entry in said[:-1] if not entry.reading or entry.reading.intent not in quiet]
    last = said[-1].message.text
    return "\n".join([*(each for each in summarising.central(telling) if each != last), last])


@reads("message_readings")
def topics(session: Session, conversation_id: str, most: int) -> list[str]:
    """What the customer wanted, the newest first: intents of at most `most` messages since a person was last there,
    however long ago; answers to questions, greetings and the like are left out."""
    since = _person_left(session, conversation_id)
    query = select(MessageReading.intent).where(
        MessageReading.conversation_id == conversation_id,
        MessageReading.intent.is_not(None),
        MessageReading.intent.not_in(reference.table("desk")["quiet_intents"]),
    )
    if since is not None:
        query = query.where(MessageReading.at > since)
    return [str(intent) for intent in session.scalars(query.order_by(MessageReading.id.desc()).limit(most))]


def _person_left(session: Session, conversation_id: str) -> datetime | None:
    """When a person was last in the conversation."""
    query = select(func.max(Handoff.ended_at)).where(Handoff.conversation_id == conversation_id)
    return session.scalar(query.where(Handoff.accepted_at.is_not(None)))


def is_lost(reading: Reading | None) -> bool:
    """Whether the bot made nothing of a message, by its intent or by what it did (`reference/desk.toml`)."""
    if reading is None:
        return False
    rules = reference.table("desk")["lost"]
    if not set(rules["actions"]).isdisjoint(reading.actions):
        return True
    forms = [action for action in reading.actions if not action.startswith(tuple(rules["prefixes"]))]
    return reading.intent in rules["intents"] and not forms


def intent_title(language: str, intent: str) -> str:
    """An intent in words; its name, where there are none."""
    return texts.find(language, f"intents.{intent}") or intent.replace("_", " ")


def _wants(told: _Told, language: str) -> str:
    quiet = set(reference.table("desk")["quiet_intents"])
    found = Counter(
        entry.reading.intent
        for entry in told.entries
        if entry.reading and entry.reading.intent and entry.reading.intent not in quiet and not is_lost(entry.reading)
    )
    titles = [intent_title(language, intent) for intent, _ in found.most_common(_MOST_INTENTS)]
    telling = [entry for entry in told.said if not entry.reading or entry.reading.intent not in quiet]
    understood = [entry.message.text for entry in telling if not is_lost(entry.reading)]
    said = understood or [entry.message.text for entry in telling]
    quotes = [_quoted(told, sentence) for sentence in summarising.central(said)]
    return " · ".join(filter(None, (told.words("summary.and").join(titles), " ".join(quotes))))


def _verified(session: Session, told: _Told) -> str:
    row = told.conversation
    customer = session.get(Customer, row.customer_id) if row.customer_id else None
    if customer is None:
        return told.words("summary.nobody")
    full = _views.full_name(customer)
    name = fields.name(full) if told.masked else full
    if row.verified_at is None or told.now - row.last_active_at > IDLE_LIMIT:
        return told.words("summary.no_longer", name=name)
    return told.words("summary.as_customer", name=name)


def _done(session: Session, told: _Told, language: str) -> str:
    query = select(PerformedWrite).where(PerformedWrite.conversation_id == told.conversation.id)
    done: list[str] = []
    for row in session.scalars(query.order_by(PerformedWrite.id)):
        words = texts.find(language, f"done.{row.action}")
        if words is None:  # codes sent, cards shown: steps on the way to something
            continue
        result = row.result or {}
        number = next((str(result[name]) for name in _NUMBERS if result.get(name)), "")
        done.append(f"{words} {number}".strip())
    kept = list(dict.fromkeys(done))[-_MOST_DONE:]
    return told.words("summary.and").join(kept) if kept else told.words("summary.nothing")


def _stuck(session: Session, told: _Told, language: str) -> str:
    query = select(Handoff).where(Handoff.conversation_id == told.conversation.id).order_by(Handoff.id.desc()).limit(1)
    handoff = session.scalars(query).first()
    reason = texts.find(language, f"handoff_reasons.{handoff.reason}") or "" if handoff else ""
    lost = [entry for entry in told.said if is_lost(entry.reading) or entry.message.status is MessageStatus.FAILED]
    if not lost:
        return reason
    quotes = [_quoted(told, sentence) for sentence in summarising.central([lost[-1].message.text], 1)]
    missed = told.words("summary.missed", count=len(lost), quote=" ".join(quotes)).strip()
    return " · ".join(filter(None, (reason, missed)))


def _mood(told: _Told) -> str:
    """The strongest mood of which a word was found, with the word; what was said last counts first."""
    found = moods.told_by(entry.message.text for entry in told.said)
    if found:
        return told.words(f"summary.{found[0]}", word=found[1])
    return told.words("summary.calm") if told.said else ""


def _quoted(told: _Told, sentence: str) -> str:
    return told.words("summary.quote", text=sentence)
