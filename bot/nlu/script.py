"""How a sentence is written: Chinese characters or Latin letters, and one spelling for what means the same."""

import re
from functools import lru_cache
from pathlib import Path

import yaml

HAN = "\u3400-\u4dbf\u4e00-\u9fff"
HAN_RUN = re.compile(f"[{HAN}]+")
_TRADITIONAL = Path(__file__).parent / "grammar" / "traditional.yml"


def has_han(text: str) -> bool:
    """Whether a text has a Chinese character in it."""
    return HAN_RUN.search(text) is not None


def fold(text: str) -> str:
    """Returns the text with full-width forms as ASCII and traditional characters as simplified ones.

    One character for one: every place in the text stays where it was.
    """
    return text if text.isascii() else text.translate(_folding())


@lru_cache(maxsize=1)
def _folding() -> dict[int, str]:
    table = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    table[0x3000] = " "
    pairs = yaml.safe_load(_TRADITIONAL.read_text("utf-8"))["pairs"].split()
    table.update({ord(pair[0]): pair[1] for pair in pairs})
    return table
