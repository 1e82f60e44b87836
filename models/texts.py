"""The words of the reports, from `locale/<language>.yml`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).parent / "locale"
LANGUAGES = tuple(sorted(path.stem for path in _FOLDER.glob("*.yml")))


def text(language: str, key: str, **values: Any) -> str:
    """The text named by a dotted key, with values filled in. Raises KeyError for an unknown key."""
    node: Any = _words(language)
    for part in key.split("."):
        node = node[part]
    return str(node).format(**values)


def words(language: str) -> dict[str, Any]:
    """All texts of a language, for templates."""
    return _words(language)


def finding(language: str, found: dict[str, Any]) -> str:
    """One finding of `models.checks` as a sentence."""
    return text(language, f"findings.{found['code']}", column=found["column"], **found["facts"])


def algorithm(language: str, card: Mapping[str, Any]) -> str:
    """The algorithm of a model's card; of a blend, with what it is blended from."""
    members = [member["name"] for member in card["parameters"].get("members", ())]
    return text(language, "report.blend_of", members=", ".join(members)) if members else str(card["algorithm"])


@cache
def _words(language: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((_FOLDER / f"{language}.yml").read_text(encoding="utf-8"))
    return loaded
