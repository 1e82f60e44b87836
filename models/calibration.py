"""Scores made into probabilities that can be taken at their word; plain numbers, so that any engine gives the same."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

_EDGE = 1e-6
_FEWEST_FOR_STEPS = 1000  # outcomes of the rarer kind below which a free curve follows noise


@dataclass(frozen=True)
class Calibration:
    """A rising curve from score to probability.

    Attributes:
        kind: "none", "sigmoid" (Platt, 1999) or "isotonic" (Zadrozny and Elkan, 2002), joined up by straight lines.
        x: a sigmoid's slope and offset in log-odds, or the curve's scores.
        y: the curve's probabilities.
    """

    kind: str = "none"
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()

    def __call__(self, p: np.ndarray) -> np.ndarray:
        """Probabilities of shape (rows,)."""
        if self.kind == "sigmoid":
            return 1 / (1 + np.exp(-(self.x[0] * _log_odds(p) + self.x[1])))
        if self.kind == "isotonic":
            return np.interp(p, self.x, self.y)
        return p

    def to_json(self) -> dict[str, Any]:
        """What `Calibration(**data)` needs."""
        return {"kind": self.kind, "x": list(self.x), "y": list(self.y)}


def choose(y: np.ndarray, p: np.ndarray, seed: int) -> tuple[Calibration, dict[str, float]]:
    """The calibration with the smallest cross-validated log loss, and the loss of each."""
    kinds = ["none", "sigmoid"] + (["isotonic"] if min(y.sum(), len(y) - y.sum()) >= _FEWEST_FOR_STEPS else [])
    losses = {kind: _loss(kind, y, p, seed) for kind in kinds}
    best = min(losses, key=lambda kind: losses[kind])
    return fit(best, y, p), losses


def fit(kind: str, y: np.ndarray, p: np.ndarray) -> Calibration:
    """A calibration of one kind, fitted on scores of rows the model has not learned from."""
    if kind == "sigmoid":
        model = LogisticRegression(C=1e6, max_iter=1000).fit(_log_odds(p)[:, None], y)
        slope = float(model.coef_[0, 0])
        return Calibration("sigmoid", (slope, float(model.intercept_[0]))) if slope > 0 else Calibration()
    if kind == "isotonic":
        return _isotonic(y, p)
    return Calibration()


def _isotonic(y: np.ndarray, p: np.ndarray) -> Calibration:
    """Middles of the steps joined by lines: a step function would tie customers whom the model tells apart."""
    stepped = IsotonicRegression(y_min=_EDGE, y_max=1 - _EDGE).fit_transform(p, y)
    levels, step = np.unique(stepped, return_inverse=True)
    middles = np.array([p[step == index].mean() for index in range(len(levels))])
    x = np.r_[0.0, middles, 1.0]
    heights = np.r_[min(levels[0], _EDGE), levels, max(levels[-1], 1 - _EDGE)]
    rising = np.r_[True, np.diff(x) > 0]
    return Calibration("isotonic", tuple(x[rising].tolist()), tuple(heights[rising].tolist()))


def _loss(kind: str, y: np.ndarray, p: np.ndarray, seed: int) -> float:
    calibrated = np.empty_like(p)
    for learn, judge in StratifiedKFold(5, shuffle=True, random_state=seed).split(p, y):
        calibrated[judge] = fit(kind, y[learn], p[learn])(p[judge])
    return float(log_loss(y, np.clip(calibrated, _EDGE, 1 - _EDGE)))


def _log_odds(p: np.ndarray) -> np.ndarray:
    clipped = np.clip(p, _EDGE, 1 - _EDGE)
    return np.log(clipped / (1 - clipped))
