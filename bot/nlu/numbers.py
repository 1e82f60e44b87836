"""Number words to numbers: "two and a half grand", "twenty-three", "nineteen eighty"."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from bot.nlu.lexemes import Lexeme


class NumberWords:
    """Merges runs of number words into one token each, by the tables of one language."""

    def __init__(self, tables: dict[str, Any]) -> None:
        self._ones = {word: Decimal(value) for word, value in tables["ones"].items()}
        self._tens = {word: Decimal(value) for word, value in tables["tens"].items()}
        self._scales = {word: Decimal(value) for word, value in tables["scales"].items()}
        self._fractions = {word: Decimal(str(value)) for word, value in tables["fractions"].items()}
        self._ordinals: dict[str, int] = tables["ordinals"]
        self._articles, self._joiners = set(tables["articles"]), set(tables["joiners"])
        self._of, self._point, self._oh = set(tables["of"]), set(tables["point"]), set(tables["oh"])
        self._money = set(tables["money_scales"])
        self._pronoun = set(tables["pronoun"])
        self._pronoun_after, self._pronoun_before = set(tables["pronoun_after"]), set(tables["pronoun_before"])

    def merge(self, tokens: Sequence[Lexeme], text: str) -> list[Lexeme]:
        """Returns the tokens with each number phrase as one token of kind number, ordinal, year or money."""
        merged, position = [], 0
        while position < len(tokens):
            phrase = _Phrase(self, tokens, position)
            if phrase.read() and not self._is_pronoun(tokens, position, phrase.position):
                first, last = tokens[position], tokens[phrase.position - 1]
                kind, value = phrase.result()
                merged.append(type(first)(text[first.start : last.end], first.start, last.end, kind, value))
                position = phrase.position
            else:
                merged.append(tokens[position])
                position += 1
        return merged

    def _is_pronoun(self, tokens: Sequence[Lexeme], start: int, end: int) -> bool:
        if end != start + 1 or tokens[start].text.lower() not in self._pronoun:
            return False
        before = tokens[start - 1].text.lower() if start else ""
        after = tokens[end].text.lower() if end < len(tokens) else ""
        return before in self._pronoun_after or after in self._pronoun_before


class _Phrase:
    """Reads one number phrase from a position on; `position` ends behind it."""

    def __init__(self, words: NumberWords, tokens: Sequence[Lexeme], position: int) -> None:
        self._w, self._tokens, self.position = words, tokens, position
        self._total, self._current = Decimal(0), Decimal(0)
        self._last = Decimal(0)  # the smallest place filled so far; what follows must be smaller
        self._kind, self._digits = "number", False

    def result(self) -> tuple[str, Any]:
        """Returns the phrase's kind and value."""
        value = self._total + self._current
        return self._kind, int(value) if self._kind in ("ordinal", "year") else value

    def read(self) -> bool:
        """Reads as far as the phrase goes; false when there is none."""
        if not self._opening():
            return False
        while self._more():
            pass
        return True

    def _word(self, ahead: int = 0) -> str:
        place = self.position + ahead
        return self._tokens[place].text.lower() if place < len(self._tokens) else ""

    def _take(self, value: Decimal, count: int = 1) -> None:
        self._current += value
        self._last = value
        self.position += count

    def _opening(self) -> bool:
        word, token = self._word(), self._tokens[self.position]
        if self._share_of_a_scale():
            return True
        if token.kind == "number":
            self._digits = True
            self._take(token.value)
            return self._may_grow()
        if word in self._w._ordinals and not token.kind:
            self._kind = "ordinal"
            self._take(Decimal(self._w._ordinals[word]))
            return True
        if word in self._w._ones or word in self._w._tens:
            return self._cardinal(word)
        return self._article(word)

    def _may_grow(self) -> bool:
        """Digits alone stay as they are unless a scale or a fraction follows."""
        before = self.position
        grew = self._scale() or self._and_fraction()
        return grew or before != self.position

    def _share_of_a_scale(self) -> bool:
        """ "half a million", "a quarter million", "three quarters of a million"."""
        ahead, count = int(self._word() in self._w._articles), Decimal(1)
        if not ahead and self._word(1) in self._w._fractions:
            ahead, count = 1, self._w._ones.get(self._word(), Decimal(0))
        share = self._w._fractions.get(self._word(ahead))
        if share is None or not count:
            return False
        ahead += 1 + (self._word(ahead + 1) in self._w._of)
        ahead += self._word(ahead) in self._w._articles
        if self._word(ahead) not in self._w._scales or len(self._word(ahead)) == 1:
            return False
        self._current, self.position = count * share, self.position + ahead
        return self._scale()

    def _article(self, word: str) -> bool:
        """ "a hundred", "a couple of hundred"."""
        if word not in self._w._articles:
            return False
        follows = self._word(1)
        if follows in self._w._scales and len(follows) > 1:
            self._current, self.position = Decimal(1), self.position + 1
            return self._scale()
        if follows in self._w._ones and self._word(2) in self._w._of and self._word(3) in self._w._scales:
            self._current, self.position = self._w._ones[follows], self.position + 3
            return self._scale()
        return False

    def _cardinal(self, word: str) -> bool:
        value = self._w._ones.get(word, self._w._tens.get(word))
        if value is None:
            return False
        self._take(value)
        return True

    def _more(self) -> bool:
        if self._kind != "number":
            return False
        return (
            self._year() or self._unit() or self._scale() or self._and_fraction() or self._decimals() or self._joined()
        )

    def _unit(self) -> bool:
        """A smaller number behind a ten or a scale: "twenty three", "hundred fifty", "twenty third"."""
        word = self._word()
        room = self._last if self._last >= 20 else Decimal(0)
        ordinal = self._w._ordinals.get(word)
        if ordinal and ordinal < 10 and self._last in self._w._tens.values() and not self._digits:
            self._kind = "ordinal"
            self._take(Decimal(ordinal))
            return True
        value = self._w._ones.get(word, self._w._tens.get(word))
        limit = Decimal(10) if 20 <= room < 100 else room
        if value is None or value >= limit or (self._digits and self._total + self._current < 100):
            return False
        self._take(value)
        return True

    def _scale(self) -> bool:
        word = self._word()
        scale = self._w._scales.get(word)
        if scale is None or (self._current == 0 and self._total) or (len(word) == 1 and not self._digits):
            return False
        if scale == 100:
            if self._current >= 100:
                return False
            self._current *= scale
        else:
            self._total += self._current * scale
            self._current = Decimal(0)
        self._last = scale
        self.position += 1
        if word in self._w._money:
            self._kind = "money"
        return True

    def _and_fraction(self) -> bool:
        """ "and a half", also before a scale: "two and a half grand"."""
        if self._word() in self._w._joiners and self._word(1) in self._w._articles:
            fraction = self._w._fractions.get(self._word(2))
            if fraction is not None:
                self._current += fraction * (self._last if self._last >= 1000 else 1)
                self.position += 3
                self._scale()
                return True
        return False

    def _decimals(self) -> bool:
        if self._word() not in self._w._point or self._word(1) not in self._w._ones:
            return False
        self.position += 1
        place = Decimal("0.1")
        while self._word() in self._w._ones and self._w._ones[self._word()] < 10:
            self._current += self._w._ones[self._word()] * place
            place /= 10
            self.position += 1
        return True

    def _joined(self) -> bool:
        """ "two hundred and fifty"."""
        if self._word() not in self._w._joiners or self._last < 100:
            return False
        value = self._w._ones.get(self._word(1), self._w._tens.get(self._word(1)))
        if value is None or value >= 100:
            return False
        self._take(value, 2)
        return True

    def _year(self) -> bool:
        """ "nineteen eighty", "twenty twenty-five", "nineteen oh five"."""
        century = self._total + self._current
        if self._digits or not 18 <= century <= 20 or self._last not in (18, 19, 20):
            return False
        word = self._word()
        if word in self._w._oh and self._word(1) in self._w._ones:
            value, count = self._w._ones[self._word(1)], 2
        elif word in self._w._tens:
            value, count = self._w._tens[word], 1
            if self._w._ones.get(self._word(1), Decimal(10)) < 10:
                value, count = value + self._w._ones[self._word(1)], 2
        elif 10 <= self._w._ones.get(word, Decimal(0)) < 20:
            value, count = self._w._ones[word], 1
        else:
            return False
        self._kind, self._current, self.position = "year", century * 100 + value, self.position + count
        return True
