"""Prices from the rating table `crm/reference/rating.toml`, with every step that made them."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from dateutil.relativedelta import relativedelta

from crm import normalise, reference
from crm.domain import Line, Money, Rating, RatingFactor, RatingField
from crm.errors import InvalidInput, OutOfRange

MEDIUM = "medium"
_YES_NO = {"yes": "yes", "true": "yes", "1": "yes", "no": "no", "false": "no", "0": "no"}
_POSTCODE = re.compile(r"(?=.*\d)[a-z0-9][a-z0-9 \-]{1,9}")


def fields(line: Line) -> tuple[RatingField, ...]:
    """What the price of a line depends on, in the order to ask in."""
    return tuple(
        RatingField(
            name=field["name"],
            kind=field["kind"],
            minimum=field.get("minimum"),
            maximum=field.get("maximum"),
            choices=("yes", "no") if field["kind"] == "yes_no" else tuple(field.get("choices", ())),
            default=field.get("default"),
        )
        for field in _table(line)["fields"]
    )


def check(line: Line, name: str, value: str, on: date) -> str:
    """One answer in the spelling that `rate` uses, such as `2026-01-31` or `25000`.

    Raises:
        OutOfRange: it is understood, but not accepted; the error says what would be.
        InvalidInput: it is not understood, or the line has no such field.
    """
    field = next((field for field in fields(line) if field.name == name), None)
    if field is None:
        raise InvalidInput(name, f"The price of {line} does not depend on {name}.")
    said = normalise.plain(str(value))
    if field.choices:
        return _choice(field, said)
    if field.kind == "postcode":
        if not _POSTCODE.fullmatch(said):
            raise InvalidInput(name, "This cannot be a postcode; ask for it again.")
        return said.upper()
    if field.kind == "date":
        born = _date(field, said)
        _within(field, relativedelta(on, born).years if born <= on else -1)
        return born.isoformat()
    number = _whole(field, said)
    _within(field, number)
    return str(number)


def rate(line: Line, answers: Mapping[str, str], on: date) -> Rating:
    """The price on the day `on`; what is not answered counts as its default.

    Raises:
        InvalidInput: an answer is missing or not understood; `field` says which.
        OutOfRange: an answer is not accepted.
    """
    table = _table(line)
    checked = checked_answers(line, answers, on)
    currency = reference.table("rating")["currency"]
    price = Decimal(table["base"]) * 100
    base, steps = Money(int(price), currency), []
    for rule in table["factors"]:
        value = _rated_by(rule, checked[rule["by"]], on)
        factor = _factor(rule, value)
        price, before = _rounded(price * factor), price
        steps.append(RatingFactor(rule.get("code", rule["by"]), value, factor, Money(int(price - before), currency)))
    least = Decimal(table["minimum_premium"]) * 100
    if price < least:
        factor = (least / price).quantize(Decimal("0.001"))
        steps.append(
            RatingFactor("minimum_premium", str(table["minimum_premium"]), factor, Money(int(least - price), currency))
        )
        price = least
    return Rating(line, base, tuple(steps), Money(int(price), currency))


def checked_answers(line: Line, answers: Mapping[str, str], on: date) -> dict[str, str]:
    """All answers of a line, checked, with the defaults filled in. Raises as `rate` does."""
    checked = {}
    for field in fields(line):
        value = answers.get(field.name) or field.default
        if value is None:
            raise InvalidInput(field.name, f"A price for {line} needs {field.name}; ask for it.")
        checked[field.name] = check(line, field.name, value, on)
    oldest = _table(line).get("oldest_at_end")
    if oldest and "term_years" in checked:
        longest = oldest - relativedelta(on, date.fromisoformat(checked["birth_date"])).years
        if int(checked["term_years"]) > longest:
            raise OutOfRange("term_years", minimum=5, maximum=longest)
    return checked


def coverage_effect(line: Line, code: str, premium: Money, *, scale: Decimal = Decimal(1)) -> Money | None:
    """What a coverage is worth in a policy's yearly premium; None where the table has no share for it.

    Args:
        scale: how much dearer or cheaper than usual it is, from `limit_scale` or `deductible_scale`.
    """
    share = _table(line).get("coverages", {}).get(code)
    if share is None:
        return None
    return Money(int(_rounded(premium.minor * Decimal(str(share)) * scale)), premium.currency)


def limit_scale(old: Money, new: Money) -> Decimal:
    """How much dearer a coverage gets by another limit."""
    return _power(Decimal(new.minor) / Decimal(old.minor), reference.table("rating")["limit_power"])


def deductible_scale(old: Money, new: Money) -> Decimal:
    """How much cheaper a coverage gets by another deductible; none counts as one hundred."""
    least = Decimal(100_00)
    ratio = max(Decimal(new.minor), least) / max(Decimal(old.minor), least)
    return _power(ratio, reference.table("rating")["deductible_power"])


def vehicle_value_effect(premium: Money, old: int, new: int) -> Money:
    """Change of the yearly premium by another vehicle's value (whole units)."""
    rule = next(rule for rule in _table(Line.AUTO)["factors"] if rule["by"] == "vehicle_value")
    ratio = _factor(rule, str(new)) / _factor(rule, str(old))
    return Money(int(_rounded(premium.minor * (ratio - 1))), premium.currency)


def _table(line: Line) -> dict[str, Any]:
    content: dict[str, Any] = reference.table("rating")[line.value]
    return content


def _choice(field: RatingField, said: str) -> str:
    value = _YES_NO.get(said, said) if field.kind == "yes_no" else said.replace(" ", "_").replace("-", "_")
    if value not in field.choices:
        raise OutOfRange(field.name, choices=field.choices)
    return value


def _date(field: RatingField, said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise InvalidInput(field.name, "A day is written as 2026-01-31; ask for it again.") from None


def _whole(field: RatingField, said: str) -> int:
    try:
        return int(_rounded(Decimal(said.replace(",", ""))))
    except (InvalidOperation, ValueError, OverflowError):
        raise InvalidInput(field.name, f"{field.name} is a number; ask for it again.") from None


def _within(field: RatingField, number: int) -> None:
    low, high = field.minimum, field.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise OutOfRange(field.name, minimum=low, maximum=high)


def _rated_by(rule: Mapping[str, Any], answer: str, on: date) -> str:
    """What a factor goes by: the age instead of the birth date, the band instead of the postcode."""
    if rule["by"] == "birth_date":
        return str(relativedelta(on, date.fromisoformat(answer)).years)
    if rule["by"] == "postcode":
        return _band(answer)
    return answer


def _band(postcode: str) -> str:
    letters = re.match(r"[A-Z]*", postcode)
    area = letters.group() if letters else ""
    bands: dict[str, list[str]] = reference.table("rating")["bands"]
    return next((band for band, areas in bands.items() if area in areas), MEDIUM)


def _factor(rule: Mapping[str, Any], value: str) -> Decimal:
    if "table" in rule:
        return Decimal(str(rule["table"][value]))
    if "steps" in rule:
        return next(Decimal(str(factor)) for limit, factor in rule["steps"] if int(value) <= limit)
    return _power(Decimal(value) / Decimal(rule["per"]), rule["power"])


def _power(value: Decimal, exponent: float) -> Decimal:
    return (value ** Decimal(str(exponent))).quantize(Decimal("0.0001"))


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1), rounding=ROUND_HALF_UP)
