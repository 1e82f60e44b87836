"""Completes what a customer said about a time of day ("half past five", "in the morning").

A partial time is a JSON object: {"hour": 5, "minute": 30, "half"?: "am" | "pm"} or {"part": "morning"}.
"""

import json
from collections.abc import Mapping
from datetime import time
from typing import Any

_PARTS = {
    "early": time(6),
    "morning": time(9),
    "noon": time(12),
    "afternoon": time(15),
    "evening": time(19),
    "night": time(22),
    "midnight": time(0),
}


def complete(partial: Mapping[str, Any] | str | None, earliest: int = 7) -> time | None:
    """Returns the time of day that a partial time means.

    Args:
        partial: a partial time, as an object or as its JSON text.
        earliest: the hour from which an hour without am or pm is taken as it stands; an earlier one is meant in
            the afternoon ("half past five" is 17:30, "nine" is 09:00).

    Returns:
        The time; a part of the day gives its usual hour; None when there is no such time.
    """
    said = json.loads(partial) if isinstance(partial, str) else partial
    if not said:
        return None
    if "part" in said and "hour" not in said:
        return _PARTS.get(said["part"])
    hour, minute = said["hour"], said.get("minute", 0)
    half = said.get("half") or _half_of(said.get("part"), hour)
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    elif not half and 0 < hour < earliest and not said.get("exact"):
        hour += 12
    return time(hour, minute) if 0 <= hour < 24 and 0 <= minute < 60 else None


def _half_of(part: str | None, hour: int) -> str | None:
    if part in ("early", "morning"):
        return "am"
    if part == "night":
        return "pm" if 6 <= hour < 12 else "am"
    return "pm" if part in ("afternoon", "evening", "noon") else None
