"""A conversation on its way out of the desk: as text, as JSON, and as PDF (also in Chinese)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer

from crm import texts
from crm.domain import Entry, Sender, Summary, Transcript
from crm.proof import CHINESE
from crm.proof import text as paragraph
from crm.services.summaries import intent_title

MEDIA_TYPES = {"txt": "text/plain; charset=utf-8", "json": "application/json", "pdf": "application/pdf"}
_MARGIN = 20 * mm
_HEADING = 8.5  # points, of the line with time and speaker


@dataclass(frozen=True, slots=True)
class Copy:
    """What is exported, for a reader of `language`, with times in `zone`."""

    transcript: Transcript
    summary: Summary
    language: str
    zone: tzinfo
    made_at: datetime

    @property
    def words(self) -> Callable[..., str]:
        """The texts of the reader's language."""
        return partial(texts.text, self.language)

    def at(self, moment: datetime) -> str:
        """A moment as the reader's clock shows it."""
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"


def export(copy: Copy, kind: str) -> bytes:
    """The copy as `txt`, `json` or `pdf`. The same copy makes the same bytes."""
    return {"txt": _as_text, "json": _as_json, "pdf": _as_pdf}[kind](copy)


def _as_json(copy: Copy) -> bytes:
    found = copy.transcript
    told = {
        "conversation": found.conversation.id,
        "channel": found.conversation.channel,
        "language": found.conversation.language,
        "begun_at": found.conversation.created_at.isoformat(),
        "made_at": copy.made_at.isoformat(),
        "masked": found.masked,
        "tags": list(found.tags),
        "summary": [{"code": line.code, "title": line.title, "text": line.text} for line in copy.summary.lines],
        "messages": [_message(entry) for entry in found.entries],
        "notes": [{"at": note.at.isoformat(), "author": note.author, "text": note.text} for note in found.notes],
    }
    return json.dumps(told, ensure_ascii=False, indent=2).encode() + b"\n"


def _message(entry: Entry) -> dict[str, Any]:
    message, reading = entry.message, entry.reading
    told: dict[str, Any] = {
        "seq": message.seq,
        "at": message.created_at.isoformat(),
        "sender": message.sender.value,
        "text": message.text,
        "files": [file.name for file in message.attachments],
    }
    if message.spoken is not None:
        spoken = message.spoken
        told["spoken"] = {"from_ms": spoken.began_ms, "to_ms": spoken.ended_ms, "confidence": spoken.confidence}
    if reading is not None:
        told["reading"] = {
            "intent": reading.intent,
            "confidence": reading.confidence,
            "ranking": [list(each) for each in reading.ranking],
            "actions": list(reading.actions),
        }
    if entry.mark is not None:
        told["marked_as"] = entry.mark.right_intent
    return told


def _as_text(copy: Copy) -> bytes:
    return "\n".join(line for line, _ in _lines(copy)).encode() + b"\n"


def _as_pdf(copy: Copy) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    title = copy.words("transcript.title")
    story: list[Any] = [paragraph(title, 18), Spacer(0, 4 * mm)]
    for line, size in list(_lines(copy))[1:]:
        story.append(_part(line, size))
    target = BytesIO()
    document = SimpleDocTemplate(
        target, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, topMargin=_MARGIN, bottomMargin=_MARGIN,
        title=title, lang=copy.language, invariant=1,
    )  # fmt: skip
    document.build([part for part in story if not isinstance(part, Paragraph) or part.text])
    return target.getvalue()


def _part(line: str, size: float) -> Flowable:
    if not line:
        return Spacer(0, 3 * mm)
    part = paragraph(line, size)
    part.keepWithNext = size == _HEADING  # who said something is never the last line of a page
    return part


def _lines(copy: Copy) -> Iterator[tuple[str, float]]:
    """The lines of the readable forms, each with its size on paper."""
    words, found = copy.words, copy.transcript
    talk = found.conversation
    yield words("transcript.title"), 18
    channel = texts.find(copy.language, f"channels.{talk.channel}") or talk.channel
    yield words("transcript.head", id=talk.id, at=copy.at(talk.created_at), channel=channel), 9
    yield words("transcript.masked" if found.masked else "transcript.plain"), 9
    if found.tags:
        yield words("transcript.tags", tags=", ".join(found.tags)), 9
    yield "", 0
    for line in copy.summary.lines:
        yield words("transcript.line", title=line.title, text=line.text), 10
    yield "", 0
    for at, sender, text, small in _said(copy):
        yield f"{copy.at(at)}  {sender}", _HEADING
        for part in filter(None, text.splitlines()):
            yield part, 10.5
        if small:
            yield small, 8
        yield "", 0


def _said(copy: Copy) -> list[tuple[datetime, str, str, str]]:
    """Messages and notes in the order of time: when, who, what, and what the bot made of it."""
    words = copy.words
    said = [
        (entry.message.created_at, _sender(copy, entry), _told(copy, entry), _small(copy, entry))
        for entry in copy.transcript.entries
    ]
    notes = [(note.at, words("transcript.note", name=note.author), note.text, "") for note in copy.transcript.notes]
    return sorted([*said, *notes], key=lambda each: each[0])


def _sender(copy: Copy, entry: Entry) -> str:
    agent = (entry.message.data or {}).get("agent")
    name = str(agent.get("name", "")) if isinstance(agent, dict) else ""
    return name or copy.words(f"transcript.{entry.message.sender}")


def _told(copy: Copy, entry: Entry) -> str:
    files = [copy.words("transcript.file", name=file.name) for file in entry.message.attachments]
    return "\n".join(filter(None, (entry.message.text, *files)))


def _small(copy: Copy, entry: Entry) -> str:
    return " ".join(filter(None, (_spoken(copy, entry), _understood(copy, entry))))


def _spoken(copy: Copy, entry: Entry) -> str:
    """When in the call it was said, and how surely it was heard."""
    spoken = entry.message.spoken
    if spoken is None:
        return ""
    times = {"start": f"{spoken.began_ms / 1000:.1f}", "end": f"{spoken.ended_ms / 1000:.1f}"}
    if spoken.confidence is None:
        return f"[{copy.words('transcript.keyed', **times)}]"
    return f"[{copy.words('transcript.spoken', **times, percent=round(100 * spoken.confidence))}]"


def _understood(copy: Copy, entry: Entry) -> str:
    reading = entry.reading
    if entry.message.sender is not Sender.CUSTOMER or reading is None or reading.intent is None:
        return ""
    sure = f"{round((reading.confidence or 0) * 100)} %"
    actions = f" · {', '.join(reading.actions)}" if reading.actions else ""
    return f"[{intent_title(copy.language, reading.intent)}, {sure}{actions}]"
