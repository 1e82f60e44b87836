"""What is wrong with a table before anything is learned from it, and what is done about it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from sklearn.metrics import roc_auc_score

from models import folds as splitting
from models.columns import LEARNED, Column, Kind
from models.features import Plan

LEAK = 0.98  # AUC of one column alone from which it must have been written down after the fact
SUSPECT = 0.90
_MOST_OF_IT = 0.5  # of what a model has over chance
_FEWEST_BESIDE = 5  # columns; of fewer than that one often carries most
_BINS = 20
_DRAWN = 10  # rows' worth of the mean rate that a bin's rate is drawn towards


@dataclass(frozen=True)
class Finding:
    """One thing found.

    Attributes:
        code: the message's name in the locale files, such as `identifier` or `leak`.
        column: the column it is about; empty for the table.
        left_out: whether the column is not learned from because of it.
        facts: what the message tells.
    """

    code: str
    column: str
    left_out: bool
    facts: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def of_columns(columns: Sequence[Column]) -> list[Finding]:
    """Columns that hold nothing to learn from, and stray values in those that do."""
    found = [Finding(column.kind.value, column.name, True, {}) for column in columns if column.kind not in LEARNED]
    for column in columns:
        if column.kind in LEARNED and column.stray:
            found.append(Finding("stray", column.name, False, {"count": column.stray, "kind": column.kind.value}))
        if column.kind in LEARNED and column.missing > 0.5:
            found.append(Finding("mostly_missing", column.name, False, {"share": column.missing}))
    return found


def of_table(frame: pl.DataFrame, y: np.ndarray) -> list[Finding]:
    """Doubled rows, and how rare the outcome is."""
    found = []
    doubled = frame.height - frame.n_unique()
    if doubled:
        found.append(Finding("doubled_rows", "", False, {"count": doubled, "share": doubled / frame.height}))
    rate = float(y.mean())
    if min(rate, 1 - rate) < 0.05:
        found.append(Finding("imbalance", "", False, {"share": rate}))
    if min(y.sum(), len(y) - y.sum()) < 100:
        found.append(Finding("few_outcomes", "", False, {"count": int(min(y.sum(), len(y) - y.sum()))}))
    return found


def doubled_columns(x: np.ndarray, plan: Plan) -> list[Finding]:
    """Columns that say exactly what an earlier one says."""
    found: list[Finding] = []
    seen: dict[bytes, str] = {}
    for index, feature in enumerate(plan.features):
        _, ranks = np.unique(x[:, index], return_inverse=True, equal_nan=True)
        key = _first_seen(ranks).tobytes() if feature.is_category else x[:, index].tobytes()
        if key in seen and seen[key] != feature.source:
            found.append(Finding("doubled_column", feature.source, True, {"other": seen[key]}))
        seen.setdefault(key, feature.source)
    return found


def alone(x: np.ndarray, y: np.ndarray, plan: Plan, seed: int, groups: np.ndarray | None = None) -> dict[str, float]:
    """The AUC each source column reaches alone, on rows (and, with `groups`, customers) its rates were not taken from.

    Rows of one customer on both sides would make every column that tells customers apart look like a leak.
    """
    parts = max(2, min(5, int(min(y.sum(), len(y) - y.sum()))))
    fold_of = np.empty(len(y), dtype=int)
    for number, (_, judge) in enumerate(splitting.cut(y, groups, parts, seed)):
        fold_of[judge] = number
    best: dict[str, float] = {}
    for index, feature in enumerate(plan.features):
        auc = _auc_of_bins(_binned(x[:, index], feature.is_category), y, fold_of)
        best[feature.source] = max(best.get(feature.source, 0.5), auc)
    return best


def rates_of(values: np.ndarray, is_category: bool, learn: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Each row's value as the rate its like had among the rows learned from: a column as a model of its own."""
    bins = _binned(values, is_category)
    return _rates(bins[learn], y[learn], bins.max() + 1)[bins]


def leaks(alone_auc: dict[str, float], keep: Sequence[str] = ()) -> list[Finding]:
    """Columns that alone nearly give the target: left out, unless they are to be kept."""
    found = []
    for name, auc in alone_auc.items():
        if auc >= LEAK:
            found.append(Finding("leak" if name not in keep else "leak_kept", name, name not in keep, {"auc": auc}))
        elif auc >= SUSPECT:
            found.append(Finding("suspect", name, False, {"auc": auc}))
    return found


def dominant(
    importance: Mapping[str, Mapping[str, float]], test: Mapping[str, Any], beside: Mapping[str, Any], metric: str
) -> list[Finding]:
    """A column that carries most of what a model knows: often one that is only known afterwards."""
    if len(importance) < _FEWEST_BESIDE or metric not in beside["chance"]:
        return []
    name, loss = max(((name, found["mean"]) for name, found in importance.items()), key=lambda item: item[1])
    share = loss / max(test[metric]["value"] - beside["chance"][metric], 1e-9)
    return [Finding("dominant", name, False, {"share": min(share, 1.0)})] if share >= _MOST_OF_IT else []


def group_column(columns: Sequence[Column]) -> str | None:
    """The column that names the owner of several rows, if there is one."""
    return next((column.name for column in columns if column.kind == Kind.GROUP), None)


def _binned(values: np.ndarray, is_category: bool) -> np.ndarray:
    """Bin numbers; what is missing has a bin of its own."""
    there = ~np.isnan(values)
    bins = np.zeros(len(values), dtype=int)
    if is_category:
        bins[there] = values[there].astype(int) + 1
    elif there.any():
        edges = np.unique(np.quantile(values[there], np.linspace(0, 1, _BINS + 1)[1:-1]))
        bins[there] = np.searchsorted(edges, values[there], side="right") + 1
    return bins


def _rates(bins: np.ndarray, y: np.ndarray, size: int) -> np.ndarray:
    """The rate of each bin, drawn towards that of all where rows are few."""
    total = np.bincount(bins, minlength=size)
    return (np.bincount(bins, weights=y, minlength=size) + _DRAWN * y.mean()) / (total + _DRAWN)


def _auc_of_bins(bins: np.ndarray, y: np.ndarray, fold_of: np.ndarray) -> float:
    """The AUC of each bin's rate in the other folds, from counts: tables have many rows and few bins."""
    folds, size = int(fold_of.max()) + 1, int(bins.max()) + 1
    place = fold_of * size + bins
    rows = np.bincount(place, minlength=folds * size).reshape(folds, size)
    yes = np.bincount(place, weights=y, minlength=folds * size).reshape(folds, size)
    other_rows, other_yes = rows.sum(axis=0) - rows, yes.sum(axis=0) - yes
    mean = other_yes.sum(axis=1) / other_rows.sum(axis=1)
    rates = ((other_yes + _DRAWN * mean[:, None]) / (other_rows + _DRAWN)).ravel()
    outcomes = np.repeat([1, 0], rates.size)
    return float(roc_auc_score(outcomes, np.tile(rates, 2), sample_weight=np.r_[yes.ravel(), (rows - yes).ravel()]))


def _first_seen(ranks: np.ndarray) -> np.ndarray:
    """Codes by order of appearance: two categories with other names for the same split become equal."""
    _, first, inverse = np.unique(ranks, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return order[inverse]
