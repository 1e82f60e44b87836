"""What a turn tells of itself apart from its words: what the message was taken for, and what was done."""

from collections.abc import Iterable
from typing import Any

MOST_INTENTS = 3
_LISTEN = "action_listen"


def reading(events: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """Intent, confidence, the best intents and the actions of one turn's events; None without a customer's message.

    Nothing of the message itself is in it.
    """
    parsed: dict[str, Any] | None = None
    actions: list[str] = []
    for event in events:
        if event.get("event") == "user":
            parsed = event.get("parse_data") or {}
        elif event.get("event") == "action" and event.get("name") not in (None, _LISTEN):
            actions.append(str(event["name"]))
    if parsed is None:
        return None
    intent = parsed.get("intent") or {}
    ranking = parsed.get("intent_ranking") or [intent]
    return {
        "intent": intent.get("name"),
        "confidence": _rounded(intent),
        "ranking": [[each["name"], _rounded(each)] for each in ranking[:MOST_INTENTS] if each.get("name")],
        "actions": actions,
    }


def _rounded(intent: dict[str, Any]) -> float:
    return round(float(intent.get("confidence") or 0.0), 4)
