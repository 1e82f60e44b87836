"""How sure it is that the best passage answers a message: a logistic model of the search's evidence.

It is calibrated on what is at hand wherever knowledge is: examples of questions (some have an answer), sentences that
are not the assistant's business, and each passage's own heading asked of all the other passages, which is a question
of the right kind that nothing answers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict

_FOLDS = 5
_FEWEST = 10  # of each kind, to calibrate anything


@dataclass(frozen=True)
class Confidence:
    """Turns evidence into a probability, with two thresholds.

    Attributes:
        offered: from here on a passage may be meant; below, nothing is known.
        certain: from here on the best passage is the answer.
    """

    weights: np.ndarray
    bias: float
    offered: float = 0.0
    certain: float = 0.0

    def of(self, evidence: np.ndarray) -> float:
        """Returns the probability that the best passage answers the message."""
        return float(1 / (1 + np.exp(-(self.weights @ evidence + self.bias))))

    @classmethod
    def usual(cls) -> "Confidence":
        """Returns what stands in where nothing can be calibrated: between what English and Chinese came to here.

        Evidence is relative, so that the two came out alike and other passages will hardly differ.
        """
        return cls(np.array([0.23, 2.4, 0.75]), bias=-4.5, offered=0.33, certain=0.58)

    def as_dict(self) -> dict[str, Any]:
        """Returns the fields to persist."""
        return {**vars(self), "weights": self.weights.tolist()}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> "Confidence":
        """Restores what `as_dict` returned."""
        return cls(**{**fields, "weights": np.array(fields["weights"])})


def calibrate(
    answered: Sequence[np.ndarray], unanswered: Iterable[np.ndarray], lost: float, wrong: float
) -> Confidence:
    """Fits the model and chooses its thresholds by cross-validation.

    Args:
        answered, unanswered: the evidence of questions with and without an answer, each of shape (n,).
        lost: the share of questions with an answer that may be told "I don't know".
        wrong: the share of questions without one that may be answered all the same.

    Returns:
        The calibrated confidence; the usual one where there are too few questions of a kind.
    """
    inside, outside = list(answered), list(unanswered)
    if min(len(inside), len(outside)) < _FEWEST:
        return Confidence.usual()
    features = np.stack(inside + outside)
    labels = np.array([1] * len(inside) + [0] * len(outside))
    centre, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    model = LogisticRegression(class_weight="balanced", max_iter=1000)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=0)
    scaled = (features - centre) / spread
    unseen = cross_val_predict(model, scaled, labels, cv=folds, method="predict_proba")[:, 1]
    model.fit(scaled, labels)
    weights = model.coef_[0] / spread
    offered = float(np.quantile(unseen[labels == 1], lost))
    certain = float(np.quantile(unseen[labels == 0], 1 - wrong))
    return Confidence(weights, float(model.intercept_[0] - weights @ centre), offered, max(offered, certain))
