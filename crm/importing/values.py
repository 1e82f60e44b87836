"""Cells turned into values: dates, amounts, phones, choices, as people and other systems write them."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

from pydantic import BeforeValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from crm import normalise
from crm.importing.mapping import synonyms

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*[-/.]\s*(\d{4})")
_CLOCK = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$")
_IN_WORDS = ("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d, %Y", "%d-%b-%Y", "%B %d %Y", "%b %d %Y")
_AMOUNT = re.compile(r"[-+]?(\d[\d.,' ]*)(万)?")
_CURRENCY = re.compile(r"(?i)\b(?:USD|EUR|GBP|CNY|RMB|HKD)\b|[$€£¥￥元\u00a0\u202f]")
_WHOLE_PHONE = re.compile(r"\+1[2-9][0-9]{9}|\+861[3-9][0-9]{9}")
_PHONE_NOISE = re.compile(r"(?i)(?:ext\.?|x|#)\s*\d{1,6}$")
_DEFUSED = re.compile(r"'[=+\-@\t\r]")
MOST_MINOR = 10**15


@dataclass(frozen=True, slots=True)
class Conventions:
    """How one file writes what it holds, and the day it is read on.

    Attributes:
        values: by field, what the file says in lower case and what it means.
    """

    today: date
    dates: str = "strict"
    decimal: str = "auto"
    region: str = normalise.DEFAULT_REGION
    values: dict[str, dict[str, str]] = field(default_factory=dict)


def plain_text(cell: Any) -> str:
    """A cell as text: whole numbers without a fraction, days without a time, no control characters.

    Raises:
        PydanticCustomError: it is not valid Unicode, or neither text nor a number nor a day.
    """
    if not isinstance(cell, str):
        return _typed_text(cell)
    text = cell
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _wrong("text", "is not valid Unicode") from None
    if not text.isprintable():
        text = _CONTROLS.sub("", text)
    text = text.strip(" \t\r\n\u3000\ufeff\u00a0")
    return text[1:] if text.startswith("'") and _DEFUSED.match(text) else text


def _typed_text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int | Decimal):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime) and cell.time() == time(0):
        return cell.date().isoformat()
    if isinstance(cell, date | datetime | time):
        return cell.isoformat()
    raise _wrong("text", "is not text" if isinstance(cell, bytes) else "is neither text nor a number nor a day")


def day(cell: Any, info: ValidationInfo) -> date:
    """A calendar day."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = unicodedata.normalize("NFKC", plain_text(cell)).strip()
    if _CLOCK.search(text):
        text = _CLOCK.sub("", text)
    try:
        return _year_first(text) or _year_last(text, _conventions(info).dates) or _in_words(text)
    except ValueError:
        raise _wrong("day", "is not a day of the calendar") from None


def birth_day(cell: Any, info: ValidationInfo) -> date:
    """A day on which somebody alive may have been born."""
    value = day(cell, info)
    today = _conventions(info).today
    if not today.year - 125 <= value.year or value > today:
        raise _wrong("birth_day", "is not a day somebody alive was born on")
    return value


def amount(cell: Any, info: ValidationInfo) -> int:
    """An amount of money, in minor units."""
    if isinstance(cell, bool):
        raise _wrong("amount", "is not an amount")
    if isinstance(cell, int | float | Decimal):
        number = Decimal(str(cell))
    else:
        number = _decimal(plain_text(cell), _conventions(info).decimal)
    if not number.is_finite() or not 0 <= number * 100 <= MOST_MINOR:
        raise _wrong("amount", "is not an amount that can be")
    return int((number * 100).to_integral_value())


def phone(cell: Any, info: ValidationInfo) -> str:
    """A phone number in E.164 form."""
    text = plain_text(cell)
    if _WHOLE_PHONE.fullmatch(text):
        return text  # as `normalise.phone` would say, in a twentieth of its time
    number = normalise.phone(_PHONE_NOISE.sub("", text), _conventions(info).region)
    if number is None:
        raise _wrong("phone", "is not a phone number")
    return number


def email(cell: Any) -> str:
    """An e-mail address in lower case."""
    text = plain_text(cell)
    address = normalise.email(text)
    if address is None or len(text) > 200 or any(character in address for character in ' ,;<>()"\t\n'):
        raise _wrong("email", "is not an e-mail address")
    return address


def reference(read: Callable[[str], str | None]) -> BeforeValidator:
    """A number of ours, such as a policy's, in its one spelling."""

    def number(cell: Any) -> str:
        found = read(plain_text(cell))
        if found is None:
            raise _wrong("number", "is not a number of the form used here")
        return found

    return BeforeValidator(number)


def choice(name: str, members: tuple[str, ...]) -> BeforeValidator:
    """One of `members`, also under the names that `synonyms.toml` and the mapping know."""

    def chosen(cell: Any, info: ValidationInfo) -> str:
        text = unicodedata.normalize("NFKC", plain_text(cell)).casefold()
        text = _conventions(info).values.get(info.field_name or "", {}).get(text, text)
        value = _meanings(name, members).get(text)
        if value is None:
            raise _wrong("choice", f"is none of {', '.join(members)}")
        return value

    return BeforeValidator(chosen)


def yes_or_no(cell: Any, info: ValidationInfo) -> bool:
    """Whether."""
    text = unicodedata.normalize("NFKC", plain_text(cell)).casefold()
    text = _conventions(info).values.get(info.field_name or "", {}).get(text, text)
    value = _meanings("yes_no", ("yes", "no")).get(text)
    if value is None:
        raise _wrong("choice", "is neither yes nor no")
    return value == "yes"


@cache
def _meanings(name: str, members: tuple[str, ...]) -> dict[str, str]:
    known = synonyms()["values"].get(name, {})
    return {spelling: member for member in members for spelling in (member, *known.get(member, ()))}


def _year_first(text: str) -> date | None:
    found = _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text)
    return date(int(found[1]), int(found[2]), int(found[3])) if found else None


def _year_last(text: str, order: str) -> date | None:
    found = _YEAR_LAST.fullmatch(text)
    if not found:
        return None
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    day_first = order == "day-first" or first > 12 or (found[2] == "." and order != "month-first")
    if not day_first and order == "strict" and second <= 12 and first != second:
        raise _wrong("day", "can be meant day first or month first; say `dates:` in the mapping")
    return date(year, second, first) if day_first else date(year, first, second)


def _in_words(text: str) -> date:
    for form in _IN_WORDS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 (a day has no time zone)
        except ValueError:
            continue
    raise _wrong("day", "is not a day in a form that is known")


def _decimal(text: str, mark: str) -> Decimal:
    text = _CURRENCY.sub("", unicodedata.normalize("NFKC", text)).strip()
    found = _AMOUNT.fullmatch(text)
    if not found or text.startswith("-"):
        raise _wrong("amount", "is not an amount")
    digits = found[1].replace(" ", "").replace("'", "")
    if mark == "auto":
        mark = _decimal_mark(digits)
    digits = digits.replace("." if mark == "," else ",", "").replace(mark, ".")
    if digits.count(".") > 1 or len(digits) > 24:
        raise _wrong("amount", "is not an amount")
    return Decimal(digits) * (10_000 if found[2] else 1)


def _decimal_mark(digits: str) -> str:
    """The last of two different marks; a single comma groups thousands when three digits follow it."""
    if "," not in digits:
        return "." if digits.count(".") < 2 else ","
    if "." in digits:
        return max(".,", key=digits.rfind)
    return "." if digits.count(",") > 1 or len(digits) - digits.index(",") == 4 else ","


def _conventions(info: ValidationInfo) -> Conventions:
    return info.context  # type: ignore[return-value]


def _wrong(kind: str, message: str) -> PydanticCustomError:
    """Says what is wrong and never repeats the value."""
    return PydanticCustomError(f"import_{kind}", message)  # type: ignore[arg-type]
