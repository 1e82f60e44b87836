"""How long contracts last: share still in force by age, also where the end is not known yet."""

from typing import Any

import numpy as np
import polars as pl
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test

FEWEST = 30
_POINTS = 60
_MARKS = (1.0, 3.0, 5.0)


def curves(contracts: pl.DataFrame, *, duration: str, event: str, by: str | None = None) -> dict[str, Any]:
    """Kaplan and Meier's curves (1958) with 95 % intervals, one a group of at least 30 contracts.

    Args:
        contracts: `duration` in years, `event` true where the contract was ended, false where it still runs.

    Returns:
        `lines`: name, n, ended, x, y, low, high, and the share after 1, 3 and 5 years where contracts are that old,
        with its interval in `between`;
        `p`: of the log-rank test that all groups are alike, None for one group.
    """
    data = contracts.drop_nulls([duration, event]).filter(pl.col(duration) >= 0)
    groups = ["all"] if by is None else data[by].drop_nulls().cast(pl.String).unique().sort().to_list()
    parts = [(name, data if by is None else data.filter(pl.col(by).cast(pl.String) == name)) for name in groups]
    parts = [(name, part) for name, part in parts if part.height >= FEWEST]
    lines = [_line(name, part[duration].to_numpy(), part[event].cast(pl.Boolean).to_numpy()) for name, part in parts]
    p = None
    if len(parts) > 1:
        whole = pl.concat([part.with_columns(pl.lit(name).alias("group of contracts")) for name, part in parts])
        test = multivariate_logrank_test(
            whole[duration].to_numpy(), whole["group of contracts"].to_numpy(), whole[event].cast(pl.Boolean).to_numpy()
        )
        p = float(test.p_value)
    return {"lines": lines, "p": p}


def _line(name: str, durations: np.ndarray, ended: np.ndarray) -> dict[str, Any]:
    fitter = KaplanMeierFitter()
    x = np.linspace(0, float(np.quantile(durations, 0.98)), _POINTS)
    fitter.fit(durations, ended, timeline=x)
    interval = fitter.confidence_interval_survival_function_.to_numpy()
    oldest = float(durations.max())
    marks, spans = {}, {}
    for mark in _MARKS:
        if mark <= min(oldest, x[-1]):
            at = int(np.searchsorted(x, mark, side="right")) - 1
            marks[f"{mark:g}"] = float(fitter.predict(mark))
            spans[f"{mark:g}"] = [float(bound) for bound in interval[at]]
    return {
        "name": name, "n": len(durations), "ended": int(ended.sum()), "x": x.tolist(),
        "y": fitter.survival_function_.to_numpy()[:, 0].tolist(),
        "low": interval[:, 0].tolist(), "high": interval[:, 1].tolist(), "after": marks, "between": spans,
    }  # fmt: skip
