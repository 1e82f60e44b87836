"""Names of people in Chinese: where somebody says who they are, whom something is for, or nothing but a name."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.nlu.script import HAN
from bot.nlu.segmentation import is_listed, known_names, words

_ALONE = re.compile(rf"\W*(?P<name>[{HAN}]{{2,4}})\W*")
_SEPARATOR = r"\s*[,:]?\s*"


class ChineseNames:
    """Finds names by surname and by the words before them (tables of a grammar)."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        given = rf"(?!(?:{_either(table['titles'])}))[{HAN}]"
        familiar = rf"[{table['familiar']}][{table['surnames']}]"
        surname = rf"(?:{_either(table['double'])}|[{table['surnames']}])"
        self._name = re.compile(rf"{surname}{given}[{HAN}]?")
        latin = r"[A-Z][a-z'’-]+(?:\s[A-Z][A-Za-z'’-]+){0,3}"
        name = rf"(?P<name>{surname}{given}[{HAN}]??|{familiar}|{latin})"
        called = rf"(?:{_either(table['called'])})?"
        kin = rf"(?:[我他她你您](?:的)?)?(?:{_either(table['kin'])})?"
        behind = rf"(?=$|[^\w]|[A-Za-z\d]|{_either(table['follow'])})"
        self._led = re.compile(rf"(?:{_either(table['lead'])}){_SEPARATOR}{kin}{called}{_SEPARATOR}{name}{behind}")
        self._kin = re.compile(rf"(?:{_either(table['kin'])}){called}{_SEPARATOR}{name}{behind}")
        self._no_person = set(table["no_person"])
        self._no_given = set(table["no_given"])

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yields first and last character of each name."""
        for pattern in (self._led, self._kin):
            for match in pattern.finditer(text):
                told = set("叫名") & set(match.group()[: match.start("name") - match.start()])
                if (told or not _is_a_word(match.group("name"))) and self._may_be(match.group("name")):
                    yield match.span("name")
        alone = _ALONE.fullmatch(text)
        if alone and self._is_name(alone.group("name")):
            yield alone.span("name")

    def _is_name(self, said: str) -> bool:
        """Whether words with nothing around them are a name: the dictionary says so, or cannot make words of them."""
        if not self._name.fullmatch(said) or not self._may_be(said):
            return False
        parts = [word for word, _ in words(said)]
        unknown = not is_listed(said) and (len(parts) == 1 or all(len(part) == 1 for part in parts))
        return said in known_names() or unknown

    def _may_be(self, said: str) -> bool:
        return said not in self._no_person and not self._no_given & set(said[1:])


def _is_a_word(said: str) -> bool:
    """Whether the dictionary has it, and not as a name ("我是白领")."""
    return said not in known_names() and is_listed(said)


def _either(words: list[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))
