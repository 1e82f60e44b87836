"""The same folds for every algorithm: stratified, by customer, or in the order of time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedGroupKFold, StratifiedShuffleSplit

Fold = tuple[np.ndarray, np.ndarray]
FOLDS = 5
MOST_REPEATS = 10
TEST_SHARE = 0.2


@dataclass(frozen=True)
class Order:
    """What ties rows together.

    Attributes:
        groups: rows with the same number belong to one customer and stay on one side of every split.
        times: rows are learned from before, and judged on after, a moment.
    """

    groups: np.ndarray | None = None
    times: np.ndarray | None = None

    def of(self, rows: np.ndarray) -> "Order":
        """The same for some of the rows."""
        return Order(
            None if self.groups is None else self.groups[rows], None if self.times is None else self.times[rows]
        )

    @property
    def name(self) -> str:
        """How the splits are made."""
        return "time-ordered" if self.times is not None else "grouped" if self.groups is not None else "stratified"


def held_out(y: np.ndarray, order: Order, seed: int) -> Fold:
    """Rows to learn from, and a fifth of them that nothing is chosen by; the newest when there is a time."""
    if order.times is not None:
        sequence = np.argsort(order.times, kind="stable")
        cut = int(len(y) * (1 - TEST_SHARE))
        return sequence[:cut], sequence[cut:]
    if order.groups is not None:
        folds = StratifiedGroupKFold(round(1 / TEST_SHARE), shuffle=True, random_state=seed)
        return next(iter(folds.split(y, y, order.groups)))
    return next(iter(StratifiedShuffleSplit(1, test_size=TEST_SHARE, random_state=seed).split(y, y)))


def folds(y: np.ndarray, order: Order, seed: int) -> Sequence[Fold]:
    """Five folds; small tables are cut anew up to ten times, because one cut of them says little."""
    repeats = int(np.clip(20_000 // max(len(y), 1), 1, MOST_REPEATS))
    if order.times is not None:
        return _expanding(order.times)
    rarer = int(min(y.sum(), len(y) - y.sum()))
    parts = max(2, min(FOLDS, rarer))
    if order.groups is not None:
        return [
            fold
            for repeat in range(repeats)
            for fold in StratifiedGroupKFold(parts, shuffle=True, random_state=seed + repeat).split(y, y, order.groups)
        ]
    return list(RepeatedStratifiedKFold(n_splits=parts, n_repeats=repeats, random_state=seed).split(y, y))


def _expanding(times: np.ndarray) -> Sequence[Fold]:
    """Each fold learns from all that lies before what it is judged on (rolling origin)."""
    parts = np.array_split(np.argsort(times, kind="stable"), FOLDS + 1)
    return [(np.concatenate(parts[:number]), parts[number]) for number in range(1, FOLDS + 1)]
