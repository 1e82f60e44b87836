"""Rules of the business that somebody without Python may read and change, as TOML files beside this module."""

from functools import cache
from pathlib import Path
from typing import Any

import tomllib

from crm.domain import Line

_FOLDER = Path(__file__).parent


@cache
def table(name: str) -> dict[str, Any]:
    """The content of `<name>.toml`."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def claim_kinds(line: Line) -> tuple[str, ...]:
    """The kinds of incident a line knows."""
    return tuple(table("claims")[line.value])


def required_documents(line: Line, kind: str) -> tuple[str, ...]:
    """The documents a claim needs; those of `other` when the kind is not (or no longer) known."""
    kinds = table("claims")[line.value]
    return tuple(kinds.get(kind, kinds["other"]))
