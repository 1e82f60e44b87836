"""Digit strings as people say them: "double five", "oh", "twenty three", "幺三八"."""

from voice.reading.lexicon import Lexicon


def digits(text: str, lexicon: Lexicon) -> str | None:
    """The digits that were said; None when other words were said, or no digit."""
    return _Digits(lexicon, lexicon.tokens(text)).read()


def two_digits(tokens: list[str], lexicon: Lexicon) -> int | None:
    """A number below 100 in words or digits: "eighty five", "oh five", "nineteen", "21"."""
    if len(tokens) == 1:
        token = tokens[0]
        known = lexicon.digits | {word: str(value) for word, value in (lexicon.teens | lexicon.tens).items()}
        found = known.get(token, token)
        return int(found) if found.isascii() and found.isdigit() and len(found) <= 2 else None
    if len(tokens) != 2 or tokens[1] not in lexicon.digits:
        return None
    first, unit = tokens[0], int(lexicon.digits[tokens[1]])
    if first in lexicon.tens and unit:
        return lexicon.tens[first] + unit
    return int(lexicon.digits[first]) * 10 + unit if first in lexicon.digits else None


class _Digits:
    """Reads word after word."""

    def __init__(self, lexicon: Lexicon, tokens: list[str]) -> None:
        self._lexicon = lexicon
        self._tokens = tokens
        self._at = 0
        self._beside = frozenset(lexicon.of_digits("beside"))
        self._times = dict.fromkeys(lexicon.of_digits("double"), 2) | dict.fromkeys(lexicon.of_digits("triple"), 3)
        self._hundred = frozenset(lexicon.of_digits("hundred"))
        self._thousand = frozenset(lexicon.of_digits("thousand"))

    def read(self) -> str | None:
        found = ""
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            if self._is_beside(token):
                continue
            if token in self._hundred | self._thousand:
                if not found:
                    return None
                found += self._zeros(token)
                continue
            piece = self._piece(token)
            if piece is None:
                return None
            found += piece
        return found or None

    def _piece(self, token: str) -> str | None:
        if token.isascii() and token.isdigit():
            return token
        if token in self._times:
            digit = self._lexicon.digits.get(self._next() or "")
            self._at += 1
            return digit * self._times[token] if digit else None
        if token in self._lexicon.teens:
            return str(self._lexicon.teens[token])
        if token in self._lexicon.tens:
            return self._tens(token)
        return self._lexicon.digits.get(token)

    def _tens(self, token: str) -> str:
        unit = self._lexicon.digits.get(self._next() or "", "0")
        if unit == "0":
            return str(self._lexicon.tens[token])
        self._at += 1
        return str(self._lexicon.tens[token] + int(unit))

    def _zeros(self, token: str) -> str:
        """ "five hundred twelve" is 512, "five hundred" alone 500; the 5 is there already."""
        size = 2 if token in self._hundred else 3
        while self._next() in self._beside:
            self._at += 1
        following = self._next()
        if following is None:
            return "0" * size
        self._at += 1
        return (self._piece(following) or "").rjust(size, "0")

    def _is_beside(self, token: str) -> bool:
        # "oh, my number is": a sigh, not a zero.
        sigh = self._at == 1 and token in ("oh", "o") and self._next() in self._beside
        return sigh or token in self._beside

    def _next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None
