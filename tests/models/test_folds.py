import numpy as np
import pytest

from models import folds
from models.folds import Order


@pytest.mark.parametrize("owners", [60, 8_000])
def test_rows_of_one_owner_lie_on_one_side_and_yes_is_as_frequent_on_both(owners):
    rng = np.random.default_rng(1)
    groups = rng.integers(0, owners, 3 * owners)
    y = (rng.random(owners) < 0.3)[groups].astype(int)
    for learn, judge in folds.cut(y, groups, 5, seed=3):
        assert not set(groups[learn]) & set(groups[judge])
        assert abs(len(judge) - len(y) / 5) < 0.1 * len(y)
        assert y[judge].mean() == pytest.approx(y.mean(), abs=0.08)


def test_every_row_is_judged_once_in_each_repeat():
    y = np.array([0, 1] * 500)
    parts = folds.folds(y, Order(), seed=1, most=2)
    assert len(parts) == 10
    assert np.bincount(np.concatenate([judge for _, judge in parts])).tolist() == [2] * 1000


def test_later_rows_are_judged_by_what_came_before():
    times = np.random.default_rng(2).permutation(600).astype(float)
    y = np.array([0, 1] * 300)
    for learn, judge in [*folds.folds(y, Order(times=times), 1), folds.held_out(y, Order(times=times), 1)]:
        assert times[learn].max() < times[judge].min()
