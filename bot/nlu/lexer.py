"""Turns a sentence into tokens that grammar rules match: spaCy's words, with numbers, dates and clock times merged."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import spacy
from spacy.tokens import Doc

from bot.nlu.lexemes import CLOCK, CODE, DATE, MONEY, NUMBER, ORDINAL, SYMBOL, YEAR, Lexeme
from bot.nlu.numbers import NumberWords

_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_JOINTS = re.compile(r"[-/\u2010\u2011]")


@dataclass
class Lexed:
    """A sentence as tokens; `doc` carries each token's kind as its tag."""

    text: str
    tokens: list[Lexeme]
    doc: Doc


class Lexer:
    """Splits sentences for one language."""

    def __init__(self, grammar: dict[str, Any]) -> None:
        self._nlp = spacy.blank(grammar["language"])
        self._numbers = NumberWords(grammar["numbers"])
        self._symbols = {key.lower(): value for key, value in grammar["amounts"]["symbols"].items()}
        self._day_first = grammar["dates"]["day_first"]
        self._money_scales = set(grammar["numbers"]["money_scales"])
        self._suffixes = grammar["numbers"]["suffixes"]
        self._atoms = _atoms(grammar["numbers"], self._symbols)

    @property
    def vocab(self) -> Any:
        """The vocabulary that matchers over these tokens share."""
        return self._nlp.vocab

    def lex(self, text: str, taken: list[tuple[int, int]] | None = None) -> Lexed:
        """Splits a sentence; `taken` are places already understood otherwise (e-mail addresses, contract numbers)."""
        tokens: list[Lexeme] = []
        position = 0
        for start, end, token in self._pieces(text, taken or []):
            tokens += self._words(text, position, start)
            tokens.append(token)
            position = end
        tokens += self._words(text, position, len(text))
        tokens = [_as_year(token) for token in self._numbers.merge(tokens, text)]
        doc = Doc(self._nlp.vocab, words=[token.text.lower() for token in tokens])
        for token, place in zip(tokens, doc, strict=True):
            if token.kind:
                place.tag_ = token.kind
        return Lexed(text, tokens, doc)

    def phrase(self, text: str) -> Doc:
        """Returns a phrase of a word list split as sentences are, to match against `Lexed.doc`."""
        return Doc(self._nlp.vocab, words=[token.text.lower() for token in self._words(text, 0, len(text))])

    def _pieces(self, text: str, taken: list[tuple[int, int]]) -> list[tuple[int, int, Lexeme]]:
        pieces = [(start, end, Lexeme(text[start:end], start, end, CODE)) for start, end in taken]
        for match in self._atoms.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            token = self._atom(match)
            if token:
                pieces.append((match.start(), match.end(), token))
        return sorted(pieces, key=lambda piece: piece[0])

    def _atom(self, match: re.Match[str]) -> Lexeme | None:
        kind, said = str(match.lastgroup), match.group()
        here = (said, match.start(), match.end())
        if kind == DATE:
            value = numeric_date(said, self._day_first)
            return Lexeme(*here, DATE, value) if value else None
        if kind == CLOCK:
            hour, minute = re.split(r"[:.h]", said)
            return Lexeme(
                *here, CLOCK, {"hour": int(hour), "minute": int(minute), "exact": len(hour) == 2 and hour[0] == "0"}
            )
        if kind == YEAR:
            return Lexeme(*here, YEAR, int(said[1:]))
        if kind == ORDINAL:
            return Lexeme(*here, ORDINAL, int(re.match(r"\d+", said).group()))  # type: ignore[union-attr]
        if kind == SYMBOL:
            return Lexeme(*here, SYMBOL, self._symbols[said.lower()])
        return self._number(*here)

    def _number(self, said: str, start: int, end: int) -> Lexeme:
        digits = re.match(r"[\d,.]+", said).group()  # type: ignore[union-attr]
        suffix = said[len(digits) :].strip().lower()
        value = Decimal(digits.replace(",", "")) * self._suffixes.get(suffix, 1)
        return Lexeme(said, start, end, MONEY if suffix in self._money_scales else NUMBER, value)

    def _words(self, text: str, start: int, end: int) -> list[Lexeme]:
        # Hyphens and slashes join words of one phrase ("half-past", "31-Oct-1990"): they say nothing by themselves.
        piece = _JOINTS.sub(" ", text[start:end])
        words = []
        for token in self._nlp.tokenizer(piece):
            if not token.is_space:
                place = start + token.idx
                words.append(Lexeme(token.text, place, place + len(token.text)))
        return words


def numeric_date(said: str, day_first: bool) -> dict[str, Any] | None:
    """Returns the partial date of "2026-11-03", "03/05/1980" or "9/14", or None when it cannot be one."""
    parts = [int(part) for part in re.split(r"[/.-]", said)]
    lengths = [len(part) for part in re.split(r"[/.-]", said)]
    if lengths[0] == 4:
        year, month, day = parts
    else:
        first, second = parts[:2]
        month, day = (second, first) if (day_first or first > 12) and second <= 12 else (first, second)
        year = parts[2] if len(parts) == 3 else -1
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    value: dict[str, Any] = {"month": month, "day": day}
    if year >= 0:
        value["year"] = year
    if lengths[0] != 4 and month != day and day <= 12:
        value["either_order"] = True
    return value


def _as_year(token: Lexeme) -> Lexeme:
    whole = token.kind == NUMBER and token.value == int(token.value)
    if whole and _FIRST_YEAR <= token.value < _LAST_YEAR and "," not in token.text and "." not in token.text:
        return Lexeme(token.text, token.start, token.end, YEAR, int(token.value))
    return token


def _atoms(numbers: dict[str, Any], symbols: dict[str, str]) -> re.Pattern[str]:
    suffixes = "|".join(sorted(map(re.escape, numbers["suffixes"]), key=len, reverse=True))
    ordinal = "|".join(map(re.escape, numbers["ordinal_suffixes"]))
    signs = "|".join(sorted(map(re.escape, symbols), key=len, reverse=True))
    end = r"(?![\w])"
    return re.compile(
        rf"(?P<{DATE}>(?<![\d/.-])(?:\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{1,2}}([/.-])\d{{1,2}}\2(?:\d{{4}}|\d{{2}})|\d{{1,2}}/\d{{1,2}})(?![\d/-]))"
        rf"|(?P<{CLOCK}>(?<![\d.,])(?:\d{{1,2}}:\d{{2}}|\d{{1,2}}\.\d{{2}}(?=\s?[ap]\.?m)|\d{{1,2}}h\d{{2}}{end})(?!\d))"
        rf"|(?P<{ORDINAL}>(?<![\d.,])\d{{1,2}}(?:{ordinal}){end})"
        rf"|(?P<{YEAR}>(?<!\w)['’]\d\d{end})"
        rf"|(?P<{SYMBOL}>{signs})"
        rf"|(?P<{NUMBER}>(?<![\w])\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?(?:(?:{suffixes}){end})?|(?<![\w.])\d+(?:\.\d+)?(?:(?:{suffixes}){end})?)",
        re.IGNORECASE,
    )
