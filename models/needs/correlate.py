"""How strongly columns go together, whatever their kinds, on one scale from 0 to 1."""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from models.columns import Column, Kind
from models.needs.compare import counts, cramers_v, tells

_DRAWS = 100
_MOST_ROWS = 2_000  # for the intervals
_FEWEST = 30


def strongest(frame: pl.DataFrame, columns: Sequence[Column], seed: int, top: int = 20) -> list[dict[str, Any]]:
    """The pairs that go together most, with n and a 95 % bootstrap interval.

    Two numbers: Spearman's rho, with its sign; a number and a category: the correlation ratio eta; two categories:
    Cramér's V, corrected for bias. Where one column tells the other by itself, the pair is left out.
    """
    usable = [column for column in columns if column.kind in {Kind.NUMBER, Kind.CATEGORY}]
    values = {column.name: _numeric(frame[column.name], column) for column in usable}
    pairs = []
    for a, b in itertools.combinations(usable, 2):
        if _says_the_same(frame, a, b):
            continue
        there = ~(np.isnan(values[a.name]) | np.isnan(values[b.name]))
        if there.sum() >= _FEWEST:
            x, y = values[a.name][there], values[b.name][there]
            value = _value(x, y, a.kind, b.kind)
            if not np.isnan(value):
                pairs.append((abs(value), value, a, b, x, y))
    pairs.sort(key=lambda pair: -pair[0])
    return [_with_interval(value, a, b, x, y, seed) for _, value, a, b, x, y in pairs[:top]]


def _says_the_same(frame: pl.DataFrame, a: Column, b: Column) -> bool:
    """Whether a category follows from the other column by what the two mean."""
    return any(one.kind == Kind.CATEGORY and tells(frame, other, one.name) for one, other in ((a, b), (b, a)))


def _numeric(values: pl.Series, column: Column) -> np.ndarray:
    """Numbers as they are, categories as codes; what is missing is NaN."""
    if column.kind == Kind.NUMBER:
        return values.cast(pl.Float64).to_numpy()
    return values.cast(pl.String).rank("dense").cast(pl.Float64).to_numpy() - 1


def _with_interval(value: float, a: Column, b: Column, x: np.ndarray, y: np.ndarray, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    size = min(len(x), _MOST_ROWS)
    draws = (rng.integers(0, len(x), size) for _ in range(_DRAWS))
    drawn = [_value(x[rows], y[rows], a.kind, b.kind) for rows in draws]
    spread = (np.nanpercentile(drawn, [2.5, 97.5]) - np.nanmean(drawn)) * np.sqrt(size / len(x))
    low, high = np.clip(value + spread, -1, 1)
    kind = "rho" if a.kind == b.kind == Kind.NUMBER else "V" if a.kind == b.kind else "eta"
    return {
        "a": a.name, "b": b.name, "kind": kind, "value": value, "low": float(low), "high": float(high), "n": len(x)
    }  # fmt: skip


def _value(x: np.ndarray, y: np.ndarray, a: Kind, b: Kind) -> float:
    if a == b == Kind.NUMBER:
        return float(stats.spearmanr(x, y).statistic) if np.ptp(x) and np.ptp(y) else float("nan")
    if a == b:
        table = counts(x.astype(np.int64), y.astype(np.int64))
        return cramers_v(table) if min(table.shape) > 1 else float("nan")
    return _eta(x, y.astype(np.int64)) if a == Kind.NUMBER else _eta(y, x.astype(np.int64))


def _eta(number: np.ndarray, codes: np.ndarray) -> float:
    total = float(((number - number.mean()) ** 2).sum())
    if not total or not np.ptp(codes):
        return float("nan")
    sizes = np.bincount(codes)
    means = np.bincount(codes, weights=number) / np.maximum(sizes, 1)
    return float(np.sqrt((sizes * (means - number.mean()) ** 2).sum() / total))
