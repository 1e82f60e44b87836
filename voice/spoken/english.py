"""English text as people say it. The rules stand in the order in which they are tried at each place."""

import re
from collections.abc import Callable

from voice.spoken.english_numbers import TOO_LARGE, cardinal, decimal, digits, ordinal, year
from voice.spoken.grouping import groups
from voice.spoken.plain import one_breath, sayable, without_markup

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_BY_NAME = {name[:3].lower(): name for name in _MONTHS}
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
_CURRENCIES = {
    "$": ("dollar", "cent"),
    "£": ("pound", "penny"),
    "€": ("euro", "cent"),
    "¥": ("yuan", "cent"),
    "USD": ("dollar", "cent"),
    "GBP": ("pound", "penny"),
    "EUR": ("euro", "cent"),
    "CNY": ("yuan", "cent"),
}
_UNITS = {
    "km": "kilometer",
    "mi": "mile",
    "min": "minute",
    "kg": "kilogram",
    "MB": "megabyte",
    "h": "hour",
    "m": "meter",
}
_SHORT = {
    "e.g.": "for example",
    "i.e.": "that is",
    "etc.": "and so on",
    "Mr.": "mister",
    "Mrs.": "missis",
    "Ms.": "miz",
    "Dr.": "doctor",
    "No.": "number",
    "approx.": "about",
    "incl.": "including",
    "vs.": "versus",
    "a.m.": "A M",
    "p.m.": "P M",
    "PDF": "P D F",
    "ID": "I D",
    "FAQ": "F A Q",
    "ZIP": "zip",
    "&": " and ",
    "24/7": "at any time",
}
_AMOUNT = r"\d[\d,]*(?:\.\d+)?"


def english(text: str) -> str:
    """The words of `text`; see `voice.spoken.spoken`."""
    said = _RULES.sub(_say, without_markup(text))
    return sayable(one_breath(said, "."))


def _say(found: re.Match[str]) -> str:
    name = str(found.lastgroup)
    return f" {_SAYERS[name](found)} "


def _email(found: re.Match[str]) -> str:
    return _address(found["email"])


def _address(text: str) -> str:
    text = re.sub(r"\d+", lambda run: " " + digits(run.group()) + " ", text)
    for sign, word in (("@", "at"), (".", "dot"), ("-", "dash"), ("_", "underscore"), ("+", "plus")):
        text = text.replace(sign, f" {word} ")
    return text


def _reference(found: re.Match[str]) -> str:
    letters, _, number = found["reference"].partition("-")
    return " ".join(letters.upper()) + ", " + _in_groups(number) + ","


def _in_groups(number: str) -> str:
    return ", ".join(digits(group) for group in groups(number))


def _iso_date(found: re.Match[str]) -> str:
    y, m, d = (int(part) for part in found["iso_date"].split("-"))
    return _day(d, _MONTHS[(m - 1) % 12]) + f", {year(y)}"


def _day(day: int, month: str) -> str:
    return f"{month} {ordinal(day)}"


def _month_first(found: re.Match[str]) -> str:
    month, day, *rest = re.findall(r"[A-Za-z]+|\d+", re.sub(r"(?<=\d)(?:st|nd|rd|th)", "", found["month_first"]))
    return _day(int(day), _BY_NAME[month[:3].lower()]) + (f", {year(int(rest[0]))}" if rest else "")


def _day_first(found: re.Match[str]) -> str:
    day, month, *rest = re.findall(r"[A-Za-z]+|\d+", re.sub(r"(?<=\d)(?:st|nd|rd|th)", "", found["day_first"]))
    return _day(int(day), _BY_NAME[month[:3].lower()]) + (f", {year(int(rest[0]))}" if rest else "")


def _time(found: re.Match[str]) -> str:
    hour, minute = (int(part) for part in re.findall(r"\d+", found["time"])[:2])
    half = "".join(re.findall(r"[AaPp](?=\.?[Mm])", found["time"])).upper()
    if not half:
        half = "A" if hour < 12 else "P"
        hour = hour % 12 or 12
    said = cardinal(hour) + (
        "" if minute == 0 else f" oh {cardinal(minute)}" if minute < 10 else f" {cardinal(minute)}"
    )
    return f"{said} {half} M"


def _hour(found: re.Match[str]) -> str:
    hour, half = re.findall(r"\d+|[AaPp](?=\.?[Mm])", found["hour"])
    return f"{cardinal(int(hour))} {half.upper()} M"


def _money(found: re.Match[str]) -> str:
    text = found["money"]
    sign = "plus " if text.startswith("+") else "minus " if text[0] in "-−" else ""
    unit, part = next(names for symbol, names in _CURRENCIES.items() if symbol in text)
    amount = re.search(_AMOUNT, text)
    whole, _, cents = (amount.group() if amount else "0").replace(",", "").partition(".")
    said = [_counted(int(whole), unit)] if int(whole) or not int(cents or "0") else []
    if int(cents or "0"):
        said.append(_counted(int(cents[:2].ljust(2, "0")), part))
    return sign + " and ".join(said)


def _counted(number: int, unit: str) -> str:
    plural = {"penny": "pence", "yuan": "yuan"}.get(unit, unit + "s")
    amount = decimal(str(number))
    return f"{amount} {unit if number == 1 else plural}"


def _percent(found: re.Match[str]) -> str:
    return decimal(re.sub(r"[^\d.,]", "", found["percent"]).strip(",")) + " percent"


def _phone(found: re.Match[str]) -> str:
    text = found["phone"]
    parts = re.findall(r"\d+", text)
    said = ", ".join(_in_groups(part) if len(part) > 4 else digits(part) for part in parts)
    return ("plus " if text.startswith("+") else "") + said


def _ordinal(found: re.Match[str]) -> str:
    number = int(found["ordinal"][:-2])
    return ordinal(number) if number < TOO_LARGE else digits(str(number))


def _unit(found: re.Match[str]) -> str:
    amount, unit = re.findall(rf"{_AMOUNT}|[A-Za-z]+", found["unit"])
    name = _UNITS[unit]
    return f"{decimal(amount)} {name if amount == '1' else name + 's'}"


def _thousands(found: re.Match[str]) -> str:
    return decimal(found["thousands"][:-1]) + " thousand"


def _mixed(found: re.Match[str]) -> str:
    parts = re.findall(r"[A-Za-z]+|\d+", found["mixed"])
    return ", ".join(digits(part) if part.isdigit() else " ".join(part.upper()) for part in parts) + ","


def _number(found: re.Match[str]) -> str:
    text = found["number"]
    whole = text.partition(".")[0]
    if "," not in text and (len(whole) > 4 or (whole[0] == "0" and len(whole) > 1)):
        return _in_groups(text)
    if re.fullmatch(r"(?:19|20)\d\d", text):
        return year(int(text))
    return decimal(text)


def _range(found: re.Match[str]) -> str:
    return " to ".join(decimal(number) for number in re.findall(r"\d+", found["range"]))


_SAYERS: dict[str, Callable[[re.Match[str]], str]] = {
    "url": lambda _: "the link",
    "email": _email,
    "short": lambda found: _SHORT[found["short"]],
    "reference": _reference,
    "iso_date": _iso_date,
    "month_first": _month_first,
    "day_first": _day_first,
    "time": _time,
    "hour": _hour,
    "money": _money,
    "percent": _percent,
    "phone": _phone,
    "ordinal": _ordinal,
    "unit": _unit,
    "thousands": _thousands,
    "range": _range,
    "mixed": _mixed,
    "number": _number,
}
_PATTERNS = {
    "url": r"(?:https?://|www\.)\S*[^\s.,;:!?)]",
    "email": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "short": "|".join(
        (r"\b" if s[0].isalnum() else "") + re.escape(s) + (r"\b" if s[-1].isalnum() else "") for s in _SHORT
    ),
    "reference": r"\b[A-Za-z]{1,4}-\d{3,}\b",
    "iso_date": r"\b\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b",
    "month_first": rf"\b{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?\b(?!:)(?:,? \d{{4}}\b)?",
    "day_first": rf"\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}\b\.?(?:,? \d{{4}}\b)?",
    "time": r"\b(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?\b(?:\s?[AaPp]\.?[Mm]\b\.?)?",
    "hour": r"\b(?:1[0-2]|0?[1-9])\s?[AaPp]\.?[Mm]\b\.?",
    "money": rf"[+−-]?(?:US)?(?:[$£€¥]|(?:USD|GBP|EUR|CNY)\s)\s?{_AMOUNT}|\b{_AMOUNT}\s?(?:[$£€¥]|USD|GBP|EUR|CNY)",
    "percent": rf"\b{_AMOUNT}\s?%",
    "phone": r"(?:\+\d{1,3}[ -]?)?(?:\(\d{2,4}\)[ -]?|\b\d{2,4}[ -])(?:\d{2,4}[ -])*\d{3,4}\b|\+\d{7,15}\b",
    "ordinal": r"\b\d+(?:st|nd|rd|th)\b",
    "unit": rf"\b{_AMOUNT}\s?(?:{'|'.join(_UNITS)})\b",
    "thousands": r"\b\d[\d,.]*k\b",
    "range": r"\b\d{1,3}\s?[-–]\s?\d{1,3}\b(?!-)",
    "mixed": r"\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]+(?:[ -](?=[A-Z]{2,3}\b)[A-Z]+)?\b",
    "number": r"\d+(?:,\d{3})*(?:\.\d+)?",
}
_RULES = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PATTERNS.items()))
