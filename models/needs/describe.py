"""Each column by itself."""

from typing import Any

import polars as pl

from models.columns import Column, Kind

_TOP = 6


def describe(frame: pl.DataFrame, columns: list[Column]) -> list[dict[str, Any]]:
    """Of each typed column: how many values, the middle and spread of numbers, the commonest of categories."""
    return [_number(frame[c.name]) if c.kind == Kind.NUMBER else _other(frame[c.name], c) for c in columns]


def _number(values: pl.Series) -> dict[str, Any]:
    there = values.drop_nulls()
    if there.is_empty():
        return {"column": values.name, "kind": "number", "n": 0}
    low, middle, high = (there.quantile(q, "linear") for q in (0.25, 0.5, 0.75))
    return {
        "column": values.name, "kind": "number", "n": len(there), "missing": values.null_count() / len(values),
        "mean": there.mean(), "deviation": there.std(), "low": low, "median": middle, "high": high,
        "least": there.min(), "greatest": there.max(),
    }  # fmt: skip


def _other(values: pl.Series, column: Column) -> dict[str, Any]:
    there = values.drop_nulls()
    counts = there.cast(pl.String).value_counts(sort=True, name="n").head(_TOP)
    shares = [{"level": level, "n": n, "share": n / max(len(there), 1)} for level, n in counts.iter_rows()]
    return {
        "column": values.name, "kind": column.kind.value, "n": len(there), "missing": values.null_count() / len(values),
        "distinct": there.n_unique(), "levels": shares,
    }  # fmt: skip
