"""Postal addresses of the English-speaking world: "14 Elm St apt 2, Springfield 62704", "Flat 3, 10 Downing Street"."""

import re
from collections.abc import Mapping
from typing import Any

from bot.nlu.contact import Code, postcode

_POSTCODE = re.compile(
    r",?\s{0,2}(?P<code>\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2})(?![\w-])", re.I | re.ASCII
)


class AddressFinder:
    """Finds addresses by the kinds of streets and dwellings of a grammar.

    An address ends before its postcode, which is a value of its own.
    """

    def __init__(self, places: Mapping[str, Any]) -> None:
        streets, dwellings = _either(places["street"]), _either(places["dwelling"])
        word = rf"(?!(?:{_either(places['no_name'])})\b)(?:[A-Za-z][\w'’.-]*|\d{{1,3}}(?:st|nd|rd|th))"
        number = r"(?<![\w.,:/$£€#-])\d{1,5}[A-Za-z]?(?:-\d{1,4})?(?:\s1/2)?"
        dwelling = rf"(?:(?:{dwellings})\.?\s?#?\s?\d{{1,5}}[A-Za-z]?|(?:{dwellings})\.?\s[A-Za-z](?!\w)|#\s?\w{{1,5}})"
        street = rf"{number},?\s(?:{word}\s){{1,4}}?(?:{streets})(?!\w)\.?(?:\s(?:[NS][EW]?|[EW])(?!\w))?"
        box = r"p\.?\s?o\.?\s?box\s\d{1,6}"
        self._line = re.compile(
            rf"(?:(?<!\w)(?:{dwelling}),?\s)?(?:{street})(?:,?\s{dwelling})?|(?<!\w){box}", re.IGNORECASE | re.ASCII
        )
        town = r"[A-Z][\w'’.-]*(?:\s[A-Z][\w'’.-]*){0,3}"
        state = rf"(?:{'|'.join(places['states'])})(?!\w)"
        # A town is written with a capital; in lower case it counts only between a comma and a postcode.
        small = r"[a-z][a-z'’.-]+(?:\s[a-z][a-z'’.-]+){0,2}"
        self._town = re.compile(
            rf",?\s(?:in\s)?{town}(?:,?\s{state})?(?=,?\s{{1,2}}(?:\d{{5}}|[A-Z]{{1,2}}\d))"
            rf"|,\s{town}(?:,?\s{state})?(?!\w)(?=\s*(?:$|[^\s\w]))"
            rf"|,\s{small}(?:,?\s(?i:{state}))?(?=,?\s{{1,2}}(?:\d{{5}}(?!\d)|[A-Za-z]{{1,2}}\d))",
            re.ASCII,
        )
        self._not_towns = {word.lower() for word in places["no_town"]}

    def find(self, text: str) -> list[Code]:
        """Returns the addresses of a sentence, each followed by its postcode where it has one."""
        found = []
        for match in self._line.finditer(text):
            end = match.end()
            while (town := self._town.match(text, end)) and self._is_town(town.group()):
                end = town.end()
            found.append(Code("address", match.start(), end, text[match.start() : end]))
            behind = _POSTCODE.match(text, end)
            if behind:
                found.append(Code("postcode", *behind.span("code"), postcode(behind.group("code"))))
        return found

    def _is_town(self, said: str) -> bool:
        return said.strip(" ,").split()[0].lower() not in self._not_towns


def _either(words: list[str]) -> str:
    return "|".join(sorted(map(re.escape, map(str, words)), key=len, reverse=True))
