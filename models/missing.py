"""Ways to treat missing values, compared on the same folds instead of assumed."""

from typing import Any

import numpy as np

from models import folds as splitting
from models import search
from models.algorithms import ALGORITHMS, MISSING
from models.search import Task, Tell

_REGRESSION, _BOOSTING = ALGORITHMS[0], next(a for a in ALGORITHMS if a.name == "LightGBM")


def compare(task: Task, tell: Tell) -> list[dict[str, Any]]:
    """What each way reaches: rows dropped, filled in four ways (logistic regression), left as they are (LightGBM).

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
    for way in MISSING:
        rows.append(_row(way, search.evaluate(task, _REGRESSION, {**_REGRESSION.defaults, "missing": way}, folds)))
    rows.append(_row("native", search.evaluate(task, _BOOSTING, _BOOSTING.defaults, folds)))
    return rows


def _enough(y: np.ndarray) -> bool:
    return len(y) > 50 and min(y.sum(), len(y) - y.sum()) > 10


def _row(way: str, candidate: search.Candidate) -> dict[str, Any]:
    error = float(candidate.scores.std(ddof=1) / np.sqrt(len(candidate.scores)))
    return {"way": way, "mean": candidate.mean, "error": error, "AUC": candidate.figures["AUC"]}
