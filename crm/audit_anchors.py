"""Anchors: where the audit's chains ended at a moment, signed, in a file outside the database.

Whoever puts an older copy of the database back, with entries missing at the end, cannot make this file agree: a chain
has to hold every entry that was ever anchored. Keep the file where the database's administrator cannot write, such as
on another machine or a medium that is written once. It is only ever added to, one line of JSON at a time.
"""

import hmac
import json
import os
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from crm import audit_chain
from crm.errors import CrmError


class AnchorAltered(CrmError):
    """A line of the anchor file is not as it was written."""


def add(connection: Connection, path: Path, now: datetime) -> bool:
    """Write down where the chains end, unless that is what the last line says; False when nothing was new."""
    key = audit_chain.key_of(connection)
    heads = audit_chain.heads(connection)
    if key is None or not heads:
        return False
    last = _last_line(path)
    if last is not None and last["heads"] == heads:
        return False
    told = {"at": now.isoformat(), "heads": heads}
    line = json.dumps({**told, "mac": _mac(key, told)}, separators=(",", ":"))
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())
    return True


def read(connection: Connection, path: Path) -> list[dict[str, Any]]:
    """Every anchor of the file, as `audit_chain.verify` takes them; none when there is no file.

    Raises:
        AnchorAltered: a line was changed; the message says which.
    """
    if not path.exists():
        return []
    key = audit_chain.key_of(connection) or b""
    anchors: list[dict[str, Any]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        told = _parsed(line)
        if told is None or not hmac.compare_digest(str(told.pop("mac", "")), _mac(key, told)):
            raise AnchorAltered(f"Line {number} of {path} was altered, or was written under another key.")
        anchors += told["heads"]
    return anchors


def _last_line(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    lines = path.read_text(encoding="utf-8").splitlines()
    return _parsed(lines[-1]) if lines else None


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        told = json.loads(line)
    except ValueError:
        return None
    return told if isinstance(told, dict) and "heads" in told else None


def _mac(key: bytes, told: dict[str, Any]) -> str:
    return hmac.new(key, b"anchor " + json.dumps(told, sort_keys=True).encode(), sha256).hexdigest()
