"""From which confidence on an intent counts, found on sentences that the classifier had not seen.

A confidence of 0.8 is not equally good news in every language or for every set of intents. What the dialogue needs to
know is where right and wrong guesses balance, and from where on hardly any is wrong.
"""

from dataclasses import asdict, dataclass

import numpy as np
from sklearn.isotonic import IsotonicRegression

_STEPS = 1001


@dataclass(frozen=True)
class Certainty:
    """Two confidences; as they stand here where no sentence could be held out.

    Attributes:
        even: at it, the likeliest intent is as often right as wrong.
        sure: from it on, only the share asked for is wrong; 1 where that cannot be reached.
    """

    even: float = 0.5
    sure: float = 0.85

    def as_dict(self) -> dict[str, float]:
        """Returns the numbers to persist."""
        return asdict(self)


def calibrate(confidence: np.ndarray, right: np.ndarray, most_mistaken: float) -> Certainty:
    """Returns the confidences for a set of held-out sentences.

    Args:
        confidence: of each sentence's likeliest intent.
        right: whether that was its intent.
        most_mistaken: the share of wrong intents one accepts among those that count as sure.
    """
    if len(confidence) == 0:
        return Certainty()
    fitted = IsotonicRegression(out_of_bounds="clip").fit(confidence, right.astype(float))
    grid = np.linspace(0.0, 1.0, _STEPS)
    balanced = np.flatnonzero(fitted.predict(grid) >= 0.5)
    order = np.argsort(-confidence, kind="stable")
    mistaken = np.cumsum(~right[order]) / np.arange(1, len(order) + 1)
    few = np.flatnonzero(mistaken <= most_mistaken)
    return Certainty(
        even=float(grid[balanced[0]]) if len(balanced) else 1.0,
        sure=float(confidence[order][few[-1]]) if len(few) else 1.0,
    )
