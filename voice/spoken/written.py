"""The way back: numbers that were spoken one digit at a time, as somebody in a chat types them.

A recogniser writes "the status of c l three three nine oh four five one". The dialogue knows `CL-3390451`.
"""

import re

_DIGITS = {
    "en": {
        **{"zero": "0", "oh": "0", "o": "0", "nought": "0", "one": "1", "two": "2", "three": "3", "four": "4"},
        **{"five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9"},
    },
    "zh": dict(zip("零〇幺一二三四五六七八九两", "0011234567892", strict=True)),
}
_TIMES = {"double": 2, "triple": 3}
_SHORTEST = 4
"""Fewer digits in a row are counted, or an hour or a year."""
_LETTERS = re.compile(r"\b(?:(p\W*a|pee\W*a|pay)|(c\W*l|see\W*el|sea\W*el|see\W*l))\W+(?:number\W+)?(\d{7})\b", re.I)
_CHINESE = re.compile(f"[{''.join(_DIGITS['zh'])}]{{{_SHORTEST},}}")


def written(text: str, language: str) -> str:
    """`text` with rows of digits as digits, and policy and claim numbers as they are printed; the rest as it is."""
    in_digits = _chinese(text) if language.startswith("zh") else _english(text)
    return _LETTERS.sub(lambda found: f"{'PA' if found[1] else 'CL'}-{found[3]}", in_digits)


def _english(text: str) -> str:
    kept: list[str] = []
    row: list[str] = []  # the words of the row of digits that is being read
    for word in [*text.split(), ""]:
        if word.lower() in _DIGITS["en"] or word.lower() in _TIMES:
            row.append(word)
            continue
        kept += _as_digits(row)
        row = []
        kept.append(word)
    return " ".join(kept).strip()


def _as_digits(row: list[str]) -> list[str]:
    digits, times = "", 1
    for word in row:
        if word.lower() in _TIMES:
            times = _TIMES[word.lower()]
        else:
            digits, times = digits + _DIGITS["en"][word.lower()] * times, 1
    return [digits] if len(digits) >= _SHORTEST else row


def _chinese(text: str) -> str:
    return _CHINESE.sub(lambda found: "".join(_DIGITS["zh"][character] for character in found.group()), text)
