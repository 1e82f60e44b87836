"""Everything that can be read off a sentence by grammar, as Rasa's entity dictionaries."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from spacy.matcher import PhraseMatcher

from bot.nlu import temporal
from bot.nlu.contact import Code, CodeFinder
from bot.nlu.lexer import MONEY, NUMBER, YEAR, Lexed, Lexer
from bot.nlu.people import NameFinder
from bot.nlu.places import AddressFinder
from bot.nlu.rules import Found, Rule, Rules
from bot.nlu.vehicles import VehicleFinder

FOLDER = Path(__file__).parent / "grammar"
_IGNORED = "ignore"
# Where two readings claim the same words the longer wins, then the earlier of these.
_ORDER = (
    "date",
    "time",
    "amount_of_money",
    "vehicle",
    "document_type",
    "coverage",
    "line_of_business",
    "person_name",
    "number",
)
Entity = dict[str, Any]


class Extractor:
    """The grammar of one language."""

    def __init__(self, grammar: dict[str, Any]) -> None:
        self._lexer = Lexer(grammar)
        self._codes = CodeFinder(grammar["codes"])
        follow = grammar["follow"]
        self._dates, self._times, self._amounts = (
            self._rules(grammar[section], follow) for section in ("dates", "times", "amounts")
        )
        self._phrases, self._meanings = self._phrase_matcher(grammar["phrases"])
        self._addresses, self._names = AddressFinder(grammar["places"]), NameFinder(grammar["names"])
        self._vehicles = VehicleFinder(grammar["vehicles"])

    def extract(self, text: str) -> list[Entity]:
        """Returns the entities of a sentence in order: entity, start, end, value, text and, with money, currency."""
        codes = self._codes.find(text, self.addresses(text))
        return choose(text, codes, self.readings(text, codes))

    def addresses(self, text: str) -> list[Code]:
        """Returns the postal addresses of a sentence, with their postcodes."""
        return self._addresses.find(text)

    def readings(self, text: str, codes: Sequence[Code]) -> list[Entity]:
        """Returns every reading of what is no code, also ones that overlap; see `choose`."""
        lexed = self._lexer.lex(text, [(code.start, code.end) for code in codes])
        names = (_entity(text, "person_name", start, end, text[start:end]) for start, end in self._names.find(text))
        free = (n for n in names if all(n["end"] <= code.start or code.end <= n["start"] for code in codes))
        return [*self._temporal(lexed), *self._money(lexed), *self._words(lexed), *free, *self._numbers(lexed)]

    def _rules(self, section: dict[str, Any], follow: list[str]) -> Rules:
        rules = []
        for entry in section["patterns"]:
            rule = Rule.read(entry)
            if "next" in rule.options:
                rule.options["next"] = follow
            rules.append(rule)
        return Rules(self._lexer, rules, section["words"], temporal.sensible)

    def _phrase_matcher(self, table: dict[str, Any]) -> tuple[PhraseMatcher, dict[str, tuple[str, str]]]:
        matcher = PhraseMatcher(self._lexer.vocab, attr="LOWER")
        meanings: dict[str, tuple[str, str]] = {}
        matcher.add(_IGNORED, [self._lexer.phrase(phrase) for phrase in table[_IGNORED]])
        for entity, values in table.items():
            if entity == _IGNORED:
                continue
            for value, phrases in values.items():
                key = f"{entity}/{value}"
                meanings[key] = (entity, value)
                matcher.add(key, [self._lexer.phrase(str(phrase)) for phrase in phrases])
        return matcher, meanings

    def _temporal(self, lexed: Lexed) -> Iterator[Entity]:
        for name, rules, value_of in (
            ("date", self._dates, temporal.date_value),
            ("time", self._times, temporal.time_value),
        ):
            for found in rules.find(lexed):
                entity = _from_rule(lexed, found, name, value_of(found))
                entity["_shared"] = found.rule.options.get("shared", False)
                yield entity

    def _money(self, lexed: Lexed) -> Iterator[Entity]:
        for found in self._amounts.find(lexed):
            read = temporal.amount_value(found)
            entity = _from_rule(lexed, found, "amount_of_money", read[0] if read else None)
            if read and read[1]:
                entity["currency"] = read[1]
            yield entity

    def _words(self, lexed: Lexed) -> Iterator[Entity]:
        strings = lexed.doc.vocab.strings
        for key, start, end in self._phrases(lexed.doc):
            entity, value = self._meanings.get(strings[key], (_IGNORED, None))
            first, last = lexed.tokens[start].start, lexed.tokens[end - 1].end
            yield _entity(lexed.text, entity, first, last, value)
        for start, end, value in self._vehicles.find(lexed):
            yield _entity(lexed.text, "vehicle", start, end, value)

    def _numbers(self, lexed: Lexed) -> Iterator[Entity]:
        for token in lexed.tokens:
            if token.kind in (NUMBER, YEAR, MONEY) and not token.text.startswith(("'", "’")):
                yield _entity(lexed.text, "number", token.start, token.end, temporal.plain_number(token.value))


@lru_cache(maxsize=4)
def extractor_for(language: str) -> Extractor:
    """Returns the extractor of a language; raises `FileNotFoundError` when it has no grammar."""
    return Extractor(yaml.safe_load((FOLDER / f"{language}.yml").read_text("utf-8")))


def choose(text: str, codes: Sequence[Code], readings: Iterable[Entity]) -> list[Entity]:
    """Returns the entities of a sentence in order, given its codes and all readings of the rest."""
    found = [_entity(text, code.entity, code.start, code.end, code.value) for code in codes]
    return sorted([*found, *_resolve(readings)], key=lambda entity: (entity["start"], entity["end"]))


def _entity(text: str, name: str, start: int, end: int, value: Any) -> Entity:
    return {"entity": name, "start": start, "end": end, "value": value, "text": text[start:end]}


def _from_rule(lexed: Lexed, found: Found, name: str, value: Any) -> Entity:
    skipped = found.start + found.rule.options.get("skip", 0)
    return _entity(lexed.text, name, lexed.tokens[skipped].start, lexed.tokens[found.end - 1].end, value)


def _resolve(readings: Iterable[Entity]) -> list[Entity]:
    """Chooses among overlapping readings; a date and a time may share words ("this morning")."""

    def rank(entity: Entity) -> tuple[int, int]:
        order = _ORDER.index(entity["entity"]) if entity["entity"] in _ORDER else -1
        return entity["start"] - entity["end"], order

    kept: list[Entity] = []
    for reading in sorted(readings, key=rank):
        if all(_compatible(reading, other) for other in kept):
            kept.append(reading)
    for entity in kept:
        entity.pop("_shared", None)
    return [entity for entity in kept if entity["entity"] != _IGNORED and entity["value"] is not None]


def _compatible(one: Entity, other: Entity) -> bool:
    if one["end"] <= other["start"] or other["end"] <= one["start"]:
        return True
    kinds = {one["entity"], other["entity"]}
    return kinds == {"date", "time"} and bool(one.get("_shared") or other.get("_shared"))
