"""What callers may say, as words: the assistant's training sentences, written the way they are spoken."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import yaml

from voice.recognition.numerals import as_words, digit_by_digit, ordinal, year

OUTSIDE = "out_of_scope"
_ANNOTATED = re.compile(r"\[([^\]]*)\](?:\{([^}]*)\}|\(([^)]*)\))")
_ENTITY = re.compile(r'"entity"\s*:\s*"([^"]+)"')
_NUMBER = re.compile(r"\b(pa|cl)[- ]?(\d{5,9})\b")
_TOKEN = re.compile(r"[a-z']+|\d[\d,.]*\d|\d|[£$€%&@+]")
_MONEY = {"£": "pounds", "$": "dollars", "€": "euros"}
_SPOKEN = {"%": ["percent"], "&": ["and"], "@": ["at"], "+": ["plus"]}
_GROUPS = re.compile(r"\b\d{2,}(?:[ -]\d{2,})+\b")
_CLOCK = re.compile(r"(?<=\d)\s?([ap])m\b")
_ORDINAL = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)\b")
_FOREIGN = re.compile(r"[^\x00-\x7f£€]")
_TYPOGRAPHY = str.maketrans({"’": "'", "‘": "'", "é": "e", "ñ": "n", "ü": "u", "–": " ", "—": " ", "…": " "})
NUMBER_ENTITIES = {"policy_number": 7, "claim_number": 7}


@dataclass(frozen=True, slots=True)
class Sentence:
    """One training sentence: its words as they are spoken, and the intent it is an example of."""

    words: tuple[str, ...]
    intent: str


def sentences(folder: Path, spellings: dict[str, str] | None = None) -> list[Sentence]:
    """Every training sentence in the YAML files of `folder`; `spellings` mends what people type but don't say."""
    return [sentence for file in sorted(folder.glob("*.yml")) for sentence in _of_file(file, spellings or {})]


def spoken_words(text: str, spellings: dict[str, str] | None = None) -> list[str]:
    """Written English as lower-case words: numbers, amounts and reference numbers spelled out.

    >>> spoken_words("CL-9040027, what's new since the 12th?")[:6]
    ['c', 'l', 'nine', 'zero', 'four', 'zero']
    """
    text = _ANNOTATED.sub(r"\1", text).lower().translate(_TYPOGRAPHY)
    text = _NUMBER.sub(lambda found: f" {' '.join(found[1])} {' '.join(digit_by_digit(found[2]))} ", text)
    text = _GROUPS.sub(_telephone_number, text)
    text = _CLOCK.sub(r" \1 m", text)
    text = _ORDINAL.sub(lambda found: f" {ordinal(int(found[1]))} ", text)
    text = re.sub(r"(?<=\d)(?=[a-z])|(?<=[a-z])(?=\d)", " ", text)
    words: list[str] = []
    currency = ""
    for token in _TOKEN.findall(text):
        if token in _MONEY:
            currency = _MONEY[token]
        elif token[0].isdigit():
            words += _spoken_number(token, bool(currency)) + ([currency] if currency else [])
            currency = ""
        elif token in _SPOKEN:
            words += _SPOKEN[token]
        elif token.strip("'"):
            words += (spellings or {}).get(token, token).split()
    return words


def _telephone_number(found: re.Match[str]) -> str:
    """Groups of digits are one number, said digit by digit; two short ones are two numbers."""
    digits = re.sub(r"\D", "", found[0])
    return f" {' '.join(digit_by_digit(digits))} " if len(digits) >= 6 else found[0]


def _spoken_number(token: str, money: bool) -> list[str]:
    whole, _, part = token.replace(",", "").partition(".")
    if "." in part:  # a date like 14.02.1957
        return digit_by_digit(re.sub(r"\D", "", token))
    words = _whole_number(whole, money)
    if part and part.strip("0"):
        words += as_words(int(part)) if money else ["point", *digit_by_digit(part)]
    return words


def _whole_number(digits: str, money: bool) -> list[str]:
    if not money and ((len(digits) > 4 and digits[-3:] != "000") or (digits.startswith("0") and len(digits) > 1)):
        return digit_by_digit(digits)
    if len(digits) > 6:
        return digit_by_digit(digits)
    if len(digits) == 4 and not money and 1900 <= int(digits) < 2100:
        return year(int(digits))
    return as_words(int(digits))


def _of_file(file: Path, spellings: dict[str, str]) -> Iterator[Sentence]:
    for block in yaml.safe_load(file.read_text(encoding="utf-8")).get("nlu") or ():
        if "intent" not in block:
            continue
        for line in str(block.get("examples", "")).splitlines():
            text = line.strip().removeprefix("- ")
            if not text or _FOREIGN.search(text.translate(_TYPOGRAPHY)):
                continue
            words = spoken_words(text, spellings)
            if words:
                yield Sentence(tuple(words), block["intent"])


def with_other_numbers(known: list[Sentence], times: int, seed: int = 7) -> list[Sentence]:
    """The sentences with a reference number in them, again and again with other digits: any number may be said."""
    random = Random(seed)
    digits = {word for digit in range(10) for word in digit_by_digit(str(digit))}
    found = [sentence for sentence in known if sum(word in digits for word in sentence.words) >= 5]
    return [
        Sentence(tuple(random.choice(sorted(digits)) if w in digits else w for w in sentence.words), sentence.intent)
        for sentence in found
        for _ in range(times)
    ]
