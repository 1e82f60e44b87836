"""Numbers as English words."""

_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
TOO_LARGE = 10**15
"""From here on a number is read digit by digit."""


def cardinal(number: int) -> str:
    """42: "forty-two"; at most `TOO_LARGE`."""
    if number < 20:
        return _SMALL[number]
    if number < 100:
        return _TENS[number // 10] + ("-" + _SMALL[number % 10] if number % 10 else "")
    if number < 1000:
        rest = number % 100
        return _SMALL[number // 100] + " hundred" + (" and " + cardinal(rest) if rest else "")
    size, name = next((size, name) for size, name in _SCALES if number >= size)
    rest = number % size
    joint = " and " if 0 < rest < 100 else " "
    return cardinal(number // size) + " " + name + (joint + cardinal(rest) if rest else "")


def ordinal(number: int) -> str:
    """21: "twenty-first"."""
    words = cardinal(number)
    cut = max(words.rfind(" "), words.rfind("-")) + 1
    last = words[cut:]
    if last in _ORDINALS:
        return words[:cut] + _ORDINALS[last]
    return words[:cut] + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def year(number: int) -> str:
    """1985: "nineteen eighty-five"; 2005: "two thousand and five"."""
    century, rest = divmod(number, 100)
    if number < 1100 or 2000 <= number < 2010 or number >= 10_000:
        return cardinal(number)
    if rest == 0:
        return cardinal(century) + " hundred" if century % 10 else cardinal(number)
    return cardinal(century) + " " + ("oh " + _SMALL[rest] if rest < 10 else cardinal(rest))


def decimal(text: str) -> str:
    """3.50: "three point five zero"; commas between thousands are dropped."""
    whole, _, part = text.replace(",", "").partition(".")
    said = digits(whole) if int(whole or "0") >= TOO_LARGE else cardinal(int(whole or "0"))
    return said + (" point " + digits(part) if part else "")


def digits(text: str) -> str:
    """Digit by digit: 12 is "one two"."""
    return " ".join(_SMALL[int(digit)] for digit in text if digit in "0123456789")
