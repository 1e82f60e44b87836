"""Ways to treat missing values, compared on the same folds instead of assumed."""

from typing import Any

import numpy as np

from models import folds as splitting
from models import search
from models.algorithms import ALGORITHMS, MISSING
from models.search import Task, Tell

_COMPARED_ON, _CELLS, _FEWEST = 20_000, 1_000_000, 5_000  # rows; rows times features; rows however many of those
MOST_MODELLED = 50  # columns with gaps; each of them is a regression of its own, again and again
_REGRESSION, _BOOSTING = ALGORITHMS[0], next(a for a in ALGORITHMS if a.name == "LightGBM")


def compare(task: Task, tell: Tell) -> list[dict[str, Any]]:
    """What each way reaches: rows dropped, filled in four ways (logistic regression), left as they are (LightGBM).

    Args:
        task: the part of it that `compared_on` gives.

    Returns:
        Rows of name, mean and standard error of the deciding metric; none when nothing is missing.
    """
    gaps = np.isnan(task.x).any(axis=1)
    if not gaps.any():
        return []
    tell("comparing ways to treat missing values")
    folds = splitting.folds(task.y, task.order, task.seed)[: splitting.FOLDS]
    rows = []
    if _enough(task.y[~gaps]):
        whole = [(learn[~gaps[learn]], judge) for learn, judge in folds]
        # Whoever drops rows still has to score the incomplete ones: those are filled with medians.
        filled = {**_REGRESSION.defaults, "missing": "median"}
        rows.append(_row("drop", search.evaluate(task, _REGRESSION, filled, whole)))
    for way in ways(task):
        rows.append(_row(way, search.evaluate(task, _REGRESSION, {**_REGRESSION.defaults, "missing": way}, folds)))
    rows.append(_row("native", search.evaluate(task, _BOOSTING, _BOOSTING.defaults, folds)))
    return rows


def compared_on(task: Task) -> Task:
    """The part of a large table that is enough: the ways differ by little, and are told, not chosen by."""
    return search.sample(task, max(_FEWEST, min(_COMPARED_ON, _CELLS // task.x.shape[1])))


def ways(task: Task) -> list[str]:
    """How numbers are filled in: with a model of the other columns only where few columns have gaps."""
    modelled = np.isnan(task.x[:, task.plan.numbers]).any(axis=0).sum() <= MOST_MODELLED
    return [way for way in MISSING if modelled or way != "model"]


def _enough(y: np.ndarray) -> bool:
    return len(y) > 50 and min(y.sum(), len(y) - y.sum()) > 10


def _row(way: str, candidate: search.Candidate) -> dict[str, Any]:
    error = float(candidate.scores.std(ddof=1) / np.sqrt(len(candidate.scores)))
    return {"way": way, "mean": candidate.mean, "error": error, "AUC": candidate.figures["AUC"]}
