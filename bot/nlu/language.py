"""Which language a message is written in, from its script and a little of its words."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.nlu.script import HAN_RUN, fold

CHINESE, ENGLISH = "zh", "en"
_FILE = Path(__file__).parent / "grammar" / "languages.yml"
_CODES = re.compile(r"\S*\d\S*|\S+@\S+|https?://\S+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+(?:['\u2019][A-Za-z]+)?")
_OTHER_SCRIPTS = re.compile(r"[\u3040-\u30ff\uac00-\ud7af\u0400-\u04ff\u0600-\u06ff\u0e00-\u0e7f]")  # kana, hangul, ...
_CHARACTERS_OF_A_WORD = 1.6
_COMMON = 1.0  # what a common English word counts beside being a word
_GRAMMAR = 2.0  # and a common Chinese character: nobody puts 我 or 的 into an English sentence
_MARGIN = 1.0
_ENOUGH = 3.0  # two English words with no common one among them may be a name: "Toyota Corolla"


@dataclass(frozen=True)
class Language:
    """The language of a message.

    Attributes:
        code: "en" or "zh"; the conversation's so far where the message does not say.
        certain: whether the message says so itself.
        asked: whether the message asks for this language.
    """

    code: str
    certain: bool
    asked: bool = False

    def as_output(self) -> dict[str, Any]:
        """The parse output's form."""
        return {"code": self.code, "certain": self.certain, "asked": self.asked}


class Identifier:
    """Tells languages apart by the tables of `grammar/languages.yml`."""

    def __init__(self, tables: dict[str, Any]) -> None:
        self._english = set(tables[ENGLISH]["common"])
        self._chinese = set(tables[CHINESE]["common"])
        self._neutral = set(tables["neutral"])
        self._asked = {code: _any_of(tables[code]["asked"]) for code in (CHINESE, ENGLISH)}
        self._refused = {code: re.compile(pattern, re.IGNORECASE) for code, pattern in tables["refused"].items()}

    def identify(self, text: str, so_far: str) -> Language:
        """Returns the language of a message.

        Args:
            text: the message.
            so_far: the conversation's language, kept for what belongs to none: numbers, names, "ok".
        """
        folded = fold(text)
        asked = self._request(folded)
        if asked:
            return Language(asked, certain=True, asked=True)
        if _OTHER_SCRIPTS.search(folded):
            return Language(so_far, certain=False)
        chinese, english = self._weights(folded)
        if chinese and chinese - english >= min(_MARGIN, chinese):
            return Language(CHINESE, certain=True)
        if english >= _ENOUGH and english - chinese >= _MARGIN:
            return Language(ENGLISH, certain=True)
        return Language(so_far, certain=False)

    def _request(self, text: str) -> str | None:
        """The one language that is asked for and not refused."""
        asked = [c for c, wish in self._asked.items() if wish.search(text) and not self._refused[c].search(text)]
        return asked[0] if len(asked) == 1 else None

    def _weights(self, text: str) -> tuple[float, float]:
        plain = _CODES.sub(" ", text)
        characters = "".join(HAN_RUN.findall(text))
        chinese = len(characters) / _CHARACTERS_OF_A_WORD + _GRAMMAR * sum(c in self._chinese for c in characters)
        words = [word.lower().replace("\u2019", "'") for word in _LATIN.findall(plain)]
        words = [word for word in words if (word not in self._neutral and len(word) > 1) or word in self._english]
        english = len(words) + _COMMON * sum(word in self._english for word in words)
        return chinese, english


@lru_cache(maxsize=1)
def identifier() -> Identifier:
    """Returns this process's identifier."""
    return Identifier(yaml.safe_load(_FILE.read_text("utf-8")))


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)
