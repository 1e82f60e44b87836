"""Policy and claim numbers, phone numbers, e-mail addresses and postcodes: things with a shape."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.values.codes import DIGITS, normalise

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)
_RUN = re.compile(r"(?<![\w/])(?<!\d[.,:])(?:\+|00)?\(?\d(?:[\s().-]{0,2}\d){4,16}(?!\d|[.,:/]\d)", re.ASCII)
_DATE = re.compile(r"(?<!\d)(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}([.-])\d{1,2}\1(?:\d{4}|\d{2}))(?!\d)")
_TRUNK_ZERO = re.compile(r"(?<=\d)\s?\(0\)")  # +44 (0)7700: dialled inside the country only
_SHORTEST_PHONE, _LONGEST_PHONE = 9, 15


@dataclass(frozen=True)
class Code:
    """A value with a shape, and its place in the sentence."""

    entity: str
    start: int
    end: int
    value: str


class CodeFinder:
    """Finds them by the prefixes, context words and postcode shapes of a grammar."""

    def __init__(self, table: dict[str, Any]) -> None:
        self._prefixes = {name: entry["prefix"] for name, entry in table.items() if "prefix" in entry}
        self._context = {
            name: re.compile("|".join(map(_word, entry["context"])), re.IGNORECASE)
            for name, entry in table.items()
            if "context" in entry
        }
        self._postcodes = [(re.compile(e["pattern"]), e.get("context", False)) for e in table["postcodes"]]
        self._written = [(name, prefix, _with_prefix(prefix)) for name, prefix in self._prefixes.items()]

    def find(self, text: str, places: Sequence[Code] = ()) -> list[Code]:
        """Returns the codes of a sentence in order, none overlapping another.

        Args:
            text: the sentence.
            places: addresses and the postcodes behind them, which come first.
        """
        found: list[Code] = list(places)
        for name, prefix, pattern in self._written:
            for match in pattern.finditer(text):
                value = normalise(match.group(), prefix)
                if value:
                    _add(found, Code(name, match.start(), match.end(), value))
        for match in _EMAIL.finditer(text):
            _add(found, Code("email", match.start(), match.end(), match.group().lower()))
        self._add_postcodes(text, found, in_context=False)
        for match in _RUN.finditer(text):
            code = self._run(text, match)
            if code:
                _add(found, code)
        self._add_postcodes(text, found, in_context=True)
        return sorted(found, key=lambda code: code.start)

    def _add_postcodes(self, text: str, found: list[Code], in_context: bool) -> None:
        """Those whose shape says enough, or those that only the words around them tell from a number."""
        for pattern in (pattern for pattern, needs_context in self._postcodes if needs_context == in_context):
            for match in pattern.finditer(text):
                if not in_context or self._nearest_context(text, match.start(), match.end()) == "postcode":
                    _add(found, Code("postcode", match.start(), match.end(), postcode(match.group())))

    def _run(self, text: str, match: re.Match[str]) -> Code | None:
        """A run of digits: a contract number where the words around say so, else perhaps a phone number."""
        said, digits = match.group(), re.sub(r"\D", "", _TRUNK_ZERO.sub("", match.group()))
        if _DATE.search(said):
            return None
        context = self._nearest_context(text, match.start(), match.end())
        if len(digits) == DIGITS and context in self._prefixes:
            value = normalise(digits, self._prefixes[context])
            return Code(context, match.start(), match.end(), str(value))
        phone = _SHORTEST_PHONE <= len(digits) <= _LONGEST_PHONE
        if phone or (len(digits) >= DIGITS and context == "phone_number"):
            plus = "+" if said[0] == "+" or said.startswith("00") else ""
            start = match.start()
            return Code("phone_number", start, match.end(), plus + (digits[2:] if said.startswith("00") else digits))
        return None

    def _nearest_context(self, text: str, start: int, end: int) -> str | None:
        """The kind of code whose context word stands nearest: before, or else behind the digits."""
        before = {
            name: max((m.end() for m in pattern.finditer(text[:start])), default=-1)
            for name, pattern in self._context.items()
        }
        nearest = max(before, key=lambda name: before[name])
        if before[nearest] >= 0:
            return nearest
        behind = {name: m.start() for name, p in self._context.items() if (m := p.search(text, end))}
        return min(behind, key=lambda name: behind[name]) if behind else None


def _word(word: str) -> str:
    """A pattern for a word of its own; Chinese has no spaces around one."""
    return rf"(?<![A-Za-z0-9_]){re.escape(word)}(?![A-Za-z0-9_])" if word.isascii() else re.escape(word)


def _with_prefix(prefix: str) -> re.Pattern[str]:
    letters = r"[\s.-]?".join(prefix)
    return re.compile(
        rf"(?<![A-Za-z0-9]){letters}[\s#:.-]{{0,3}}\d(?:[\s.-]{{0,2}}\d){{{DIGITS - 1}}}(?!\d)", re.IGNORECASE
    )


def postcode(text: str) -> str:
    """Returns a postcode in its one spelling: "SW1A 1AA" for "sw1a1aa"."""
    compact = re.sub(r"\s", "", text).upper()
    return f"{compact[:-3]} {compact[-3:]}" if compact[0].isalpha() else compact


def _add(found: list[Code], code: Code) -> None:
    if all(code.end <= other.start or other.end <= code.start for other in found):
        found.append(code)
