"""What a customer can mean, for whoever says what a message really was."""

from functools import cache
from pathlib import Path

import yaml

from crm.errors import InvalidInput
from crm.services.summaries import intent_title

DOMAIN = Path("domain.yml")
_OURS = frozenset({"attach_files", "nlu_fallback", "person_left"})  # made by the system, never said


def intents(language: str) -> list[tuple[str, str]]:
    """The intents of the bot's domain with their titles, in the order of the titles."""
    return sorted(((name, intent_title(language, name)) for name in _names()), key=lambda each: each[1].casefold())


def check(name: str) -> None:
    """Raise `InvalidInput` when nobody can mean this: what is accepted in the review becomes an example in a file."""
    if name not in _names():
        raise InvalidInput("right_intent", "The bot has no such intent.")


@cache
def _names() -> tuple[str, ...]:
    domain = yaml.safe_load(DOMAIN.read_text(encoding="utf-8"))
    listed = [each if isinstance(each, str) else next(iter(each)) for each in domain["intents"]]
    return tuple(name for name in listed if name not in _OURS)
