"""Personal data of known shape, masked in free text; the standard library alone, for logs and for what is typed.

Digits count in any script (`４１１１`, `٤١١١`) and, in card numbers, as Chinese numerals. Chinese characters beside a
number do not hide it: Chinese is written without spaces.
"""

import re
from collections.abc import Callable, Iterator, Sequence

MASK = "•••"

_NUMERALS = {numeral: str(value) for value, group in enumerate(
    ("〇零", "一壹幺", "二贰两", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
) for numeral in group}  # fmt: skip
_DIGIT = rf"[\d{''.join(_NUMERALS)}]"
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_BETWEEN = rf"[\s{_INVISIBLE}.,，、。·•_/\\|*~－–—―−\-]"
_START, _END = r"(?<![A-Za-z0-9_\d])", r"(?![A-Za-z0-9_\d])"
_DASH = r"[\s\-–—－−]{0,3}"

_DIGIT_RUN = re.compile(rf"{_DIGIT}(?:{_BETWEEN}{{0,3}}{_DIGIT}){{12,}}")
_GROUP = re.compile(rf"{_DIGIT}+")
_NUMBERED_BEFORE = re.compile(rf"(?:PA|CL|QU|SR|CP|ＰＡ|ＣＬ){_DASH}$", re.IGNORECASE)
_DATE_INSIDE = re.compile(r"(?:19|20)\d{2}([-/. ])\d{1,2}\1\d{1,2}(?!\d)")
_FEWEST, _MOST = 13, 19
_ISSUERS = ("2", "3", "4", "5", "6", "8", "9")  # first digits under which payment cards are issued

_EMAIL = re.compile(r"(?<![A-Za-z0-9._+%\-])[A-Za-z0-9._+%\-]+[@＠](?:[A-Za-z0-9\-]+\.)+[A-Za-z][A-Za-z0-9\-]+")
_NUMBERED = re.compile(rf"{_START}(?:PA|CL|QU|SR|CP|ＰＡ|ＣＬ){_DASH}\d{{5,}}(?!\d)", re.IGNORECASE)
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    rf"(?<![\dA-Za-z_-])(?:\d{{4}}-\d{{1,2}}-\d{{1,2}}|\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}|\d{{4}}[/.]\d{{1,2}}[/.]\d{{1,2}}"
    rf"|\d{{4}}\s?年\s?\d{{1,2}}\s?月\s?\d{{1,2}}\s?[日号]?|\d{{1,2}}(?:st|nd|rd|th)?\s{_MONTH}\s\d{{4}}"
    rf"|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}})(?!\d)",
    re.IGNORECASE,
)
_RESIDENT = re.compile(r"(?<!\d)(?<![A-Za-z0-9_])\d(?:[ \-]?\d){16}[ \-]?[\dXxＸｘ](?![A-Za-z0-9_\d])")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ \-]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])")
_NUMBER = re.compile(rf"(?<![A-Za-z0-9_\-\d])[+＋]?[(（]?\d(?:[ ().\-（）–—－]{{0,2}}\d){{6,}}{_END}")

Found = tuple[int, int]


def mask_cards(text: str) -> str:
    """Payment card numbers (13 to 19 digits that pass the Luhn check) reduced to their last four digits."""
    return _replaced(text, cards(text), lambda found: f"{MASK} {digits_of(found)[-4:]}")


def mask_personal(text: str) -> str:
    """Cards, identity and bank account numbers, e-mail addresses, policy and claim numbers, dates and phone-like
    runs of digits masked, for logs."""
    for find in (cards, resident_numbers, ibans):
        text = _replaced(text, find(text), lambda _: MASK)
    for pattern in (_EMAIL, _NUMBERED, _DATE, _NUMBER):
        text = pattern.sub(MASK, text)
    return text


def cards(text: str) -> list[Found]:
    """Where payment card numbers stand in `text`, however they are grouped."""
    return [found for run in _DIGIT_RUN.finditer(text) for found in _cards_in(text, run.start(), run.end())]


def resident_numbers(text: str) -> list[Found]:
    """Where Chinese resident identity numbers stand: 18 characters whose last one checks the others (GB 11643)."""
    return [match.span() for match in _RESIDENT.finditer(text) if is_resident_number(match.group())]


def ibans(text: str) -> list[Found]:
    """Where international bank account numbers stand (ISO 13616)."""
    return [found for match in _IBAN.finditer(text) for found in _iban_in(match)]


def digits_of(text: str) -> str:
    """The digits of `text` as ASCII, Chinese numerals among them."""
    return "".join(_NUMERALS.get(character) or str(int(character)) for character in text if _is_digit(character))


def passes_luhn(digits: str) -> bool:
    """The check digit test of ISO/IEC 7812-1."""
    values = [int(digit) for digit in digits]
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in values[-2::-2])
    return (sum(values[-1::-2]) + sum(doubled)) % 10 == 0


def is_resident_number(text: str) -> bool:
    """Whether `text` is a Chinese resident identity number: a day of birth inside, and the right last character."""
    last = "X" if text[-1] in "XxＸｘ" else digits_of(text[-1])
    body = digits_of(text[:-1])
    if len(body) != 17 or not (
        "18" <= body[6:8] <= "20" and "01" <= body[10:12] <= "12" and "01" <= body[12:14] <= "31"
    ):
        return False
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return "10X98765432"[total % 11] == last


def _is_digit(character: str) -> bool:
    return character in _NUMERALS or character.isdecimal()


def _cards_in(text: str, start: int, end: int) -> Iterator[Found]:
    """Whole groups of digits that make a card number, the longest first; numbers of ours and dates are stepped over."""
    groups = [match.span() for match in _GROUP.finditer(text, start, end)]
    first = 0
    while first < len(groups):
        begin = groups[first][0]
        if _NUMBERED_BEFORE.search(text[max(begin - 6, 0) : begin]):
            first += 1
            continue
        last = _last_of_card(text, groups, first)
        if last is not None:
            yield begin, groups[last][1]
            first = last + 1
        else:
            yield from _hidden_at_start(text, groups[first])
            first += 1


def _last_of_card(text: str, groups: Sequence[Found], first: int) -> int | None:
    """The group at which a card number ends that begins at group `first`."""
    digits, best = "", None
    for last in range(first, len(groups)):
        digits += digits_of(text[slice(*groups[last])])
        if len(digits) > _MOST:
            break
        if len(digits) >= _FEWEST and digits.startswith(_ISSUERS) and len(set(digits)) > 1 and passes_luhn(digits):
            best = last
    if best is None or _DATE_INSIDE.search(text, groups[first][0], groups[best][1]):
        return None
    return best


def _hidden_at_start(text: str, group: Found) -> Iterator[Found]:
    """A card number with its expiry or check code written right behind it."""
    digits = digits_of(text[slice(*group)])
    if len(digits) > _MOST and digits.startswith(_ISSUERS):
        for length in (16, 15, 19):
            if len(set(digits[:length])) > 1 and passes_luhn(digits[:length]):
                yield group
                return


def _iban_in(match: re.Match[str]) -> Iterator[Found]:
    """The account number in a match, which may have taken in words behind it."""
    text = match.group()
    ends = [at + 1 for at, character in enumerate(text) if character not in " -"]
    for end in reversed(ends):
        bare = text[:end].replace(" ", "").replace("-", "").upper()
        if len(bare) < 15 or not bare.isascii():
            return
        behind = text[end : end + 1]
        if len(bare) <= 34 and behind in ("", " ", "-") and _passes_mod_97(bare):
            yield match.start(), match.start() + end
            return


def _passes_mod_97(bare: str) -> bool:
    moved = bare[4:] + bare[:4]
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


def _replaced(text: str, spans: Sequence[Found], replacement: Callable[[str], str]) -> str:
    for start, end in reversed(spans):
        text = text[:start] + replacement(text[start:end]) + text[end:]
    return text
