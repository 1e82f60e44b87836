"""Which messages are commands, and how everything else is kept from becoming one."""

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from rasa.shared.constants import INTENT_MESSAGE_PREFIX
from rasa.shared.core.constants import USER_INTENT_BACK, USER_INTENT_RESTART, USER_INTENT_SESSION_START
from rasa.shared.core.domain import Domain

ATTACH_FILES = "/attach_files"

# Intents with which Rasa rewinds or wipes a conversation: only after a button of this conversation offered them.
REWINDING = frozenset({USER_INTENT_RESTART, USER_INTENT_BACK, USER_INTENT_SESSION_START})

# What the gateway tells rather than a customer says: no words are the right answer.
SILENT = frozenset({"person_left"})

_COMMAND = re.compile(r"/(?P<intent>[\w+.-]+)(?P<entities>\{.*\})?", re.DOTALL)
_SLASHES = frozenset("/\u2044\u2215\u29f8\uff0f\\\uff3c")
_INVISIBLE = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me"})


@dataclass(frozen=True)
class Command:
    """A checked command: `text` is its own spelling, `parse_data` what Rasa would have read from it."""

    text: str
    intent: str
    parse_data: dict[str, Any]

    @property
    def rewinds(self) -> bool:
        """Whether Rasa would rewind or wipe the conversation."""
        return self.intent in REWINDING

    @property
    def is_silent(self) -> bool:
        """Whether nothing is to be said to it."""
        return self.intent in SILENT


def neutral(text: str) -> str:
    """`text` so that Rasa cannot take it for a command, whatever stands before the slash.

    Rasa strips Unicode white space before it looks for a slash; tokenizers and normalisers may drop more than that.
    So everything invisible and every kind of slash is taken off the beginning. Surrogates that no database stores
    are replaced, inner text is left as it is.
    """
    kept = text.encode("utf-8", "replace").decode("utf-8")
    start = 0
    while start < len(kept) and _may_hide_command(kept[start]):
        start += 1
    return kept[start:].strip() or ("?" if kept.strip() else "")


def _may_hide_command(character: str) -> bool:
    return (
        character in _SLASHES
        or character.isspace()
        or unicodedata.category(character) in _INVISIBLE
        or unicodedata.normalize("NFKC", character).strip()[:1] in ("", INTENT_MESSAGE_PREFIX)
    )


def parse_command(command: str, domain: Domain) -> Command | None:
    """The command if it names an intent, and only entities, of the domain; None otherwise.

    Rasa's own parser would put the text of a command that it does not know into a warning, so it never sees one.
    """
    match = _COMMAND.fullmatch(command)
    if match is None or match["intent"] not in domain.intents:
        return None
    entities = _entities(match, domain)
    if entities is None:
        return None
    intent = {"name": match["intent"], "confidence": 1.0}
    parse_data = {"text": command, "intent": intent, "intent_ranking": [dict(intent)], "entities": entities}
    return Command(command, match["intent"], parse_data)


def _entities(match: "re.Match[str]", domain: Domain) -> list[dict[str, Any]] | None:
    if match["entities"] is None:
        return []
    try:
        given = json.loads(match["entities"])
    except (ValueError, RecursionError):
        return None
    if not set(given) <= set(domain.entities):
        return None
    start, end = match.span("entities")
    place = {"start": start, "end": end, "extractor": "RegexMessageHandler"}
    return [
        {"entity": name, "value": value, **place}
        for name, values in given.items()
        for value in (values if isinstance(values, list) else [values])
    ]
