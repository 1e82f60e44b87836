"""Dates as people say and press them, checked against the calendar."""

import re
from datetime import date

from voice.reading.lexicon import Lexicon, plain
from voice.reading.numbers import digits, two_digits

KEYS = 8  # digits of a date on the keypad
_OLDEST = 120  # years
_ISO = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})")
_NUMERAL = "0-9零〇○一二两三四五六七八九十"
_CHINESE = re.compile(
    rf"(?P<year>[{_NUMERAL}]{{2,4}})年(?P<month>[{_NUMERAL}]{{1,3}})月(?P<day>[{_NUMERAL}]{{1,3}})[日号]?"
)


def said_date(text: str, lexicon: Lexicon, today: date, *, birth: bool) -> date | None:
    """The date that was said with its year; None when there is none, or none in the calendar.

    Args:
        text: such as "the fourth of march nineteen eighty-five", "一九八五年三月四号" or "oh four oh three 1985".
        lexicon: of the language.
        today: what "85" is guessed by, and birth dates are checked against.
        birth: whether it has to be a day on which somebody living was born.
    """
    iso = _ISO.fullmatch(text.strip())
    if iso:
        return _checked(int(iso[1]), int(iso[2]), int(iso[3]), today, birth)
    chinese = _CHINESE.search(plain(text))
    if chinese:
        year = _year_of([chinese["year"]], lexicon, today)
        return _checked(year, _numeral(chinese["month"]), _numeral(chinese["day"]), today, birth)
    tokens = [token for token in lexicon.tokens(text) if token not in lexicon.beside_dates]
    at = next((at for at, token in enumerate(tokens) if token in lexicon.months), None)
    if at is None:
        said = digits(" ".join(tokens), lexicon)
        return pressed_date(said, lexicon, today, birth=birth) if said else None
    return _with_month(lexicon.months[tokens[at]], tokens[:at], tokens[at + 1 :], lexicon, today, birth)


def pressed_date(keys: str, lexicon: Lexicon, today: date, *, birth: bool) -> date | None:
    """Eight digits in the language's order: day month year, or year month day."""
    if len(keys) != KEYS or not keys.isascii() or not keys.isdigit():
        return None
    if lexicon.order[0] == "year":
        return _checked(int(keys[:4]), int(keys[4:6]), int(keys[6:]), today, birth)
    return _checked(int(keys[4:]), int(keys[2:4]), int(keys[:2]), today, birth)


def _with_month(
    month: int, before: list[str], after: list[str], lexicon: Lexicon, today: date, birth: bool
) -> date | None:
    if before:
        return _checked(_year_of(after, lexicon, today), month, _day(before, lexicon), today, birth)
    for length in (2, 1):  # "march twenty first nineteen ninety", "march fourth nineteen ninety"
        year, day = _year_of(after[length:], lexicon, today), _day(after[:length], lexicon)
        found = _checked(year, month, day, today, birth)
        if found:
            return found
    return None


def _day(tokens: list[str], lexicon: Lexicon) -> int | None:
    *tens, last = tokens or [""]
    if last in lexicon.ordinals:
        ten = lexicon.tens.get(tens[0]) if len(tens) == 1 else 0
        return None if ten is None or len(tens) > 1 else ten + lexicon.ordinals[last]
    return two_digits(tokens, lexicon)


def _year_of(tokens: list[str], lexicon: Lexicon, today: date) -> int | None:
    if not tokens:
        return None
    said = digits(" ".join(tokens), lexicon)
    if said is not None and len(said) == 4:
        return int(said)
    thousand = set(lexicon.of_digits("thousand"))
    if len(tokens) >= 2 and tokens[1] in thousand:
        rest = [token for token in tokens[2:] if token not in lexicon.of_digits("beside")]
        below = two_digits(rest, lexicon) if rest else 0
        return None if below is None else 2000 + below
    if said is not None and len(said) == 2:
        this = today.year % 100
        return int(said) + (2000 if int(said) <= this else 1900)
    return None


def _numeral(text: str) -> int | None:
    """1 to 99 in Chinese or in digits: 三, 十二, 二十, 三十一, 12."""
    if text.isascii():
        return int(text)
    plain_digits = text.translate(str.maketrans("零〇○一二两三四五六七八九", "0001223456789"))
    if "十" not in plain_digits:
        return int(plain_digits)
    tens, _, units = plain_digits.partition("十")
    try:
        return int(tens or 1) * 10 + int(units or 0)
    except ValueError:
        return None


def _checked(year: int | None, month: int | None, day: int | None, today: date, birth: bool) -> date | None:
    if year is None or month is None or day is None:
        return None
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if not birth or (found <= today and found.year >= today.year - _OLDEST) else None
