"""Figures that say how good a ranking and its probabilities are, with intervals.

All take `y` of shape (rows,), 0 or 1, and `p` of shape (rows,), probabilities or any score that ranks.
"""

from collections.abc import Callable, Sequence

import numpy as np
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    precision_recall_curve,
    roc_auc_score,
)

Metric = Callable[[np.ndarray, np.ndarray], float]
BOOTSTRAPS = 500


def lift(y: np.ndarray, p: np.ndarray, share: float = 0.2) -> float:
    """How many times more often it happens among the best `share` than among all."""
    return float(gain(y, p, share) / share)


def gain(y: np.ndarray, p: np.ndarray, share: float) -> float:
    """The part of all that happened which the best `share` of rows holds; ties are shared out evenly."""
    return gains(y, p, [share])[0]


def gains(y: np.ndarray, p: np.ndarray, shares: Sequence[float]) -> list[float]:
    """`gain` of several shares; the rows are put in order once."""
    order = np.argsort(-p, kind="stable")
    ranked, scores = y[order].astype(float), p[order]
    starts = np.flatnonzero(np.r_[True, scores[1:] != scores[:-1]])
    sizes = np.diff(np.r_[starts, len(scores)])
    even = np.repeat(np.add.reduceat(ranked, starts) / sizes, sizes)
    held = np.r_[0.0, np.cumsum(even)]
    parts = np.interp(np.asarray(shares) * len(y), np.arange(len(held)), held)
    return np.minimum(1.0, parts / max(y.sum(), 1)).tolist()  # type: ignore[no-any-return]


METRICS: dict[str, Metric] = {
    "average precision": lambda y, p: float(average_precision_score(y, p)),
    "AUC": lambda y, p: float(roc_auc_score(y, p)),
    "lift in the top 20 %": lift,
    "log loss": lambda y, p: -float(log_loss(y, np.clip(p, 1e-6, 1 - 1e-6), labels=[0, 1])),
    "F1": lambda y, p: float(precision_recall_f1(y, p)),
}  # greater is better in all of them


def precision_recall_f1(y: np.ndarray, p: np.ndarray) -> float:
    """The best F1 any threshold gives."""
    precision, recall, _ = precision_recall_curve(y, p)
    return float(np.max(2 * precision * recall / np.maximum(precision + recall, 1e-12)))


def best_threshold(y: np.ndarray, p: np.ndarray) -> float:
    """The probability from which a yes gives the best F1."""
    precision, recall, thresholds = precision_recall_curve(y, p)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(thresholds[min(int(np.argmax(f1)), len(thresholds) - 1)])


def at_threshold(y: np.ndarray, p: np.ndarray, threshold: float) -> dict[str, float]:
    """Accuracy, precision, recall and F1 when a yes begins at `threshold`."""
    said, happened = p >= threshold, y == 1  # counted here: the bootstrap asks thousands of times
    right, claimed, all_of_them = int((said & happened).sum()), int(said.sum()), int(happened.sum())
    return {
        "accuracy": float((said == happened).mean()),
        "precision": right / max(claimed, 1),
        "recall": right / max(all_of_them, 1),
        "F1": 2 * right / max(claimed + all_of_them, 1),
    }


def summary(y: np.ndarray, p: np.ndarray, threshold: float, seed: int) -> dict[str, dict[str, float]]:
    """Every figure with a 95 % bootstrap interval: name -> value, low, high."""

    def decided(name: str) -> Metric:
        return lambda a, b: at_threshold(a, b, threshold)[name]

    single: dict[str, Metric] = {
        "AUC": METRICS["AUC"],
        "average precision": METRICS["average precision"],
        "Brier": lambda a, b: float(brier_score_loss(a, b)),
        "lift in the top 10 %": lambda a, b: lift(a, b, 0.1),
        "lift in the top 20 %": lift,
        "gain in the top 50 %": lambda a, b: gain(a, b, 0.5),
        **{name: decided(name) for name in ("accuracy", "precision", "recall", "F1")},
    }
    return {name: with_interval(metric, y, p, seed) for name, metric in single.items()}


def with_interval(metric: Metric, y: np.ndarray, p: np.ndarray, seed: int) -> dict[str, float]:
    """The figure and its 95 % interval from resampled rows (percentile bootstrap, Efron 1979)."""
    times = BOOTSTRAPS if len(y) <= 20_000 else max(100, BOOTSTRAPS * 20_000 // len(y))
    drawn = [metric(y[rows], p[rows]) for rows in resamples(y, times, seed)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return {"value": metric(y, p), "low": float(low), "high": float(high)}


def resamples(y: np.ndarray, times: int, seed: int) -> list[np.ndarray]:
    """Row numbers drawn with replacement, each time with both outcomes among them."""
    rng = np.random.default_rng(seed)
    drawn = (rng.integers(0, len(y), len(y)) for _ in range(10 * times))
    usable = (rows for rows in drawn if 0 < y[rows].sum() < len(y))
    return [rows for rows, _ in zip(usable, range(times), strict=False)]


def deciles(y: np.ndarray, p: np.ndarray, seed: int) -> list[dict[str, float]]:
    """From the likeliest tenth to the least likely: rows, rate, mean probability, lift, and gain with its interval."""
    order = np.argsort(-p, kind="stable")
    parts = np.array_split(order, 10)
    draws = resamples(y, min(BOOTSTRAPS, max(100, 4_000_000 // len(y))), seed)
    shares = (np.cumsum([len(rows) for rows in parts]) / len(y)).tolist()
    found = gains(y, p, shares)
    lows, highs = np.percentile([gains(y[d], p[d], shares) for d in draws], [2.5, 97.5], axis=0)
    table = []
    for number, rows in enumerate(parts, start=1):
        rate = float(y[rows].mean()) if len(rows) else 0.0
        table.append(
            {
                "decile": number,
                "rows": len(rows),
                "rate": rate,
                "mean probability": float(p[rows].mean()) if len(rows) else 0.0,
                "lift": rate / float(y.mean()),
                "gain": found[number - 1],
                "gain low": float(lows[number - 1]),
                "gain high": float(highs[number - 1]),
            }
        )
    return table


def calibration_curve(y: np.ndarray, p: np.ndarray, bins: int = 10) -> list[dict[str, float]]:
    """Bins of equal size: what was said and what happened, with the 95 % interval of Wilson (1927)."""
    order = np.argsort(p, kind="stable")
    curve = []
    for rows in np.array_split(order, min(bins, len(p))):
        n, rate = len(rows), float(y[rows].mean())
        low, high = wilson(rate, n)
        curve.append({"said": float(p[rows].mean()), "happened": rate, "low": low, "high": high, "rows": n})
    return curve


def wilson(rate: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share."""
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z * np.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def profit(y: np.ndarray, p: np.ndarray, cost: float, value: float) -> list[dict[str, float]]:
    """What a campaign earns that contacts the likeliest share: `value` for each yes, `cost` for each contact."""
    shares = np.linspace(0, 1, 41).round(4).tolist()
    return [
        {"share": share, "profit": float(found * y.sum() * value - share * len(y) * cost)}
        for share, found in zip(shares, gains(y, p, shares), strict=True)
    ]
