"""The copy of everything held on a customer, as one archive: for programs (JSON), for people (HTML), and the files."""

import io
import json
import re
import zipfile
from datetime import datetime
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import holdings, texts
from crm.retention.rules import rules
from crm.schema import Attachment, Call, CallAudio
from crm.services import audit, calls

MEDIA_TYPE = "application/zip"
DATA, PAGE, FILES = "data.json", "index.html", "files"
_AUDIT = "audit_entries"
_UNSAFE = re.compile(r"[^\w.\- ]+")
_LONGEST_NAME = 80


def make(session: Session, customer_id: int, *, language: str, now: datetime, request: str = "") -> bytes:
    """The archive.

    Args:
        request: the number of the request it answers, if there is one.
    """
    held: dict[str, Any] = dict(holdings.collect(session, customer_id))
    held[_AUDIT] = [_entry(view) for view in audit.entries_about(session, customer_id)]
    files = _files(session, held) | _sound(session, held)
    told = {"request": request, "made_at": now.isoformat(), "language": language, "data": held}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(DATA, json.dumps(told, ensure_ascii=False, indent=2))
        archive.writestr(PAGE, page(held, language=language, now=now, files={f"{FILES}/{name}" for name in files}))
        for name, content in files.items():
            archive.writestr(f"{FILES}/{name}", content)
    audit.note(session, "export", "customers", customer_id=customer_id)
    return packed.getvalue()


def page(held: dict[str, list[dict[str, Any]]], *, language: str, now: datetime, files: set[str]) -> str:
    """The readable form of what is held."""
    sections = [
        {"title": _title(language, name), "rows": [_told(language, row) for row in rows], "count": len(rows)}
        for name, rows in held.items()
        if rows
    ]
    template = _environment().get_template("own_copy.html")
    return template.render(
        language=language,
        title=texts.text(language, "own_data.title"),
        made=texts.text(language, "own_data.made", day=now.date().isoformat()),
        about=texts.text(language, "own_data.about"),
        files_title=texts.text(language, "own_data.files"),
        sections=sections,
        files=sorted(files),
    )


def _files(session: Session, held: dict[str, Any]) -> dict[str, bytes]:
    """The content of the files, by a name that is safe in any file system; copies made before are not copied again."""
    files: dict[str, bytes] = {}
    for row in held.get("attachments", []):
        if row["media_type"] in (MEDIA_TYPE,):
            continue
        name = f"{row['id'][:8]} {_UNSAFE.sub('_', row['name'])[-_LONGEST_NAME:]}".strip()
        files[name] = session.scalars(select(Attachment.content).where(Attachment.id == row["id"])).one()
        row["file"] = f"{FILES}/{name}"
    return files


def _sound(session: Session, held: dict[str, Any]) -> dict[str, bytes]:
    """What was said in calls, where it is kept as sound."""
    files: dict[str, bytes] = {}
    for row in held.get("call_audio", []):
        query = select(CallAudio.sound, Call.rate).join(Call, Call.conversation_id == CallAudio.conversation_id)
        pcm, rate = session.execute(query.where(CallAudio.id == row["id"])).one()
        name = f"call {row['id']}.wav"
        files[name] = calls.wav(pcm, rate)
        row["file"] = f"{FILES}/{name}"
    return files


def _entry(view: Any) -> dict[str, Any]:
    """An audit entry without the names of colleagues: their kind is enough."""
    return {
        "at": view.at.isoformat(),
        "actor": view.actor,
        "channel": view.channel,
        "verb": view.verb,
        "area": view.area,
        "fields": list(view.fields),
    }


def _title(language: str, table: str) -> str:
    return texts.find(language, f"tables.{table}") or rules().tables[table].holds


def _told(language: str, row: dict[str, Any]) -> list[tuple[str, str]]:
    """The fields of a row that have a value, with their names in words."""
    return [
        (texts.find(language, f"fields.{name}") or name.replace("_", " "), _plain(value))
        for name, value in row.items()
        if value not in (None, "", [], {})
    ]


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(
            f"{key.replace('_', ' ')}: {_plain(part)}" for key, part in value.items() if part not in (None, "")
        )
    if isinstance(value, list):
        return ", ".join(_plain(part) for part in value)
    return str(value)


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(__file__.rpartition("/")[0] + "/templates"), autoescape=select_autoescape(["html"])
    )
