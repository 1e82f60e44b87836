"""Whether the people scored today are those learned from: the population stability index."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.features import Plan

WATCH, ACT = 0.1, 0.25  # the bounds in use since Siddiqi (2006), Credit Risk Scorecards
_BINS = 10
_FLOOR = 1e-4  # a share of nothing would make the index infinite


def reference(x: np.ndarray, plan: Plan, scores: np.ndarray) -> dict[str, Any]:
    """What `index` compares with: of each feature and of the scores, edges or levels and their shares."""
    features = []
    for index, feature in enumerate(plan.features):
        edges = [] if feature.is_category else _edges(x[:, index])
        size = len(feature.levels or ()) + 1 if feature.is_category else len(edges) + 1
        features.append({"name": feature.name, "edges": edges, "shares": _shares(x[:, index], edges, size)})
    edges = _edges(scores)
    return {"features": features, "scores": {"edges": edges, "shares": _shares(scores, edges, len(edges) + 1)}}


class Drift:
    """Counts rows as they come, and compares them with the reference at any time; memory does not grow."""

    def __init__(self, reference: dict[str, Any]) -> None:
        self._parts = [*reference["features"], {"name": "score", **reference["scores"]}]
        self._counts = [np.zeros(len(part["shares"])) for part in self._parts]

    def add(self, x: np.ndarray, scores: np.ndarray) -> None:
        """Rows of the matrix and their scores."""
        for index, part in enumerate(self._parts):
            values = scores if index == len(self._parts) - 1 else x[:, index]
            self._counts[index] += _counted(values, part["edges"], len(part["shares"]) - 1)

    def join(self, other: "Drift") -> None:
        """The rows that `other` counted against the same reference."""
        for counts, more in zip(self._counts, other._counts, strict=True):
            counts += more

    def indices(self) -> dict[str, float]:
        """The index of each feature and of the score."""
        return {
            part["name"]: index(part["shares"], (counts / max(counts.sum(), 1)).tolist())
            for part, counts in zip(self._parts, self._counts, strict=True)
        }


def index(expected: Sequence[float], actual: Sequence[float]) -> float:
    """The population stability index of two lists of shares: 0 for equal ones."""
    e, a = np.maximum(expected, _FLOOR), np.maximum(actual, _FLOOR)
    return float(np.sum((a - e) * np.log(a / e)))


def level(value: float) -> str:
    """ "stable", "watch" (from 0.1) or "act" (from 0.25)."""
    return "act" if value >= ACT else "watch" if value >= WATCH else "stable"


def _edges(values: np.ndarray) -> list[float]:
    there = values[~np.isnan(values)]
    if not len(there):
        return []
    return [float(edge) for edge in np.unique(np.quantile(there, np.linspace(0, 1, _BINS + 1)[1:-1]))]


def _shares(values: np.ndarray, edges: Sequence[float], size: int) -> list[float]:
    counts = _counted(values, edges, size)
    return [float(share) for share in counts / max(counts.sum(), 1)]


def _counted(values: np.ndarray, edges: Sequence[float], size: int) -> np.ndarray:
    """Rows by bin; the last one counts what is missing. Without edges the values are codes."""
    missing = np.isnan(values)
    there = values[~missing]
    bins = np.searchsorted(edges, there, side="right") if len(edges) else there.astype(int)
    counts = np.bincount(np.minimum(bins, size - 1), minlength=size).astype(float)
    return np.append(counts, missing.sum())
