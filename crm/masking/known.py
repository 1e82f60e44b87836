"""Values that the store holds of a customer, found in whatever form they are written."""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache

from crm.masking.spans import Span
from crm.masking.words import words

_POSTCODE = re.compile(r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}|\d{5,6}")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SHORTEST_LATIN, _SHORTEST_DIGITS = 2, 6
_GAP = r"[\s,.\-]{0,3}"


def find_known(text: str, known: Iterable[str]) -> list[Span]:
    """Every occurrence of a known value: names and lines in any case and spacing, numbers in any grouping, days in any
    of their usual forms."""
    return [
        Span(*match.span(), kind)
        for value in dict.fromkeys(entry.strip() for entry in known if entry)
        for kind, pattern in _patterns(value)
        for match in pattern.finditer(text)
    ]


@cache
def _patterns(value: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(_made(value))


def _made(value: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    try:
        yield "BIRTH_DATE", _day(date.fromisoformat(value))
        return
    except ValueError:
        pass
    digits = re.sub(r"\D", "", value)
    if len(digits) >= _SHORTEST_DIGITS and not re.search(r"[^\W\d_]", value):
        yield "PHONE", _number(digits)
    elif _CHINESE.search(value):
        if len(value) > 1:  # one character is a word of the language far more often than a name
            spaced = r"\s?".join(re.escape(character) for character in value if not character.isspace())
            yield _kind(value), re.compile(spaced)
    elif len(value) >= _SHORTEST_LATIN:
        parts = [re.escape(part) for part in re.split(r"[\s,.]+", value) if part]
        flags = re.NOFLAG if value.lower() in words()["names"]["also_words"] else re.IGNORECASE
        if parts:
            yield _kind(value), re.compile(rf"(?<!\w){_GAP.join(parts)}(?!\w)|(?<!\w){_GAP.join(parts)}(?=s\b)", flags)


def _kind(value: str) -> str:
    if "@" in value:
        return "EMAIL"
    if not re.search(r"\d", value):
        return "NAME"
    return "POSTCODE" if _POSTCODE.fullmatch(value) else "ADDRESS"


def _number(digits: str) -> re.Pattern[str]:
    """A number with or without what stands before the last nine digits: people leave out country codes and zeros."""
    tail = digits[-9:]
    head = "".join(rf"(?:{digit}[\s().\-]{{0,2}})?" for digit in digits[:-9])
    return re.compile(rf"(?<!\d)\+?(?:\(?0\)?\s?)?{head}" + r"[\s().\-]{0,2}".join(tail) + r"(?!\d)")


def _day(day: date) -> re.Pattern[str]:
    month_words = "|".join((day.strftime("%B"), day.strftime("%b")))
    d, m, y = f"0?{day.day}", f"0?{day.month}", str(day.year)
    ordinal = r"(?:st|nd|rd|th)?"
    forms = (
        rf"{y}[-/. ]{m}[-/. ]{d}",
        rf"{d}[-/. ]{m}[-/. ](?:{y}|{y[2:]})",
        rf"{m}[-/. ]{d}[-/. ](?:{y}|{y[2:]})",
        rf"{y}\s?年\s?{m}\s?月\s?{d}\s?[日号]?",
        rf"{d}{ordinal}(?:\s+of)?\s+(?:{month_words})\.?,?\s+{y}",
        rf"(?:{month_words})\.?\s+{d}{ordinal},?\s+{y}",
        f"{y}{day.month:02}{day.day:02}",
    )
    return re.compile(rf"(?<!\d)(?:{'|'.join(forms)})(?!\d)", re.IGNORECASE)
