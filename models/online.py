"""Probabilities and reasons for one customer in the action server: models loaded once, nothing but numbers on the path.

A logistic regression over single columns is a sum of one curve a column, and is kept as these curves; LightGBM gives
its exact SHAP values, whose sum is the score. Either way one pass yields the probability and what moved it.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from crm.domain import Line
from models import offers_facts, offers_versions
from models.errors import ArtefactError, ModelsError
from models.facts import Facts
from models.offers_versions import OFFERS

if TYPE_CHECKING:
    from models.artefact import Artefact  # its libraries take a second: they are loaded with the first model

logger = logging.getLogger(__name__)
_BETWEEN = 16  # points of a curve between two neighbouring quantiles


@dataclass(frozen=True, slots=True)
class Reason:
    """What a column does to the log-odds, compared with the usual customer."""

    column: str
    value: Any
    strength: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A calibrated probability, and its reasons: what raises it most first, what lowers it most last."""

    probability: float
    reasons: tuple[Reason, ...]


class _Explained(Protocol):
    """A model that takes its score apart."""

    def apart(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """The log-odds of one row of shape (1, features), and what each feature adds to the usual ones."""


class OnlineModel:
    """The model of one line, ready for single customers.

    Raises:
        ArtefactError: the model is of an algorithm that is not fast enough.
    """

    def __init__(self, artefact: "Artefact") -> None:
        self._plan, self._calibration = artefact.plan, artefact.calibration
        self._explained = _explained(artefact)
        self._sources = [feature.source for feature in artefact.plan.features]

    def score(self, values: Mapping[str, Any]) -> Scored:
        """A customer's probability, from the columns of `offers_facts.values`."""
        log_odds, parts = self._explained.apart(self._plan.row(values))
        p = self._calibration(np.array([1 / (1 + np.exp(-log_odds))]))
        moved: dict[str, float] = {}
        for source, part in zip(self._sources, parts.tolist(), strict=True):
            moved[source] = moved.get(source, 0.0) + part
        ranked = sorted(moved.items(), key=lambda item: -item[1])
        return Scored(float(p[0]), tuple(Reason(name, values.get(name), strength) for name, strength in ranked))


class Scorer:
    """The models in use; a new version is noticed by the file that names it, and loaded at the next question."""

    def __init__(self, folder: Path = OFFERS) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._models: Mapping[Line, OnlineModel] = {}

    def lines(self) -> Mapping[Line, OnlineModel]:
        """A model a line; none where nothing was fitted. One `stat` when nothing has changed."""
        mark = self._mark()
        if mark != self._seen and self._lock.acquire(blocking=not self._models):
            try:
                self._load(mark)
            finally:
                self._lock.release()
        return self._models

    def score(self, facts: Facts, line: Line, today: date) -> Scored | None:
        """How likely this customer is to want the line, and why; None without a model of it."""
        model = self.lines().get(line)
        return None if model is None else model.score(offers_facts.values(facts, line, today))

    def _mark(self) -> tuple[int, int, int] | None:
        try:
            found = (self._folder / offers_versions.CURRENT).stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _load(self, mark: tuple[int, int, int] | None) -> None:
        """Load what the pointer names; a version that cannot be loaded leaves the one before in use."""
        if mark == self._seen:
            return
        try:
            version = offers_versions.current(self._folder)
            self._models = {} if version is None else _models_of(version)
            logger.info("offer models loaded", extra={"version": version.name if version else None})
        except (ModelsError, OSError, ValueError, KeyError):
            logger.exception("offer models cannot be loaded: those before stay in use")
        self._seen = mark


def _models_of(version: Path) -> dict[Line, OnlineModel]:
    from models import artefact

    found = offers_versions.lines(version)
    if not found:
        raise ArtefactError(f"{version} holds no models: make them with `python -m models offers fit`.")
    return {line: OnlineModel(artefact.load(version / line.value)) for line in found}


def _explained(artefact: "Artefact") -> _Explained:
    from lightgbm import LGBMClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

    model = artefact.models[0] if len(artefact.models) == 1 else None
    if isinstance(model, LGBMClassifier):
        return _Trees(model)
    if isinstance(model, Pipeline) and isinstance(model[-1], LogisticRegression):
        return _Curves(model, artefact)
    raise ArtefactError(
        f"{artefact.card['algorithm']} is too slow for the conversation: use `python -m models offers fit`."
    )


class _Trees:
    """LightGBM: TreeSHAP gives the parts, and their sum with the usual score is the score."""

    def __init__(self, model: Any) -> None:
        self._booster = model.booster_

    def apart(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        parts = self._booster.predict(x, pred_contrib=True, num_threads=1)[0]
        return float(parts.sum()), parts[:-1]


class _Curves:
    """A logistic regression as one curve a feature, read off the fitted pipeline when it is loaded.

    At quantiles, and for every category, the curves are exact; in between they are straight over a sixteenth of the way
    from one quantile to the next.
    """

    def __init__(self, model: Any, artefact: "Artefact") -> None:
        plan, shares = artefact.plan, [part["shares"] for part in artefact.card["reference"]["features"]]
        self._categories = [feature.is_category for feature in plan.features]
        quantiles = _quantiles(model, plan.numbers)
        usual = np.zeros((1, len(plan.features)))
        for index, points in quantiles.items():
            usual[0, index] = points[len(points) // 2]
        base = float(model.decision_function(usual)[0])
        self._grids, self._heights, self._missing = [], [], []
        for index, feature in enumerate(plan.features):
            codes = np.arange(len(feature.levels or ()) + 1, dtype=float)
            grid = codes if feature.is_category else _finer(quantiles[index])
            heights, missing = _heights(model, usual, index, grid)
            gone = shares[index][-1]
            middle = _mean(heights, shares[index]) if feature.is_category else _at(grid, heights, quantiles[index])
            usual_height = (1 - gone) * middle + gone * missing
            base += usual_height
            self._grids.append(grid)
            self._heights.append(heights - usual_height)
            self._missing.append(missing - usual_height)
        self._base = base

    def apart(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        parts = np.array([self._part(index, value) for index, value in enumerate(x[0].tolist())])
        return self._base + float(parts.sum()), parts

    def _part(self, index: int, value: float) -> float:
        if value != value:
            return float(self._missing[index])
        heights = self._heights[index]
        if self._categories[index]:
            return float(heights[min(int(value), len(heights) - 1)])
        return float(np.interp(value, self._grids[index], heights))


def _quantiles(model: Any, numbers: list[int]) -> dict[int, np.ndarray]:
    """Of each number, the quantiles its curve bends at. Raises `ArtefactError` for a line without bends."""
    if not numbers:
        return {}
    steps = model[0].named_transformers_["numbers"].named_steps
    if "quantiletransformer" not in steps:
        raise ArtefactError("This logistic regression takes numbers as they are: use `python -m models offers fit`.")
    table = steps["quantiletransformer"].quantiles_
    return {index: table[:, place] for place, index in enumerate(numbers)}


def _finer(points: np.ndarray) -> np.ndarray:
    bends = np.unique(points)
    if len(bends) == 1:
        return bends
    return np.unique(np.interp(np.arange((len(bends) - 1) * _BETWEEN + 1) / _BETWEEN, np.arange(len(bends)), bends))


def _heights(model: Any, usual: np.ndarray, index: int, grid: np.ndarray) -> tuple[np.ndarray, float]:
    """The curve of one feature on a grid, and what it is worth when it is not known."""
    rows = np.repeat(usual, len(grid) + 1, axis=0)
    rows[:-1, index], rows[-1, index] = grid, np.nan
    heights = model.decision_function(rows) - float(model.decision_function(usual)[0])
    return heights[:-1], float(heights[-1])


def _mean(heights: np.ndarray, shares: list[float]) -> float:
    there = np.array(shares[:-1])
    return float(heights @ there / there.sum()) if there.sum() else 0.0


def _at(grid: np.ndarray, heights: np.ndarray, points: np.ndarray) -> float:
    return float(np.interp(points, grid, heights).mean())
