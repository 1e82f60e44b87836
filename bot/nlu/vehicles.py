"""Cars by year, make and model: "2018 Honda Civic"."""

from collections.abc import Iterator
from typing import Any

from bot.nlu.lexer import YEAR, Lexed


class VehicleFinder:
    """Finds vehicles by the makes and models of a grammar."""

    def __init__(self, table: dict[str, Any]) -> None:
        self._makes = set(map(str, table["makes"]))
        self._models = set(map(str, table["models"]))
        self._ambiguous = set(table["ambiguous"])

    def find(self, lexed: Lexed) -> Iterator[tuple[int, int, str]]:
        """Yields first and last character and the words of each vehicle."""
        tokens = lexed.tokens
        for place, token in enumerate(tokens):
            make = token.text.lower()
            if make not in self._makes:
                continue
            first, last = place, place
            while last + 1 < len(tokens) and tokens[last + 1].text.lower() in self._models and last < place + 2:
                last += 1
            if first and tokens[first - 1].kind == YEAR:
                first -= 1
            if make in self._ambiguous and first == last:
                continue
            start, end = tokens[first].start, tokens[last].end
            yield start, end, lexed.text[start:end]
