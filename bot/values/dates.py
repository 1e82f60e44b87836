"""Completes what a customer said about a date ("the 12th", "last Tuesday") into calendar days.

The understanding yields a partial date, a JSON object; only who asked knows whether it lies in the past. Forms:

    {"kind": "date", "year"?, "month"?, "day"?, "years"?, "months"?, "either_order"?, "part"?}
        what was named; a year below 100 was written with two digits; "years": -1 is "last year", "months": -1 "of
        last month"; day -1 is the month's last;
        "either_order" marks 03/05, where month and day may be swapped
    {"kind": "offset", "unit": "day" | "week" | "month" | "year", "count": -2}
    {"kind": "weekday", "weekday": 0-6, "which"?: -2 | -1 | 0 | 1, "week"?: -1 | 0 | 1, "weeks"?: 1}
        "which" counts such weekdays from today, "week" counts calendar weeks, "weeks" adds whole weeks
    {"kind": "feast", "feast": "mid_autumn", "years"?}
        a day of `bot.values.feasts`
    {"kind": "period", "unit": "week" | "weekend" | "month" | "year", "count": -1, "part"?}

"part" is "start", "middle" or "end" of a month or period. "days" moves any of them: -1 is the day before.
"""

import calendar
import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, Literal

from bot.values.feasts import day_of

Expects = Literal["past", "future", "birth"]
Span = tuple[date, date]
Partial = Mapping[str, Any]

_SATURDAY = 5


def complete(said: Partial | str | None, today: date, expects: Expects = "past") -> date | None:
    """Returns the one day that a partial date means.

    Args:
        said: a partial date, as an object or as its JSON text.
        today: the day on which it was said.
        expects: whether the day lies in the past (an accident), ahead (a renewal) or is a date of birth.

    Returns:
        The day; None when the words name no single day ("last month") or no day that exists ("31 February").
    """
    days = span(said, today, expects)
    return days[0] if days and days[0] == days[1] else None


def span(said: Partial | str | None, today: date, expects: Expects = "past") -> Span | None:
    """Returns the first and last day that a partial date may mean, or None when it means none."""
    said = json.loads(said) if isinstance(said, str) else said
    resolve = _RESOLVERS.get((said or {}).get("kind", ""))
    if said is None or resolve is None:
        return None
    try:
        days = resolve(said, today, expects)
        moved = timedelta(days=said.get("days", 0))
        return (days[0] + moved, days[1] + moved) if days else None
    except (ValueError, OverflowError):  # a day the calendar does not have
        return None


def _date(said: Partial, today: date, expects: Expects) -> Span | None:
    named = _named(said, today, expects)
    if said.get("either_order") and (named is None or _contradicts(named, today, expects)):
        swapped = _named({**said, "month": said["day"], "day": said["month"]}, today, expects)
        if swapped and not _contradicts(swapped, today, expects):
            return swapped
    return named


def _named(said: Partial, today: date, expects: Expects) -> Span | None:
    year, month, day = said.get("year"), said.get("month"), said.get("day")
    if year is not None and year < 100:
        year = _full_year(year, today, expects)
    if "years" in said:
        year = today.year + said["years"]
    if "months" in said:
        year, month = _shift_month(today.year, today.month, said["months"])
    if year is not None and month is None:
        return _part((date(year, 1, 1), date(year, 12, 31)), said)
    if year is None and expects == "birth":
        return None
    if year is not None:
        return _month_or_day(year, month, day, said)
    if month is not None:
        return _nearest(lambda shift: _month_or_day(today.year + shift, month, day, said), today, expects)
    return _nearest(
        lambda shift: _month_or_day(*_shift_month(today.year, today.month, shift), day, said), today, expects
    )


def _month_or_day(year: int, month: Any, day: Any, said: Partial) -> Span | None:
    last = calendar.monthrange(year, month)[1]
    if day is None:
        return _part((date(year, month, 1), date(year, month, last)), said)
    day = last if day == -1 else day
    return (date(year, month, day),) * 2 if 1 <= day <= last else None


def _nearest(candidate: Callable[[int], Span | None], today: date, expects: Expects) -> Span | None:
    """The candidate nearest to today on the expected side; `candidate` takes a shift in years or months."""
    steps = range(1, -9, -1) if expects == "past" else range(-1, 9)
    for shift in steps:
        days = candidate(shift)
        if days and not _contradicts(days, today, expects):
            return days
    return None


def _contradicts(days: Span, today: date, expects: Expects) -> bool:
    return days[1] < today if expects == "future" else days[0] > today


def _full_year(short: int, today: date, expects: Expects) -> int:
    century = today.year - today.year % 100
    year = century + short
    if expects == "future":
        return year
    return year if year <= today.year else year - 100


def _offset(said: Partial, today: date, expects: Expects) -> Span:
    return (_move(today, said["unit"], said["count"]),) * 2


def _move(day: date, unit: str, count: int) -> date:
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    year, month = _shift_month(day.year, day.month, count * (12 if unit == "year" else 1))
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _weekday(said: Partial, today: date, expects: Expects) -> Span:
    weekday, extra = said["weekday"], timedelta(weeks=said.get("weeks", 0))
    monday = today - timedelta(days=today.weekday())
    if "week" in said:
        return (monday + timedelta(weeks=said["week"], days=weekday) + extra,) * 2
    which = said.get("which", 1 if expects == "future" else -1)
    if which == 0:
        day = monday + timedelta(days=weekday)
        if _contradicts((day, day), today, expects):
            day += timedelta(weeks=1 if expects == "future" else -1)
    elif which < 0:
        day = today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1) + timedelta(weeks=which + 1)
    else:
        day = today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1) + timedelta(weeks=which - 1)
    return (day + extra,) * 2


def _feast(said: Partial, today: date, expects: Expects) -> Span | None:
    def in_year(shift: int) -> Span | None:
        day = day_of(said["feast"], today.year + shift)
        return (day, day) if day else None

    return in_year(said["years"]) if "years" in said else _nearest(in_year, today, expects)


def _period(said: Partial, today: date, expects: Expects) -> Span:
    unit, count = said["unit"], said["count"]
    monday = today - timedelta(days=today.weekday())
    if unit in ("week", "weekend"):
        first = monday + timedelta(weeks=count, days=_SATURDAY if unit == "weekend" else 0)
        if unit == "weekend" and count == 0 and _contradicts((first, first), today, expects):
            first -= timedelta(weeks=1)
        return _part((first, monday + timedelta(days=(first - monday).days // 7 * 7 + 6)), said)
    if unit == "year":
        return _part((date(today.year + count, 1, 1), date(today.year + count, 12, 31)), said)
    year, month = _shift_month(today.year, today.month, count)
    return _part((date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])), said)


def _part(days: Span, said: Partial) -> Span:
    """The named third of a span."""
    first, last = days
    third = timedelta(days=((last - first).days + 1) // 3)
    parts = {
        "start": (first, first + third - timedelta(days=1)),
        "middle": (first + third, last - third),
        "end": (last - third + timedelta(days=1), last),
    }
    return parts.get(said.get("part", ""), days)


def _shift_month(year: int, month: int, count: int) -> tuple[int, int]:
    months = year * 12 + month - 1 + count
    return months // 12, months % 12 + 1


_RESOLVERS: dict[str, Callable[[Partial, date, Expects], Span | None]] = {
    "date": _date,
    "offset": _offset,
    "weekday": _weekday,
    "period": _period,
    "feast": _feast,
}
