"""Grammar rules for Chinese: regular expressions with named classes, for a script without spaces.

In a pattern `{number:day}` is a number kept under `day`, and `{weekday}` any key of that word table, its value kept
under the table's name. A group `(?P<it>...)` is the part of the match that is the entity.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bot.nlu.chinese_numbers import ChineseNumbers, Read

_PLACE = re.compile(r"\{([a-z_]+)(?::([a-z_]+))?\}")
_YEARS = ("year",)
_LIMITS = {
    "month": (1, 12),
    "day": (1, 31),
    "hour": (0, 24),
    "minute": (0, 59),
    "until": (1, 59),
    "year": (0, 2200),
    "count": (0, 1000),
    "tenths": (0, 9),
    "hundredths": (0, 9),
}


@dataclass(frozen=True)
class Found:
    """A rule's match: first and last character, the rule, and what its classes captured."""

    start: int
    end: int
    values: dict[str, Any]
    rule: "Rule"


@dataclass(frozen=True)
class Rule:
    """A compiled pattern.

    Attributes:
        value: what every match means; None where it is understood but has no value.
        options: `sign: -1` turns a count around, `clipped` demands a number whose last unit was left out, `shared` lets
            a date and a time have the same words, `day_part` of a time.
    """

    pattern: re.Pattern[str]
    captures: dict[str, tuple[str, str]]
    value: Mapping[str, Any] | None
    options: Mapping[str, Any] = field(default_factory=dict)


class ChineseRules:
    """The rules for one kind of value."""

    def __init__(
        self, entries: Iterable[Mapping[str, Any]], words: Mapping[str, Mapping[Any, Any]], numbers: ChineseNumbers
    ) -> None:
        self._numbers = numbers
        self._words = {name: {str(key): value for key, value in table.items()} for name, table in words.items()}
        self._rules = [self._compile(entry) for entry in entries]

    def find(self, text: str) -> list[Found]:
        """Returns the longest matches that do not overlap, in order."""
        found = sorted(self._all(text), key=lambda match: (match.start - match.end, match.start))
        kept: list[Found] = []
        for match in found:
            if all(match.end <= other.start or other.end <= match.start for other in kept):
                kept.append(match)
        return sorted(kept, key=lambda match: match.start)

    def _all(self, text: str) -> Iterator[Found]:
        for rule in self._rules:
            for match in rule.pattern.finditer(text):
                values = self._values(rule, match)
                if values is not None:
                    start, end = match.span("it") if "it" in rule.pattern.groupindex else match.span()
                    yield Found(start, end, values, rule)

    def _values(self, rule: Rule, match: re.Match[str]) -> dict[str, Any] | None:
        values: dict[str, Any] = {}
        for group, (table, name) in rule.captures.items():
            said = match.group(group)
            if said is None:
                continue
            if table != "number":
                values[name] = self._words[table][said]
                continue
            read = self._numbers.read(said)
            if read is None or not _sensible(name, read) or (rule.options.get("clipped") and not read.clipped):
                return None
            values[name] = read.value
        return values

    def _compile(self, entry: Mapping[str, Any]) -> Rule:
        captures: dict[str, tuple[str, str]] = {}

        def place(match: re.Match[str]) -> str:
            table, name = match.group(1), match.group(2) or match.group(1)
            group = f"g{len(captures)}"
            captures[group] = (table, name)
            keys = sorted(map(re.escape, self._words.get(table, ())), key=len, reverse=True)
            return f"(?P<{group}>{self._numbers.pattern if table == 'number' else '|'.join(keys)})"

        pattern = re.compile(_PLACE.sub(place, entry["match"]), re.IGNORECASE)
        options = {key: value for key, value in entry.items() if key not in ("match", "value")}
        return Rule(pattern, captures, entry.get("value"), options)


def _sensible(name: str, read: Read) -> bool:
    if read.digits == 2 and name not in _YEARS:
        return False
    low, high = _LIMITS.get(name, (None, None))
    if low is None or high is None:
        return True
    return read.value == int(read.value) and Decimal(low) <= read.value <= Decimal(high)
