"""Everything that can be read off a Chinese sentence by grammar, as Rasa's entity dictionaries."""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from bot.nlu import temporal
from bot.nlu.chinese_numbers import ChineseNumbers
from bot.nlu.chinese_people import ChineseNames
from bot.nlu.chinese_places import ChineseAddresses
from bot.nlu.chinese_rules import ChineseRules, Found
from bot.nlu.contact import Code, CodeFinder

_NUMERIC_DATE = re.compile(
    r"(?<![\d./-])(?:\d{1,4}([-/.])\d{1,2}\1\d{1,4}|\d{1,2}[/-]\d{1,2})(?![\d/-]|\.\d)|(?<![\d.])\d{1,2}\.\d{1,2}[号日]"
)
_RUN_OF_DATE = re.compile(r"(?<![\dA-Za-z-])((?:19|20)\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?!\d)")
_SPOKEN = "零〇一二两三四五六七八九幺"
_SAID_ONE_BY_ONE = re.compile(rf"[{_SPOKEN}](?:[,\s、-]?[{_SPOKEN}]){{6,}}")
_ASCII = str.maketrans(_SPOKEN, "0012234567891") | {ord(","): " ", ord("、"): " "}
_LARGE = {"万": 10**4, "亿": 10**8}
_SPAN = "[一二两三四五六七八九十](?:年|个|天|次|辆|套|份)"
Entity = dict[str, Any]


class ChineseExtractor:
    """The grammar of Chinese; it takes folded sentences (see `bot.nlu.script.fold`)."""

    def __init__(self, grammar: Mapping[str, Any]) -> None:
        self._numbers = ChineseNumbers(grammar["numbers"])
        self._ignored = sorted(grammar["numbers"]["ignore"], key=len, reverse=True)
        self._measures = grammar["numbers"]["measures"]
        self._codes = CodeFinder(grammar["codes"])
        self._dates, self._times, self._amounts = (
            self._rules(grammar[section], grammar["macros"]) for section in ("dates", "times", "amounts")
        )
        self._parts = grammar["times"]["parts"]
        self._phrases, self._meanings = _phrases(grammar["phrases"])
        self._vehicle = _vehicle(grammar["vehicles"])
        self._ambiguous = set(grammar["vehicles"]["ambiguous"])
        self._addresses = ChineseAddresses(grammar["places"])
        self._names = ChineseNames(grammar["names"])
        self._number = re.compile(self._numbers.pattern, re.IGNORECASE)

    def codes(self, text: str, places: Sequence[Code] = ()) -> list[Code]:
        """Returns contract numbers, phone numbers and the like, also where digits are said one by one.

        `places` are addresses that were found in the Latin parts of the sentence.
        """
        said = _SAID_ONE_BY_ONE.sub(lambda match: match.group().translate(_ASCII), text)
        return self._codes.find(said, places)

    def readings(self, text: str) -> list[Entity]:
        """Returns every reading of a sentence, also ones that overlap; `value` None means understood, no value."""
        return [
            *self._temporal(text),
            *self._money(text),
            *self._words(text),
            *self._named(text),
            *self._plain_numbers(text),
        ]

    def _rules(self, section: Mapping[str, Any], macros: Mapping[str, str]) -> ChineseRules:
        entries = []
        for entry in section["patterns"]:
            match = entry["match"]
            for name, body in macros.items():
                match = match.replace(f"{{{name}}}", body)
            entries.append({**entry, "match": match})
        return ChineseRules(entries, section["words"], self._numbers)

    def _temporal(self, text: str) -> Iterator[Entity]:
        for found in self._dates.find(text):
            yield {**_entity(text, "date", found.start, found.end, _date_value(found)), **_shared(found)}
        for match in _NUMERIC_DATE.finditer(text):
            value = numeric_date(match.group())
            if value:
                yield _entity(text, "date", match.start(), match.end(), {"kind": "date", **value})
        for match in _RUN_OF_DATE.finditer(text):
            year, month, day = map(int, match.groups())
            value = {"kind": "date", "year": year, "month": month, "day": day}
            yield _entity(text, "date", match.start(), match.end(), value)
        for found in self._times.find(text):
            value = self._time_value(found, text)
            yield {**_entity(text, "time", found.start, found.end, value), **_shared(found)}

    def _time_value(self, found: Found, text: str) -> dict[str, Any]:
        value = {**(found.rule.value or {}), **_plain(found.values)}
        clock = re.search(r"(\d{1,2}):(\d{2})", text[found.start : found.end])
        if clock:
            value |= {"hour": int(clock.group(1)), "minute": int(clock.group(2))}
            value |= {"exact": True} if len(clock.group(1)) == 2 and clock.group(1)[0] == "0" else {}
        if "until" in value:
            value |= {"minute": 60 - value.pop("until"), "hour": (value["hour"] - 1) % 24}
        part = value.get("part")
        if part and "hour" in value:
            del value["part"]
            if value["hour"] <= 12:
                value["half"] = "am" if value["hour"] in self._parts[part]["am"] else "pm"
        return value

    def _money(self, text: str) -> Iterator[Entity]:
        for found in self._amounts.find(text):
            said = {**(found.rule.value or {}), **found.values}
            value = None
            if found.rule.value is not None:
                amount = Decimal(said.get("amount", 0)) + Decimal(said.get("tenths", 0)) / 10
                value = temporal.plain_number(amount + Decimal(said.get("hundredths", 0)) / 100)
            entity = _entity(text, "amount_of_money", found.start, found.end, value)
            yield {**entity, "currency": said["currency"]} if value is not None and said.get("currency") else entity

    def _words(self, text: str) -> Iterator[Entity]:
        for match in self._phrases.finditer(text):
            entity, value = self._meanings[match.group()]
            yield _entity(text, entity, match.start(), match.end(), value)
        for match in self._vehicle.finditer(text):
            if match.group() not in self._ambiguous:
                yield _entity(text, "vehicle", match.start(), match.end(), match.group())

    def _named(self, text: str) -> Iterator[Entity]:
        for start, end in self._addresses.find(text):
            yield _entity(text, "address", start, end, text[start:end])
        for start, end in self._names.find(text):
            yield _entity(text, "person_name", start, end, text[start:end])

    def _plain_numbers(self, text: str) -> Iterator[Entity]:
        for word in self._ignored:
            for match in re.finditer(re.escape(word), text):
                yield _entity(text, "ignore", match.start(), match.end(), None)
        for match in self._number.finditer(text):
            read = self._numbers.read(match.group())
            if read is None or read.digits == 2 or not self._counts(text, match):
                continue
            start, end, value = match.start(), match.end(), read.value
            if re.fullmatch(f"{_SPAN}.*", text[end - 1 :]) and match.group()[-2:-1] in _LARGE:
                end -= 1  # "一百二十万一年": the last 一 counts the years
                shorter = self._numbers.read(text[start:end])
                value = shorter.value if shorter else value
            half = re.match("个半([万亿])?(?!月)", text[end:])
            if half:
                scale = _LARGE.get(half.group(1), 1)
                end, value = end + len(half.group()), (value + Decimal("0.5")) * scale
            elif text[end : end + 2] == "个亿":
                end, value = end + 2, value * 10**8
            yield _entity(text, "number", start, end, temporal.plain_number(value))

    def _counts(self, text: str, match: re.Match[str]) -> bool:
        """Whether a number is one: a single character with a measure word or alone; none behind 第 or in a word."""
        said, before, behind = match.group(), text[: match.start()], text[match.end() :]
        if before.endswith("第") or re.search(r"[A-Za-z]-?$", before):
            return False
        if said[0].isdigit() or len(said) > 1:
            return not re.match(r"[A-Za-z]", behind)
        alone = not re.search(r"\w", before + behind)
        return alone or said in "俩仨" or (said != "一" and re.match(self._measures, behind) is not None)


def numeric_date(said: str) -> dict[str, Any] | None:
    """Returns the partial date of "2026-11-03", "85.11.02", "11/3/2026" or "9/14"; a year comes first if it can."""
    written = re.split(r"[-/.]", said.rstrip("号日"))
    parts, lengths = list(map(int, written)), list(map(len, written))
    value: dict[str, Any]
    if len(parts) == 2:
        value = {"month": parts[0], "day": parts[1]}
    elif lengths[0] != 3 and lengths[2] <= 2 and (lengths[0] == 4 or parts[0] > 12 or "." in said):
        value = {"year": parts[0], "month": parts[1], "day": parts[2]}
    elif lengths[0] <= 2 and lengths[2] in (2, 4):
        value = {"year": parts[2], "month": parts[0], "day": parts[1]}
    else:
        return None
    return value if 1 <= value["month"] <= 12 and 1 <= value["day"] <= 31 else None


def _date_value(found: Found) -> dict[str, Any] | None:
    if found.rule.value is None:
        return None
    value = {**found.rule.value}
    for name, said in _plain(found.values).items():
        if isinstance(said, dict):
            value.update(said)
        elif not (found.rule.options.get("keep") and name in value):
            value[name] = said * found.rule.options.get("sign", 1) if name == "count" else said
    if not value.get("days"):
        value.pop("days", None)
    return value


def _shared(found: Found) -> Entity:
    return {"_shared": True} if found.rule.options.get("shared") else {}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: int(value) if isinstance(value, Decimal) else value for name, value in values.items()}


def _entity(text: str, name: str, start: int, end: int, value: Any) -> Entity:
    return {"entity": name, "start": start, "end": end, "value": value, "text": text[start:end]}


def _phrases(table: Mapping[str, Any]) -> tuple[re.Pattern[str], dict[str, tuple[str, Any]]]:
    meanings: dict[str, tuple[str, Any]] = {phrase: ("ignore", None) for phrase in table["ignore"]}
    for entity, values in table.items():
        if entity != "ignore":
            meanings.update({phrase: (entity, value) for value, phrases in values.items() for phrase in phrases})
    return re.compile("|".join(sorted(map(re.escape, meanings), key=len, reverse=True))), meanings


def _vehicle(table: Mapping[str, Any]) -> re.Pattern[str]:
    makes, models = (
        "|".join(sorted(map(re.escape, table[name]), key=len, reverse=True)) for name in ("makes", "models")
    )
    model = rf"(?:{models})|\s?[A-Za-z]{{1,6}}[-\s]?\d{{1,4}}[A-Za-z]{{0,2}}|\s?[A-Za-z]{{1,6}}|\s?\d{{1,3}}系"
    year = r"(?:(?:19|20)?\d{2}(?:年|款|年款|年的|款的|年产的?)\s?)?"
    long_models = "|".join(re.escape(name) for name in table["models"] if len(name) > 1)
    return re.compile(rf"{year}(?:(?:{makes})(?:{model})?|(?:{long_models}))")
