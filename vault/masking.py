"""Personal data of known shape, masked in free text."""

import re

MASK = "•••"

_DIGITS_AND_SEPARATORS = re.compile(r"(?<![\w-])\+?\(?\d(?:[ ().\-]{0,2}\d){6,}(?![\w])")
# A policy number with a date of birth behind it is no card, though one in ten passes as one.
_CARD = re.compile(r"(?<!\d)(?<!(?:PA|CL|QU)[ -])(?<!PA|CL|QU)\d(?:[ .\-]?\d){12,18}(?!\d)", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBERED = re.compile(r"\b(?:PA|CL)[ -]?\d{5,}\b", re.IGNORECASE)
_DATE = re.compile(r"(?<![\w-])(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|\d{4}年\d{1,2}月\d{1,2}日)")


def mask_cards(text: str) -> str:
    """Payment card numbers (13 to 19 digits that pass the Luhn check) reduced to their last four digits."""
    return _CARD.sub(lambda match: _masked_card(match.group()), text)


def mask_personal(text: str) -> str:
    """Cards, e-mail addresses, policy and claim numbers, dates and phone-like digit runs masked, for logs."""
    for pattern in (_EMAIL, _NUMBERED, _DATE, _DIGITS_AND_SEPARATORS):
        text = pattern.sub(MASK, text)
    return text


def _masked_card(found: str) -> str:
    digits = [int(character) for character in found if character.isdecimal()]
    if not _passes_luhn(digits):
        return found
    return f"{MASK} {''.join(map(str, digits[-4:]))}"


def _passes_luhn(digits: list[int]) -> bool:
    """The check digit test of ISO/IEC 7812-1."""
    doubled = (digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
