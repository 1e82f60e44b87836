"""How a model's choices fall on people the law protects: selection rate and true positive rate by group."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import yaml
from fairlearn.metrics import MetricFrame, selection_rate, true_positive_rate

from models.figures import wilson

_FEWEST = 30  # rows of a group below which a rate says nothing
_BANDS = 5


def protected_columns(names: Sequence[str]) -> list[str]:
    """Those of the names that tell a protected attribute (`protected.yml`, English and Chinese)."""
    words = yaml.safe_load((Path(__file__).parent / "protected.yml").read_text(encoding="utf-8"))["names"]
    return [name for name in names if _plain(name) in words]


def by_group(attribute: pl.Series, y: np.ndarray, p: np.ndarray, share: float = 0.2) -> dict[str, Any]:
    """Rates when the likeliest `share` of people is selected.

    Args:
        attribute: one value a row; numbers are cut into five bands of equal size.

    Returns:
        `groups`: of each group of at least 30 rows its rows, selection rate and true positive rate with 95 %
        intervals; `ratio`: the smallest selection rate over the greatest (0.8 is the four-fifths rule of the US EEOC).
    """
    groups = _bands(attribute)
    selected = np.zeros(len(p), dtype=int)
    selected[np.argsort(-p, kind="stable")[: max(1, round(share * len(p)))]] = 1
    frame = MetricFrame(
        metrics={"selection rate": selection_rate, "true positive rate": true_positive_rate},
        y_true=y,
        y_pred=selected,
        sensitive_features=groups,
    )
    table: list[dict[str, Any]] = []
    for group, rates in pd.DataFrame(frame.by_group).to_dict("index").items():
        rows = groups == group
        if rows.sum() < _FEWEST:
            continue
        chosen, hit = float(rates["selection rate"]), float(rates["true positive rate"])
        positives = int(y[rows].sum())
        table.append(
            {
                "group": str(group),
                "rows": int(rows.sum()),
                "selection rate": [chosen, *wilson(chosen, int(rows.sum()))],
                "true positive rate": [hit, *wilson(hit, positives)] if positives else None,
            }
        )
    rates_of = [row["selection rate"][0] for row in table]
    return {"groups": table, "ratio": min(rates_of) / max(rates_of) if rates_of and max(rates_of) > 0 else None}


def _bands(attribute: pl.Series) -> np.ndarray:
    if not attribute.dtype.is_numeric():
        return attribute.cast(pl.String).fill_null("?").to_numpy()
    values = attribute.cast(pl.Float64).to_numpy()
    edges = np.unique(np.nanquantile(values, np.linspace(0, 1, _BANDS + 1)))
    if len(edges) < 3:
        return np.array([f"{value:g}" for value in values])
    bins = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    names = [f"{low:g} – {high:g}" for low, high in itertools.pairwise(edges)]
    return np.array([names[bin_] if known else "?" for bin_, known in zip(bins, ~np.isnan(values), strict=True)])


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")
