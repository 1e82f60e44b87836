"""Numbers as English words, and digit words as digits."""

_ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_TENS = ["zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
DIGITS = {**{word: str(value) for value, word in enumerate(_ONES[:10])}, "oh": "0", "o": "0"}
REPEATED = {"double": 2, "triple": 3}


def as_words(number: int) -> list[str]:
    """A whole number below a million, as British and American callers both say it.

    >>> " ".join(as_words(1250))
    'one thousand two hundred fifty'
    """
    if number < 20:
        return [_ONES[number]]
    if number < 100:
        return [_TENS[number // 10], *(as_words(number % 10) if number % 10 else [])]
    size, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    return [*as_words(number // size), name, *(as_words(number % size) if number % size else [])]


def ordinal(number: int) -> str:
    """`12` is `twelfth`; words, separated by blanks.

    >>> ordinal(23)
    'twenty third'
    """
    *before, last = as_words(number)
    last = last.removesuffix("y") + "ieth" if last.endswith("ty") else _ORDINALS.get(last, last + "th")
    return " ".join([*before, last])


def year(number: int) -> list[str]:
    """A year as it is said: `1985` is nineteen eighty five, `2004` two thousand four.

    >>> " ".join(year(2024))
    'twenty twenty four'
    """
    century, rest = divmod(number, 100)
    if 2000 <= number < 2010:
        return ["two", "thousand", *(as_words(rest) if rest else [])]
    if not rest:
        return [*as_words(century), "hundred"]
    return [*as_words(century), *(["oh"] if rest < 10 else []), *as_words(rest)]


def digit_by_digit(digits: str) -> list[str]:
    """`907` is nine zero seven."""
    return [_ONES[int(digit)] for digit in digits]


def digits_of(words: list[str]) -> str:
    """The digits that digit words (or figures) mean; `double four` is 44. Other words count for nothing."""
    digits, times = "", 1
    for word in words:
        if word in REPEATED:
            times = REPEATED[word]
        elif word in DIGITS or word.isdecimal():
            digits += DIGITS.get(word, word) * times
            times = 1
    return digits
