"""Grammar rules: patterns of words and classes, compiled for spaCy's matcher, that yield values."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from spacy.matcher import Matcher

from bot.nlu.lexemes import CLOCK, DATE, MONEY, NUMBER, ORDINAL, SYMBOL, YEAR
from bot.nlu.lexer import Lexed, Lexer

_KINDS = {
    "number": [NUMBER, YEAR, MONEY],
    "ordinal": [ORDINAL],
    "year": [YEAR],
    "numeric_date": [DATE],
    "clock": [CLOCK],
    "symbol": [SYMBOL],
    "money": [MONEY],
}


@dataclass(frozen=True)
class Found:
    """A rule's match: token places (first, behind the last), and the values its classes captured."""

    start: int
    end: int
    values: dict[str, Any]
    rule: "Rule"


@dataclass(frozen=True)
class Rule:
    """One pattern of a grammar; see the head of `grammar/en.yml`."""

    match: str
    value: dict[str, Any] | None
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, entry: dict[str, Any]) -> "Rule":
        """Reads a rule from a grammar file's entry."""
        options = {key: value for key, value in entry.items() if key not in ("match", "value")}
        return cls(entry["match"], entry.get("value"), options)


class Rules:
    """The rules for one kind of value, ready to match."""

    def __init__(
        self,
        lexer: Lexer,
        rules: Iterable[Rule],
        words: dict[str, dict[str, Any]],
        accept: Callable[["Found", Lexed], bool],
    ) -> None:
        """Compiles rules; `accept` says whether a match has values that make sense, before the longest is chosen."""
        self._words, self._accept = words, accept
        self._rules = list(rules)
        self._matcher = Matcher(lexer.vocab, validate=False)
        self._captures: list[list[tuple[str, str] | None]] = []
        for number, rule in enumerate(self._rules):
            pattern, captures = self._compile(rule.match)
            self._matcher.add(str(number), [pattern])
            self._captures.append(captures)

    def find(self, lexed: Lexed) -> list[Found]:
        """Returns the longest matches that do not overlap, in order."""
        found = []
        strings = lexed.doc.vocab.strings
        matches: list[Any] = self._matcher(lexed.doc, with_alignments=True)  # spaCy's types know triples only
        for key, start, end, alignment in matches:
            number = int(strings[key])
            values = self._values(lexed, start, alignment, self._captures[number])
            match = Found(start, end, values, self._rules[number])
            if self._accept(match, lexed):
                found.append(match)
        return longest(found)

    def _compile(self, text: str) -> tuple[list[dict[str, Any]], list[tuple[str, str] | None]]:
        pattern: list[dict[str, Any]] = []
        captures: list[tuple[str, str] | None] = []
        for element in text.split():
            optional = element.endswith("?") and len(element) > 1
            body = element[:-1] if optional else element
            token: dict[str, Any]
            if body.startswith("<"):
                name, _, store = body[1:-1].partition(":")
                token = {"TAG": {"IN": _KINDS[name]}} if name in _KINDS else {"LOWER": {"IN": list(self._words[name])}}
                captures.append((name, store or name))
            else:
                token = {"LOWER": {"IN": body.split("|")}}
                captures.append(None)
            if optional:
                token["OP"] = "?"
            pattern.append(token)
        return pattern, captures

    def _values(
        self, lexed: Lexed, start: int, alignment: list[int], captures: list[tuple[str, str] | None]
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for offset, element in enumerate(alignment):
            capture = captures[element]
            if capture:
                token = lexed.tokens[start + offset]
                word = token.text.lower()
                values[capture[1]] = token.value if capture[0] in _KINDS else self._words[capture[0]][word]
        return values


def longest(found: list[Found]) -> list[Found]:
    """Keeps the longest of overlapping matches; of equally long ones, the one with more captured values."""
    kept: list[Found] = []
    for match in sorted(found, key=lambda f: (f.start - f.end, -len(f.values), f.start)):
        if all(match.end <= other.start or other.end <= match.start for other in kept):
            kept.append(match)
    return sorted(kept, key=lambda f: f.start)
