"""The same folds for every algorithm: stratified, by customer, or in the order of time."""

from dataclasses import dataclass

import numpy as np
from sklearn.model_selection import (
    RepeatedStratifiedKFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    StratifiedShuffleSplit,
)

Fold = tuple[np.ndarray, np.ndarray]
FOLDS = 5
MOST_REPEATS = 10
TEST_SHARE = 0.2
_MANY_GROUPS = 5_000  # from here on they are dealt out at once instead of one after the other


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
        earlier = int(len(y) * (1 - TEST_SHARE))
        return sequence[:earlier], sequence[earlier:]
    if order.groups is not None:
        return cut(y, order.groups, round(1 / TEST_SHARE), seed)[0]
    return next(iter(StratifiedShuffleSplit(1, test_size=TEST_SHARE, random_state=seed).split(y, y)))


def folds(y: np.ndarray, order: Order, seed: int, most: int | None = None) -> list[Fold]:
    """Five folds; small tables are cut anew up to ten (or `most`) times, because one cut of them says little."""
    repeats = int(np.clip(20_000 // max(len(y), 1), 1, most or MOST_REPEATS))
    if order.times is not None:
        return _expanding(order.times)
    rarer = int(min(y.sum(), len(y) - y.sum()))
    parts = max(2, min(FOLDS, rarer))
    if order.groups is not None:
        return [fold for repeat in range(repeats) for fold in cut(y, order.groups, parts, seed + repeat)]
    return list(RepeatedStratifiedKFold(n_splits=parts, n_repeats=repeats, random_state=seed).split(y, y))


def cut(y: np.ndarray, groups: np.ndarray | None, parts: int, seed: int) -> list[Fold]:
    """Folds with the outcome as frequent in each as in all; rows of one group stay together."""
    if groups is None:
        return list(StratifiedKFold(parts, shuffle=True, random_state=seed).split(y, y))
    names, code = np.unique(groups, return_inverse=True)
    if len(names) < _MANY_GROUPS:
        return list(StratifiedGroupKFold(parts, shuffle=True, random_state=seed).split(y, y, groups))
    yes, rows = np.bincount(code, weights=y), np.bincount(code)
    # Groups alike in outcomes and size lie side by side; each `parts` of them are dealt out in an order of their own.
    rng = np.random.default_rng(seed)
    alike = np.lexsort((rng.random(len(names)), rows, yes))
    hands = rng.permuted(np.tile(np.arange(parts), (-(-len(names) // parts), 1)), axis=1).ravel()
    fold_of = np.empty(len(names), dtype=int)
    fold_of[alike] = hands[: len(names)]
    return [(np.flatnonzero(fold_of[code] != part), np.flatnonzero(fold_of[code] == part)) for part in range(parts)]


def _expanding(times: np.ndarray) -> list[Fold]:
    """Each fold learns from all that lies before what it is judged on (rolling origin)."""
    parts = np.array_split(np.argsort(times, kind="stable"), FOLDS + 1)
    return [(np.concatenate(parts[:number]), parts[number]) for number in range(1, FOLDS + 1)]
