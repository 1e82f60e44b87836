"""Chinese word for word in English, for an encoder that knows no Chinese.

A gloss is no translation. An English sentence encoder makes something of "my car by someone crash" all the same, where
of Chinese characters it knows hardly any. The words come from `grammar/gloss_zh.yml`.
"""

import re
from functools import lru_cache
from pathlib import Path

import yaml

from bot.nlu.script import HAN, HAN_RUN, fold

_FILE = Path(__file__).parent / "grammar" / "gloss_zh.yml"
_PARTS = re.compile(f"[{HAN}]+|[a-z0-9]+")
_KNOWN, _UNKNOWN, _LENGTH = 1.0, 1.7, 0.02  # what a word costs: few words, long ones, none unknown


class Gloss:
    """A bilingual word list, and the cheapest way to cut a sentence into its words."""

    def __init__(self, words: dict[str, str]) -> None:
        self._english = words
        self._longest = max(map(len, words), default=1)

    def english(self, text: str) -> str:
        """Returns the text with its Chinese replaced by English words; what is not listed is left out."""
        return " ".join(HAN_RUN.sub(self._replaced, fold(text)).split())

    def meanings(self, text: str) -> list[str]:
        """Returns the words of a text in order, each as its English gloss, or as it is where it has none."""
        found: list[str] = []
        for part in _PARTS.findall(fold(text).lower()):
            found += [self._english.get(w, w) for w in self.cut(part)] if HAN_RUN.match(part) else [part]
        return [meaning for meaning in found if meaning]

    def cut(self, run: str) -> list[str]:
        """Splits a run of Chinese characters into listed words and single characters."""
        cost, before = [0.0] + [float("inf")] * len(run), [0] * (len(run) + 1)
        for start in range(len(run)):
            for end in range(start + 1, min(len(run), start + self._longest) + 1):
                price = self._price(run[start:end])
                if price is not None and cost[start] + price < cost[end]:
                    cost[end], before[end] = cost[start] + price, start
        words: list[str] = []
        end = len(run)
        while end:
            words.append(run[before[end] : end])
            end = before[end]
        return words[::-1]

    def _price(self, word: str) -> float | None:
        if word in self._english:
            return _KNOWN - _LENGTH * len(word) ** 2
        return _UNKNOWN if len(word) == 1 else None

    def _replaced(self, match: re.Match[str]) -> str:
        return f" {' '.join(self._english.get(word, '') for word in self.cut(match.group()))} "


@lru_cache(maxsize=1)
def chinese_gloss() -> Gloss:
    """Returns the gloss of `grammar/gloss_zh.yml`."""
    listed = yaml.safe_load(_FILE.read_text("utf-8"))
    words: dict[str, str] = {}
    for english, chinese in listed.items():
        for word in str(chinese).split():
            words.setdefault(fold(word).lower(), str(english))
    return Gloss(words)
