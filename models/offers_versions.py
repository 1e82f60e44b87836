"""The versions of the offers' models in one folder, and the file that names the one in use.

offers/current                     the name of the version in use, replaced as a whole
offers/versions/<name>/version.json, <line>/model.skops, card.json, figures.json, report.html
offers/drift.json                  how far the store has moved from what was learned from
"""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from crm.domain import Line
from models.errors import ArtefactError

OFFERS = Path("models/artefacts/offers")
CURRENT, VERSIONS, VERSION, DRIFT, CARD = "current", "versions", "version.json", "drift.json", "card.json"


def current(folder: Path) -> Path | None:
    """The folder of the version in use; None before the first."""
    try:
        name = (folder / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return folder / VERSIONS / name


def new(folder: Path, now: datetime) -> Path:
    """An empty folder for a version made now."""
    stem = now.strftime("%Y%m%dT%H%M%SZ")
    (folder / VERSIONS).mkdir(parents=True, exist_ok=True)
    for ending in ["", *(f"-{number}" for number in range(2, 1000))]:
        try:
            (folder / VERSIONS / f"{stem}{ending}").mkdir()
        except FileExistsError:
            continue
        return folder / VERSIONS / f"{stem}{ending}"
    raise ArtefactError(f"{folder / VERSIONS} holds a thousand versions of this second: look at the clock.")


def promote(folder: Path, version: Path) -> None:
    """Let `version` be the one in use."""
    replace(folder / CURRENT, f"{version.name}\n")


def rollback(folder: Path) -> tuple[str, str]:
    """Go back to the version that was in use before this one; (from, to).

    Raises:
        ArtefactError: there is none, or it is not there any more.
    """
    now = current(folder)
    before = about(now).get("previous") if now else None
    if now is None or not before:
        raise ArtefactError(f"{folder} has no earlier version to go back to.")
    if not lines(folder / VERSIONS / before):
        raise ArtefactError(f"{folder / VERSIONS / before} holds no models: it cannot be gone back to.")
    promote(folder, folder / VERSIONS / before)
    return now.name, before


def describe(version: Path, facts: dict[str, Any]) -> None:
    """Write down how a version came to be: when, from what, after which one."""
    replace(version / VERSION, json.dumps(facts, ensure_ascii=False, indent=1))


def about(version: Path) -> dict[str, Any]:
    """What `describe` wrote; nothing for a version that was never finished."""
    try:
        found: dict[str, Any] = json.loads((version / VERSION).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found


def lines(version: Path) -> list[Line]:
    """The lines a version has a model of."""
    return [line for line in Line if (version / line.value / CARD).is_file()]


def replace(path: Path, text: str) -> None:
    """Write a file that is there either as it was or as it shall be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
