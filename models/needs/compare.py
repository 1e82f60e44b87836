"""Groups beside each other: which columns differ, by how much, and whether that could be chance."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from models.columns import Column, Kind

FEWEST = 20  # of a group; smaller ones are left out of a comparison


def compare(frame: pl.DataFrame, columns: Sequence[Column], by: str) -> dict[str, Any]:
    """Every column across the groups of `by`, the greatest differences first.

    Numbers: Kruskal and Wallis (1952) with the root of epsilon squared, which lies on the scale of a correlation;
    categories: chi squared with Cramér's V, corrected for bias (Bergsma 2013). All p values are corrected together
    (Benjamini and Hochberg 1995). A column that tells the group by itself says nothing and is left out.

    Returns:
        `groups`: name and n; `rows`: column, test, effect from 0 to 1, corrected p, n, and of each group the median
        and mean, or the share of the level that differs most; `left_out`: columns that tell the group.
    """
    sizes = frame[by].drop_nulls().cast(pl.String).value_counts(sort=True, name="n").filter(pl.col("n") >= FEWEST)
    names = sizes[by].to_list()
    frame = frame.with_columns(pl.col(by).cast(pl.String)).filter(pl.col(by).is_in(names))
    others = [column for column in columns if column.name != by]
    left_out = [column.name for column in others if tells(frame, column, by)] if len(names) > 1 else []
    compared = [column for column in others if column.name not in left_out]
    rows = [row for column in compared for row in [_row(frame, column, by, names)] if row]
    if rows:
        corrected = stats.false_discovery_control([row["p"] for row in rows])
        for row, p in zip(rows, corrected, strict=True):
            row["p"] = float(p)
    groups = [{"name": name, "n": n} for name, n in sizes.iter_rows()]
    ranked = sorted(rows, key=lambda row: -float(row["effect"]))
    return {"by": by, "groups": groups, "rows": ranked, "left_out": left_out}


def tells(frame: pl.DataFrame, column: Column, by: str) -> bool:
    """Whether a column alone says which group of `by` a row is of: no value or span of numbers is in two groups."""
    there = frame.select(pl.col(by).cast(pl.String).alias("group"), pl.col(column.name).alias("value")).drop_nulls()
    if there["group"].n_unique() < 2:
        return False
    if column.kind == Kind.NUMBER:
        spans = there.group_by("group").agg(low=pl.col("value").min(), high=pl.col("value").max()).sort("low")
        return bool((spans["low"][1:] > spans["high"][:-1]).all())
    often = there.height >= 2 * there["value"].n_unique()  # values that hardly repeat tell everything by chance
    return often and there.group_by("value").agg(pl.col("group").n_unique())["group"].max() == 1


def cramers_v(table: np.ndarray) -> float:
    """Bias-corrected Cramér's V of a contingency table."""
    n = table.sum()
    phi = stats.chi2_contingency(table, correction=False).statistic / n
    r, k = table.shape
    phi = max(0.0, phi - (r - 1) * (k - 1) / (n - 1))
    r_, k_ = r - (r - 1) ** 2 / (n - 1), k - (k - 1) ** 2 / (n - 1)
    return float(np.sqrt(phi / max(min(r_ - 1, k_ - 1), 1e-12)))


def contingency(a: pl.Series, b: pl.Series) -> np.ndarray:
    """Counts of the pairs of two series."""
    both = pl.DataFrame({"a": a.cast(pl.String), "b": b.cast(pl.String)}).drop_nulls()
    return counts(_codes(both["a"]), _codes(both["b"]))


def counts(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Counts of pairs of codes, without rows or columns of nothing."""
    table = np.zeros((int(x.max(initial=-1)) + 1, int(y.max(initial=-1)) + 1))
    np.add.at(table, (x, y), 1)
    return table[table.any(axis=1)][:, table.any(axis=0)]


def _codes(values: pl.Series) -> np.ndarray:
    return values.rank("dense").to_numpy().astype(np.int64) - 1


def _row(frame: pl.DataFrame, column: Column, by: str, names: list[str]) -> dict[str, Any] | None:
    there = frame.filter(pl.col(column.name).is_not_null())
    parts = [there.filter(pl.col(by) == name)[column.name] for name in names]
    if len(parts) < 2 or any(len(part) < FEWEST for part in parts):
        return None
    found = _numbers(parts, there) if column.kind == Kind.NUMBER else _categories(there, column.name, by, parts)
    return None if found is None else {"column": column.name, "n": there.height, **found}


def _numbers(parts: list[pl.Series], there: pl.DataFrame) -> dict[str, Any] | None:
    values = [part.to_numpy() for part in parts]
    if len(np.unique(np.concatenate(values))) < 2:
        return None
    h, p = stats.kruskal(*values)
    effect = float(np.sqrt(max(0.0, (h - len(parts) + 1) / (there.height - len(parts)))))
    middles = [{"median": float(np.median(value)), "mean": float(np.mean(value))} for value in values]
    return {"test": "kruskal", "effect": effect, "p": float(p), "of groups": middles}


def _categories(there: pl.DataFrame, name: str, by: str, parts: list[pl.Series]) -> dict[str, Any] | None:
    table = contingency(there[name], there[by])
    if min(table.shape) < 2:
        return None
    p = stats.chi2_contingency(table, correction=False).pvalue
    shares = [dict(part.cast(pl.String).value_counts(normalize=True, name="share").iter_rows()) for part in parts]
    levels = sorted({level for one in shares for level in one})
    apart = {level: np.ptp([one.get(level, 0.0) for one in shares]) for level in levels}
    level = max(levels, key=lambda one: apart[one])
    said = [{"level": level, "share": one.get(level, 0.0)} for one in shares]
    return {"test": "chi2", "effect": cramers_v(table), "p": float(p), "of groups": said}
