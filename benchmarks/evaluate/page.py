"""The report as one HTML file that needs nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from benchmarks.evaluate.entities import EntityScore
from benchmarks.evaluate.figures import histogram
from benchmarks.evaluate.intents import OUTSIDE, Verdicts
from benchmarks.evaluate.knowledge import KnowledgeScore
from benchmarks.evaluate.pipeline import Asked

_NAMES = ("in scope", "out of scope")


@dataclass(frozen=True)
class Exam:
    """One set of sentences and how it went; `key` and `folds` choose the words of the page."""

    key: str
    title: str
    verdicts: Verdicts
    folds: int = 0

    def confidence_chart(self) -> Markup:
        """Returns the histogram of confidence."""
        return histogram(
            self._split("inside"), _NAMES, "confidence of the likeliest intent in scope", np.linspace(0, 1, 26)
        )

    def scope_chart(self) -> Markup | None:
        """Returns the histogram of the score for being in scope, from which the threshold is taken away."""
        groups = self._split("margin")
        values = [value for group in groups for value in group]
        if not values or None in values:
            return None
        low, high = np.quantile(values, 0.005), np.quantile(values, 0.995)
        edges = np.linspace(min(low, -0.1), max(high, 0.1), 31)
        return histogram(groups, _NAMES, "score for being in scope, less the threshold", edges, (0.0, "threshold"))

    def cells(self, meant: str) -> list[tuple[str, int, int]]:
        """Returns one row of the confusion matrix: intent, count, and depth of colour from 0 to 9."""
        names = self.verdicts.intents()
        counts = [self.verdicts.confused(meant, decided) for decided in names]
        total = sum(counts) or 1
        return [(name, n, min(9, int(np.ceil(9 * n / total)))) for name, n in zip(names, counts, strict=True)]

    def _split(self, attribute: str) -> tuple[list[float], list[float]]:
        pairs = zip(self.verdicts.asked, self.verdicts.pairs, strict=True)
        values = [(getattr(one, attribute), meant == OUTSIDE) for one, (meant, _) in pairs]
        return [value for value, out in values if not out], [value for value, out in values if out]


@dataclass(frozen=True)
class EntityExam:
    """The entities of one language: scores, and sentences with what was missed and what was found too much."""

    language: str
    sentences: int
    scores: list[EntityScore]
    misread: list[tuple[Asked, list[str], list[str]]]


@dataclass(frozen=True)
class Report:
    """Everything on the page."""

    about: dict[str, Any]
    exams: Sequence[Exam]
    entities: Sequence[EntityExam]
    knowledge: Sequence[KnowledgeScore]


def render(report: Report) -> str:
    """Returns the page."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = _percent
    environment.filters["colour"] = _colour
    return environment.get_template("report.html.j2").render(report=report)


def _percent(share: float | None, digits: int = 0) -> str:
    return "–" if share is None else f"{100 * share:.{digits}f}"


def _colour(share: float | None) -> str:
    """A class name for good, middling and bad shares."""
    if share is None:
        return "none"
    return "good" if share >= 0.9 else "fair" if share >= 0.75 else "poor"
