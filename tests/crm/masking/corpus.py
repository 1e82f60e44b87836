"""The sentences with marked personal data, read."""

import re
from dataclasses import dataclass
from pathlib import Path

_MARK = re.compile(r"\[\[([A-Z_]+)\|(.*?)\]\]")


@dataclass(frozen=True)
class Sentence:
    """A sentence and where personal data stands in it: (start, end, kind)."""

    text: str
    language: str
    spans: tuple[tuple[int, int, str], ...]


def sentences(language: str, name: str = "corpus") -> list[Sentence]:
    """The sentences of a language: of the `corpus`, or those `unseen` by who made the recognisers."""
    return [_read(line, language) for line in _lines(language, name) if not line.startswith("#")]


def known(language: str, name: str = "corpus") -> list[str]:
    """What the store is taken to hold of the customer in these sentences."""
    head = "# known: "
    return [line.removeprefix(head) for line in _lines(language, name) if line.startswith(head)]


def _lines(language: str, name: str) -> list[str]:
    return Path(__file__).with_name(f"{name}_{language}.txt").read_text(encoding="utf-8").splitlines()


def _read(line: str, language: str) -> Sentence:
    text, spans, last = "", [], 0
    for mark in _MARK.finditer(line):
        text += line[last : mark.start()]
        spans.append((len(text), len(text) + len(mark[2]), mark[1]))
        text += mark[2]
        last = mark.end()
    return Sentence(text + line[last:], language, tuple(spans))
