"""The knowledge exam: is the right passage found, and is nothing given as the answer where none answers?"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

Parse = Callable[[Sequence[str]], list[dict[str, Any]]]


@dataclass(frozen=True)
class Missed:
    """A question that got no right passage, with what stood first instead (empty: nothing was found)."""

    question: str
    expected: str
    given: str


@dataclass(frozen=True)
class KnowledgeScore:
    """How one file of questions went; shares from 0 to 1, None where it has no such question.

    Attributes:
        first, among: the right passage stands first, or among those found, given as the answer or offered.
        quoted, misquoted: the first passage is given as the answer, rightly or wrongly.
        silent: no passage is given as the answer; some may be offered.
    """

    file: str
    answerable: int
    first: float | None
    among: float | None
    quoted: float | None
    misquoted: float | None
    unanswerable: int
    silent: float | None
    missed: list[Missed]


def examine(file: Path, parse: Parse) -> KnowledgeScore:
    """Asks all questions of a file.

    Args:
        file: a list of `question`, `expect` (a passage's id, or null where none answers) and perhaps `also`.
        parse: the pipeline.
    """
    questions = yaml.safe_load(file.read_text("utf-8"))
    answers = parse([entry["question"] for entry in questions])
    marks: dict[str, list[bool]] = defaultdict(list)
    missed = []
    for entry, answer in zip(questions, answers, strict=True):
        found = answer.get("knowledge") or []
        given = [passage["id"] for passage in found]
        certain = bool(found) and found[0].get("certain", True)  # a retriever without degrees is always certain
        accepted = {entry["expect"], *(entry.get("also") or [])} - {None}
        right = bool(given) and given[0] in accepted
        if accepted:
            marks["first"].append(right)
            marks["among"].append(bool(accepted & set(given)))
            marks["quoted"].append(right and certain)
            marks["misquoted"].append(certain and not right)
        else:
            marks["silent"].append(not certain)
        if not (right if accepted else marks["silent"][-1]):
            missed.append(Missed(entry["question"], entry["expect"] or "", given[0] if given else ""))
    shares = {name: _share(marks[name]) for name in ("first", "among", "quoted", "misquoted", "silent")}
    return KnowledgeScore(file.stem, len(marks["first"]), unanswerable=len(marks["silent"]), missed=missed, **shares)


def _share(marks: Sequence[bool]) -> float | None:
    return sum(marks) / len(marks) if marks else None
