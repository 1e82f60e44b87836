"""Text cut into what is spoken at once: sentences, and long ones at a comma."""

import re

LONGEST = 240
"""Characters made at once; more of them and the caller would wait for the first."""
_END = re.compile(r"(?<=[.!?:;])\s+|(?<=[。！？；])\s*|\s*\n\s*")
_PAUSE = re.compile(r"(?<=[,;:])\s+|(?<=[，、：])")


def sentences(text: str) -> list[str]:
    """The sentences of a text written as it is spoken; none is empty, soundless or longer than `LONGEST`."""
    parts = (part for sentence in _END.split(text) if sentence.strip() for part in _parts(sentence.strip()))
    return [part for part in parts if any(character.isalpha() for character in part)]


def _parts(sentence: str) -> list[str]:
    parts: list[str] = []
    for clause in _PAUSE.split(sentence):
        if parts and len(parts[-1]) + len(clause) < LONGEST:
            parts[-1] += _joint(parts[-1]) + clause
        else:
            parts.extend(clause[i : i + LONGEST] for i in range(0, len(clause), LONGEST))
    return [part.strip() for part in parts if part.strip()]


def _joint(before: str) -> str:
    return " " if before[-1].isascii() else ""
