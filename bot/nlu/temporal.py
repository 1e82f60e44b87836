"""Dates, times and amounts of money: from matched rules to typed values."""

from decimal import Decimal
from typing import Any

from bot.nlu.lexer import Lexed
from bot.nlu.rules import Found

_WHOLE = ("day", "hour", "minute", "until", "count", "weeks", "year", "cents")


def sensible(found: Found, lexed: Lexed) -> bool:
    """Whether a match's numbers can be what the rule takes them for, and what follows allows it."""
    values, options = found.values, found.rule.options
    for name in _WHOLE:
        if isinstance(values.get(name), Decimal) and values[name] != int(values[name]):
            return False
    if not all(low <= values.get(name, low) <= high for name, low, high in _LIMITS):
        return False
    if options.get("digits") and not any(t.text[0].isdigit() for t in lexed.tokens[found.start : found.end]):
        return False
    return "next" not in options or _followed(found, lexed, options["next"])


_LIMITS = (
    ("day", 1, 31),
    ("hour", 0, 24),
    ("minute", 0, 59),
    ("until", 1, 59),
    ("cents", 0, 99),
    ("count", 0, 1000),
    ("weeks", 0, 60),
    ("year", 0, 2200),
)


def _followed(found: Found, lexed: Lexed, words: list[str]) -> bool:
    if found.end == len(lexed.tokens):
        return True
    token = lexed.tokens[found.end]
    return bool(token.kind) or token.text.lower() in words


def date_value(found: Found) -> dict[str, Any] | None:
    """Returns the partial date of a match (see `bot.values.dates`)."""
    if found.rule.value is None:
        return None
    value = {**found.rule.value, **_plain(found.values)}
    value.pop("weekday_named", None)
    value.update(value.pop("numeric_date", {}))
    for name in ("count", "weeks"):
        if name in value and "sign" in found.rule.options and name in found.values:
            value[name] *= found.rule.options["sign"]
    return value


def time_value(found: Found) -> dict[str, Any] | None:
    """Returns the partial time of a match (see `bot.values.times`)."""
    if found.rule.value is None:
        return None
    value = {**found.rule.value, **_plain(found.values)}
    value.update(value.pop("clock", {}))
    if "until" in value:
        value["minute"], value["hours"] = 60 - value.pop("until"), -1
    if "hour" in value:
        value["hour"] += value.pop("hours", 0)
        if value["hour"] <= 0 and "minute" in value and value["minute"]:
            value["hour"] = 12 if value["hour"] == 0 and found.values.get("hour") == 1 else value["hour"] % 24
        value.setdefault("minute", 0)
    if not value.get("exact"):
        value.pop("exact", None)
    return value


def amount_value(found: Found) -> tuple[int | float, str | None] | None:
    """Returns the amount and the currency's code, if one was named."""
    if found.rule.value is None:
        return None
    said = {**found.rule.value, **found.values}
    amount = Decimal(said.get("amount", 0))
    if "cents" in said:
        amount += Decimal(said["cents"]) / 100
    return plain_number(amount), said.get("currency")


def plain_number(value: Decimal | int) -> int | float:
    """Returns an int where the number is whole, else a float, ready for JSON."""
    return int(value) if value == int(value) else float(value)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: int(value) if isinstance(value, Decimal) else value for name, value in values.items()}
