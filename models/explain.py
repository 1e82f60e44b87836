"""Why: what matters to a model over all customers, and what moved one customer's score."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from lightgbm import LGBMClassifier
from shap.explainers import Permutation
from shap.maskers import Independent

from models import search, threads
from models.features import Plan
from models.figures import Metric

_BACKGROUND = 12  # usual customers a score is compared with; more of them only make it slower
_REPEATS = 5
_AT_ONCE = 400  # steps of an explanation, each of them as many rows as the background has


def importance(
    models: Sequence[Any],
    x: np.ndarray,
    y: np.ndarray,
    plan: Plan,
    sources: Sequence[str],
    metric: Metric,
    seed: int,
    jobs: int = 1,
) -> dict[str, dict[str, float]]:
    """What the metric loses when one of `sources` is shuffled (permutation importance, Breiman 2001): mean and spread.

    The parts of a date are shuffled together: they are one column to the person who asks.
    """
    whole = metric(y, search.predict(models, x))

    def loss(source: str, number: int) -> float:
        parts = [index for index, feature in enumerate(plan.features) if feature.source == source]
        shuffled = x.copy()
        order = np.random.default_rng([seed, parts[0], number]).permutation(len(x))
        shuffled[:, parts] = x[order][:, parts]
        return whole - metric(y, search.predict(models, shuffled))

    # Threads: trees and matrices work outside Python's lock, and the models are not copied.
    with threads.one(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a forest in a thread of ours wonders about scikit-learn's own settings
        losses = Parallel(n_jobs=jobs, prefer="threads")(
            delayed(loss)(source, number) for source in sources for number in range(_REPEATS)
        )
    of_source = np.reshape(losses, (len(sources), _REPEATS))
    found = {
        source: {"mean": float(row.mean()), "spread": float(row.std())}
        for source, row in zip(sources, of_source, strict=True)
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]["mean"]))


def contributions(models: Sequence[Any], x: np.ndarray, background: np.ndarray) -> np.ndarray:
    """SHAP values in log-odds, of shape (rows, features): a customer's score less the usual one, by column.

    Exact for LightGBM (TreeSHAP, Lundberg et al. 2020), by permutations against `background` for others: each row
    takes two predictions a column for each row of the background.
    """
    with threads.one():  # hundreds of small batches: threads would only wait for one another
        return np.asarray(np.mean([_of_one(model, x, background) for model in models], axis=0))


def by_source(values: np.ndarray, plan: Plan) -> dict[str, np.ndarray]:
    """The contributions of shape (rows,) of each source column; a date's parts are added up."""
    out: dict[str, np.ndarray] = {}
    for index, feature in enumerate(plan.features):
        out[feature.source] = out.get(feature.source, 0) + values[:, index]
    return out


def background(x: np.ndarray, seed: int) -> np.ndarray:
    """Rows that stand for the usual customer."""
    rng = np.random.default_rng(seed)
    return x[rng.choice(len(x), min(_BACKGROUND, len(x)), replace=False)]


def _of_one(model: Any, x: np.ndarray, background: np.ndarray) -> np.ndarray:
    if isinstance(model, LGBMClassifier):
        return np.asarray(model.predict(x, pred_contrib=True))[:, :-1]

    def log_odds(rows: np.ndarray) -> np.ndarray:
        p = np.clip(model.predict_proba(rows)[:, 1], 1e-6, 1 - 1e-6)
        return np.asarray(np.log(p / (1 - p)))

    explainer = Permutation(log_odds, Independent(background, max_samples=len(background)), seed=0)
    steps = 2 * x.shape[1] + 1  # once forth and back through the columns
    # All steps of a row at once: a model takes as long over ten rows as over hundreds.
    return np.asarray(explainer(x, max_evals=steps, batch_size=min(steps, _AT_ONCE), silent=True).values)
