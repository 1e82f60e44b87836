"""Reads entities off messages in English, in Chinese, and in both at once."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import yaml

from bot.nlu.chinese_extraction import ChineseExtractor
from bot.nlu.contact import Code
from bot.nlu.extraction import FOLDER, Entity, choose, extractor_for
from bot.nlu.language import CHINESE, ENGLISH
from bot.nlu.script import fold, has_han

_LATIN = re.compile("[A-Za-z]")
_FIRST_LETTER = re.compile(r"(?<![\w'’])[^\W\d_]")


class BilingualExtractor:
    """The grammars of both languages; which are asked depends on the characters of a message."""

    def __init__(self, languages: Sequence[str]) -> None:
        """Loads the grammars of `languages`, "en" and "zh".

        Raises:
            ValueError: another language, or no English, which reads the Latin words of Chinese messages too.
        """
        if not {ENGLISH} <= set(languages) <= {ENGLISH, CHINESE}:
            raise ValueError(f'The grammars are "en" and "zh", the first of them always; not {list(languages)}.')
        self._english = extractor_for(ENGLISH)
        self._chinese = chinese_extractor() if CHINESE in languages else None

    def extract(self, text: str) -> list[Entity]:
        """Returns the entities of a message in order, with their places and words in the message as it was written."""
        folded = fold(text)
        if self._chinese is None or (not has_han(folded) and _LATIN.search(folded)):
            return _as_written(text, self._english.extract(folded))
        codes = self._chinese.codes(folded, self._english.addresses(folded))
        english = self._english.readings(folded, codes)
        if has_han(folded):  # there the digits belong to the Chinese around them
            english = [reading for reading in english if _LATIN.search(reading["text"])]
        readings = [r for r in [*english, *self._chinese.readings(folded)] if not _overlaps(r, codes)]
        return _as_written(text, choose(folded, codes, readings))


@lru_cache(maxsize=1)
def chinese_extractor() -> ChineseExtractor:
    """Returns the extractor of the Chinese grammar."""
    return ChineseExtractor(yaml.safe_load((FOLDER / f"{CHINESE}.yml").read_text("utf-8")))


def _overlaps(reading: Entity, codes: Sequence[Code]) -> bool:
    return any(reading["start"] < code.end and code.start < reading["end"] for code in codes)


def _as_written(text: str, entities: list[dict[str, Any]]) -> list[Entity]:
    """The folded words give way to the ones that were typed; values that quote words do too."""
    for entity in entities:
        said = text[entity["start"] : entity["end"]]
        if entity["value"] == entity["text"] and entity["entity"] in ("vehicle", "address", "person_name"):
            entity["value"] = _in_capitals(said) if entity["entity"] == "person_name" else said
        entity["text"] = said
    return entities


def _in_capitals(name: str) -> str:
    """A name that was typed in small letters only, as names are written."""
    return _FIRST_LETTER.sub(lambda letter: letter.group().upper(), name) if name.islower() else name
