"""The tokens that grammar rules match."""

from dataclasses import dataclass
from typing import Any

NUMBER, ORDINAL, YEAR, DATE, CLOCK, SYMBOL, MONEY, CODE, WORD = (
    "number",
    "ordinal",
    "year",
    "numeric_date",
    "clock",
    "symbol",
    "money",
    "code",
    "",
)


@dataclass
class Lexeme:
    """One token: its text and place in the sentence, what kind of thing it is and which value it has."""

    text: str
    start: int
    end: int
    kind: str = WORD
    value: Any = None
