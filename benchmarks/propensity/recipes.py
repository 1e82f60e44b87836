"""The seed's own recipe and ours, learned and judged on the same folds."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit
from sklearn.preprocessing import LabelEncoder

from models import columns, figures, folds, search, tables
from models.algorithms import ALGORITHMS
from models.features import Plan

FIGURES = ("AUC", "average precision", "accuracy", "F1", "fit seconds", "score seconds")
SEED = 7


@dataclass(frozen=True)
class Said:
    """What a recipe says of the rows it judges, and how long it took (CPU seconds)."""

    p: np.ndarray
    yes: np.ndarray
    fit: float
    score: float


Recipe = Callable[[np.ndarray, np.ndarray], Said]


def compare(path: Path, target: str, drop: Sequence[str], algorithm: str, parts: int) -> dict[str, dict[str, float]]:
    """Means over the folds, by recipe and figure."""
    frame = tables.read(path).drop(drop)
    y = (frame[target] == "yes").to_numpy().astype(int)
    frame = frame.drop(target)
    recipes = {"seed": _seed(frame, y), "ours": _ours(frame, y, algorithm)}
    rows: dict[str, list[list[float]]] = {name: [] for name in recipes}
    for learn, judge in StratifiedKFold(parts, shuffle=True, random_state=SEED).split(y, y):
        for name, recipe in recipes.items():
            rows[name].append(_judged(y[judge], recipe(learn, judge)))
    return {
        name: dict(zip(FIGURES, np.mean(of_folds, axis=0).tolist(), strict=True)) for name, of_folds in rows.items()
    }


def _judged(y: np.ndarray, said: Said) -> list[float]:
    ranked = [float(roc_auc_score(y, said.p)), float(average_precision_score(y, said.p))]
    decided = [float(accuracy_score(y, said.p >= 0.5)), float(f1_score(y, said.yes, zero_division=0))]
    return [*ranked, *decided, said.fit, said.score]


def _seed(frame: pl.DataFrame, y: np.ndarray) -> Recipe:
    """Every text column label-encoded, then a shallow random forest; a yes from 0.5 on."""

    def run(learn: np.ndarray, judge: np.ndarray) -> Said:
        x = np.column_stack([_label_encoded(frame[name]) for name in frame.columns])
        started = time.process_time()
        model = RandomForestClassifier(n_estimators=100, max_depth=3, random_state=42).fit(x[learn], y[learn])
        between = time.process_time()
        p = model.predict_proba(x[judge])[:, 1]
        return Said(p, p >= 0.5, between - started, time.process_time() - between)

    return run


def _label_encoded(values: pl.Series) -> np.ndarray:
    number = values.cast(pl.Float64, strict=False)
    if number.null_count() == 0:
        return number.to_numpy()
    return LabelEncoder().fit_transform(values.fill_null("").to_numpy()).astype(float)


def _ours(frame: pl.DataFrame, y: np.ndarray, name: str) -> Recipe:
    """One of our algorithms at its defaults; a yes from the threshold best on a fifth it has not learned from."""
    algorithm = next(algorithm for algorithm in ALGORITHMS if algorithm.name == name)

    def run(learn: np.ndarray, judge: np.ndarray) -> Said:
        kinds = columns.infer(frame[learn])
        typed = columns.typed(frame, kinds)
        plan = Plan.of(typed[learn], kinds)
        x = plan.matrix(typed)

        def fitted(rows: np.ndarray) -> list[object]:
            task = search.Task(x[rows], y[rows], plan, folds.Order(), "average precision", SEED, 1)
            return search.fitted(name, algorithm.defaults, task)

        split = StratifiedShuffleSplit(1, test_size=0.2, random_state=SEED)
        inner, outer = next(iter(split.split(learn, y[learn])))
        threshold = figures.best_threshold(y[learn[outer]], search.predict(fitted(learn[inner]), x[learn[outer]]))
        started = time.process_time()
        models = fitted(learn)
        between = time.process_time()
        p = search.predict(models, x[judge])
        return Said(p, p >= threshold, between - started, time.process_time() - between)

    return run
