"""How surely a sentence is the assistant's business at all.

The score is the log-odds of the likeliest intent plus a weight times the mean cosine similarity to the nearest
training examples: a confident classifier can be far from everything it has seen. Weight and threshold come from
cross-validation on the training data.
"""

from dataclasses import asdict, dataclass

import numpy as np
from sklearn.metrics import roc_auc_score

_WEIGHTS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


@dataclass(frozen=True)
class Evidence:
    """What is known of each held-out sentence: log-odds, nearness (cosine), and whether it is in scope."""

    log_odds: np.ndarray
    nearness: np.ndarray
    in_scope: np.ndarray


@dataclass(frozen=True)
class Scope:
    """The calibrated out-of-scope score."""

    weight: float
    threshold: float

    def score(self, log_odds: float, nearness: float) -> float:
        """Returns the score; at or above `threshold` a sentence counts as in scope."""
        return log_odds + self.weight * nearness

    def as_dict(self) -> dict[str, float]:
        """Returns the numbers to persist."""
        return asdict(self)


def calibrate(evidence: Evidence, most_rejected: float) -> Scope:
    """Chooses weight and threshold.

    Where held-out sentences from outside are known (intents left out of training, or examples of an out-of-scope
    intent), the weight separates them best by area under the ROC curve, and the threshold has the best balanced
    accuracy among those that reject at most `most_rejected` of what is in scope. Where none are known both parts
    weigh the same and the threshold rejects `most_rejected`.
    """
    inside = evidence.in_scope
    if not inside.any():
        return Scope(0.0, float("-inf"))
    if inside.all():
        weight = _ratio(evidence.log_odds.std(), evidence.nearness.std())
        return Scope(weight, _quantile(evidence.log_odds + weight * evidence.nearness, most_rejected))
    weight = max(_WEIGHTS, key=lambda w: roc_auc_score(inside, evidence.log_odds + w * evidence.nearness))
    scores = evidence.log_odds + weight * evidence.nearness
    return Scope(weight, min(_balanced(scores, inside), _quantile(scores[inside], most_rejected)))


def log_odds(logs: np.ndarray, top: np.ndarray) -> np.ndarray:
    """Returns log(p / (1 - p)) of column `top` of each row of log-probabilities."""
    each = np.arange(len(logs))
    rest = logs.copy()
    rest[each, top] = -np.inf
    if logs.shape[1] < 2:
        return np.zeros(len(logs))
    highest = rest.max(axis=1)
    return logs[each, top] - (highest + np.log(np.exp(rest - highest[:, None]).sum(axis=1)))


def _balanced(scores: np.ndarray, inside: np.ndarray) -> float:
    order = np.argsort(scores)
    kept_out = np.cumsum(~inside[order]) / (~inside).sum()
    lost = np.cumsum(inside[order]) / inside.sum()
    best = int(np.argmax(kept_out - lost))
    ordered = scores[order]
    return float((ordered[best] + ordered[min(best + 1, len(ordered) - 1)]) / 2)


def _quantile(scores: np.ndarray, share: float) -> float:
    return float(np.quantile(scores, share))


def _ratio(above: float, below: float) -> float:
    return float(above / below) if below > 1e-9 else 0.0
