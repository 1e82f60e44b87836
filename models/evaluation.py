"""The chosen model judged on rows that nothing was chosen by, beside chance and the best single column."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models import checks, explain, fairness, figures, search
from models.calibration import Calibration
from models.features import Plan
from models.search import Candidate, Task

if TYPE_CHECKING:
    from models.fit import Table

EXPLAINED = 80  # rows whose reasons are worked out for the report
_FEWEST_EXPLAINED, _CELLS_EXPLAINED = 20, 4_000  # rows times columns: each takes two dozen predictions
_MOST_CELLS_EXPLAINED = 10_000
_MOST_SHUFFLED = 30  # columns; those that move scores most
_SHUFFLED = 3_000  # rows: each column is shuffled five times, and a forest takes long over every row


@dataclass(frozen=True)
class Trial:
    """What is judged: the table, the rows to learn from and held out, the candidate, its calibration and threshold."""

    table: "Table"
    task: Task
    x: np.ndarray
    learn: np.ndarray
    test: np.ndarray
    chosen: Candidate
    curve: Calibration
    threshold: float
    alone: dict[str, float]
    cost: float
    value: float


def evaluate(trial: Trial) -> dict[str, Any]:
    """Every figure of the report, as plain data."""
    task, seed = trial.task, trial.task.seed
    models = search.fitted(trial.chosen.name, trial.chosen.params, task)
    x, y = trial.x[trial.test], trial.table.y[trial.test]
    p = trial.curve(search.predict(models, x))
    few, rows = np.arange(len(y))[:_SHUFFLED], np.arange(len(y))[: _explained(x.shape[1])]
    contributions = explain.contributions(models, x[rows], explain.background(task.x, seed))
    shap = _shap(contributions, trial.table, trial.test[rows], task.plan)
    moving = [row["column"] for row in shap[:_MOST_SHUFFLED]]
    return {
        "rows held out": len(y),
        "share of yes": float(y.mean()),
        "threshold": trial.threshold,
        "test": figures.summary(y, p, trial.threshold, seed),
        "beside": _beside(trial, y, seed),
        "deciles": figures.deciles(y, p, seed),
        "calibration": figures.calibration_curve(y, p),
        "profit": figures.profit(y, p, trial.cost, trial.value),
        "cost": trial.cost,
        "value": trial.value,
        "gain curve": _gain_curve(y, p),
        "importance": explain.importance(
            models, x[few], y[few], task.plan, moving, figures.METRICS[task.metric], seed, task.jobs
        ),
        "alone": dict(sorted(trial.alone.items(), key=lambda item: -item[1])),
        "shap": shap,
        "fairness": {
            name: fairness.by_group(trial.table.typed[name].gather(trial.test), y, p)
            for name in trial.table.protected
            if name in trial.table.typed.columns
        },
    }


def _explained(columns: int) -> int:
    """How many rows' reasons are worked out: the work grows with rows and columns."""
    few = min(_FEWEST_EXPLAINED, max(1, _MOST_CELLS_EXPLAINED // columns))
    return min(EXPLAINED, max(few, _CELLS_EXPLAINED // columns))


def _beside(trial: Trial, y: np.ndarray, seed: int) -> dict[str, Any]:
    """What chance and the best single column reach on the same rows."""
    chance = {"AUC": 0.5, "average precision": float(y.mean()), "lift in the top 20 %": 1.0}
    if not trial.alone:
        return {"chance": chance}
    name = max(trial.alone, key=lambda column: trial.alone[column])
    index = [i for i, feature in enumerate(trial.task.plan.features) if feature.source == name]
    best: dict[str, float] = {}
    for i in index:
        column = checks.rates_of(trial.x[:, i], trial.task.plan.features[i].is_category, trial.learn, trial.table.y)
        scores = column[trial.test]
        here = {figure: figures.METRICS[figure](y, scores) for figure in chance}
        best = max(best, here, key=lambda found: found.get("AUC", 0.0))
    return {"chance": chance, "single": {"column": name, **best}}


def _gain_curve(y: np.ndarray, p: np.ndarray) -> list[dict[str, float]]:
    shares = np.linspace(0, 1, 41).round(4).tolist()
    gains = figures.gains(y, p, shares)
    return [{"share": share, "gain": gain} for share, gain in zip(shares, gains, strict=True)]


def _shap(values: np.ndarray, table: "Table", rows: np.ndarray, plan: Plan) -> list[dict[str, Any]]:
    """By column: mean strength, and value beside contribution of each explained row."""
    out = []
    for name, of_column in explain.by_source(values, plan).items():
        cells = table.typed[name].gather(rows).to_list()
        points = [[_cell(cell), float(part)] for cell, part in zip(cells, of_column, strict=True)]
        out.append({"column": name, "strength": float(np.abs(of_column).mean()), "points": points})
    return sorted(out, key=lambda row: -float(row["strength"]))


def _cell(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
