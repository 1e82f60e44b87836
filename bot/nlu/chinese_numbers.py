"""Chinese numbers to values: 三千五, 一百零五, 1.5万, 2千5, 一九八〇, 三点五."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_WAN = 10_000


@dataclass(frozen=True)
class Read:
    """A number that was read.

    Attributes:
        value: what it is.
        clipped: whether its last unit was left out (三千五 for 3500), as prices are said.
        digits: how many characters of it are digits said one by one (一九八〇), 0 when it has units. Two of them are
            no number but "three or four" (三四), unless they are a year (八三年).
    """

    value: Decimal
    clipped: bool = False
    digits: int = 0


class ChineseNumbers:
    """Reads numbers by the tables of a grammar."""

    def __init__(self, table: dict[str, Any]) -> None:
        self._digits: dict[str, int] = {str(k): v for k, v in table["digits"].items()}
        self._digits.update({str(digit): digit for digit in range(10)})
        self._small: dict[str, int] = table["units"]  # below 10,000
        self._large: dict[str, int] = table["large_units"]
        self._tens: dict[str, int] = table["tens"]
        self._letters: dict[str, int] = table["letters"]
        self._zero, self._point = set(table["zero"]), table["point"]
        said = "".join(re.escape(c) for c in self._digits if not c.isdigit())
        units = "".join([*self._small, *self._large])
        all_said = f"{said}{units}{''.join(self._tens)}"
        letters = "".join(self._letters)
        arabic = (
            rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?(?:[{letters}](?![A-Za-z])|[{units}]+(?:[{said}\d][{units}]?)*)?"
        )
        spoken = rf"[{all_said}]+(?:{self._point}[{said}]+(?![{all_said}]*{self._point})[{units}]*)?"
        self.pattern = rf"(?:(?<![\d.])(?:{arabic})|{spoken})"

    def read(self, text: str) -> Read | None:
        """Returns the value of a text that `pattern` matched; None when it makes no number (三四百, 十百)."""
        letter = self._letters.get(text[-1].lower())
        if letter:
            return Read(_decimal(text[:-1]) * letter)
        plain = re.match(r"[\d,]+(?:\.\d+)?", text)
        if plain:
            return self._with_units(_decimal(plain.group()), text[plain.end() :])
        whole, point, rest = text.partition(self._point)
        if point:
            return self._with_fraction(whole, rest)
        if all(character in self._digits for character in text):
            return self._one_by_one(text)
        return self._units(text)

    def _one_by_one(self, text: str) -> Read:
        value = Decimal("".join(str(self._digits[character]) for character in text))
        return Read(value, digits=len(text) if len(text) > 1 else 0)

    def _with_units(self, value: Decimal, rest: str) -> Read | None:
        if not rest:
            return Read(value)
        if value != int(value):
            scale = self._scale(rest)
            return Read(value * scale) if scale else None
        return self._units(rest, value)

    def _with_fraction(self, whole: str, rest: str) -> Read | None:
        before = self.read(whole) if whole else Read(Decimal(0))
        digits = re.match("[" + "".join(self._digits) + "]+", rest)
        if before is None or digits is None:
            return None
        tail = "".join(str(self._digits[character]) for character in digits.group())
        scale = self._scale(rest[digits.end() :])
        return Read((before.value + Decimal(f"0.{tail}")) * scale) if scale else None

    def _scale(self, units: str) -> int | None:
        scale = 1
        for unit in units:
            factor = self._small.get(unit) or self._large.get(unit)
            if factor is None:
                return None
            scale *= factor
        return scale

    def _units(self, text: str, first: Decimal | None = None) -> Read | None:
        """Reads 三千五百万零五十: a section below ten thousand at a time."""
        total, section, digit = Decimal(0), Decimal(0), first
        last, zero = 0, False
        for character in text:
            if character in self._tens:
                section, last = section + self._tens[character], 10
            elif character in self._digits:
                value = self._digits[character]
                if digit is not None and not (zero and digit == 0):
                    return None
                digit, zero = (None, True) if character in self._zero else (Decimal(value), zero)
            elif character in self._small:
                unit = self._small[character]
                if digit is None and (unit != 10 or section % 100):
                    return None
                section += (Decimal(1) if digit is None else digit) * unit
                digit, last, zero = None, unit, False
            else:
                unit = self._large[character]
                section += digit or 0
                if not section and not total:
                    return None
                total = (total + section) * unit if unit > _WAN else total + section * unit
                section = Decimal(0)
                digit, last, zero = None, unit, False
        clipped = digit is not None and last >= 100 and not zero
        rest = (digit or Decimal(0)) * (last // 10 if clipped else 1)
        return Read(total + section + rest, clipped)


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))
