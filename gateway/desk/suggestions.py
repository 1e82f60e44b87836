"""Replies suggested from the knowledge: the sections that share most, and the rarest, words with what a customer said.

The bot finds passages by their meaning, with the encoder in its own process; here the words do (TF-IDF over the same
stems as the search, headings and their other phrasings counting twice): a colleague looks at three of them and picks.
"""

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from crm.search import tokens_of

MOST = 3
_LEAST = 0.12  # cosine of the weighted words; below it a section shares only common ones
_NEAR = 0.6  # of the best one's likeness: what lies further off only looks like an answer
_SHORT = 3  # words; a shorter message is read together with the one before it
_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_SECTION = re.compile(r"^## +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKUP = re.compile(r"\*\*|__|`|^#+ *", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A section that may answer: its heading, the file it stands in, its text without markup."""

    heading: str
    slug: str
    text: str


class Suggestions:
    """The sections of a folder with a sub-folder for each language; read again when a file changes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, _Index]] = {}

    def for_messages(self, said: Sequence[str], language: str, most: int = MOST) -> list[Suggestion]:
        """Sections for what a customer said last, the best first; none when nothing fits.

        Args:
            said: the customer's newest texts, the last one last.
        """
        if not said:
            return []
        words = tokens_of(said[-1])
        if len(words) < _SHORT:
            words = set().union(*(tokens_of(text) for text in said[-2:]))
        return self._index(language).best(words, most) if words else []

    def _index(self, language: str) -> "_Index":
        files = sorted((self._root / language.split("-")[0]).glob("*.md"))
        changed = max((file.stat().st_mtime for file in files), default=0.0) + len(files)
        with self._lock:
            known = self._known.get(language)
            if known is None or known[0] != changed:
                known = self._known[language] = (changed, _Index(files))
        return known[1]


class _Index:
    def __init__(self, files: Sequence[Path]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer  # takes a second: not before it is needed

        self._sections = [each for file in files for each in sections(file)]
        self._rows: Any = None
        if self._sections:
            self._weigh = TfidfVectorizer(analyzer=lambda words: words, sublinear_tf=True)
            self._rows = self._weigh.fit_transform(
                [
                    [*tokens_of(each.text), *2 * sorted(tokens_of(f"{each.heading} {asked}"))]
                    for each, asked in self._sections
                ]
            )

    def best(self, words: set[str], most: int) -> list[Suggestion]:
        """The sections nearest to some words."""
        if self._rows is None:
            return []
        likeness = (self._rows @ self._weigh.transform([sorted(words)]).T).toarray().ravel()
        order = sorted(range(len(self._sections)), key=lambda place: -likeness[place])[:most]
        least = max(_LEAST, _NEAR * likeness[order[0]])
        return [self._sections[place][0] for place in order if likeness[place] >= least]


def sections(file: Path) -> list[tuple[Suggestion, str]]:
    """The sections of a knowledge file, each with the other phrasings of its heading."""
    source = file.read_text(encoding="utf-8")
    head = _FRONT_MATTER.match(source)
    asked = (yaml.safe_load(head.group(1)) or {}).get("also asked") or {} if head else {}
    parts = _SECTION.split(source[head.end() :] if head else source)
    return [
        (Suggestion(_plain(heading), file.stem, _plain(text)), " ".join(map(str, asked.get(heading) or ())))
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
    ]


def _plain(text: str) -> str:
    return _MARKUP.sub("", _LINK.sub(r"\1", text)).strip()
