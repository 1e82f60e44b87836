import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import drift, figures

OUTCOMES = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=5, max_size=60).filter(
    lambda rows: 0 < sum(y for y, _ in rows) < len(rows)
)


@given(OUTCOMES)
def test_gain_rises_to_all_of_them(rows):
    y, p = (np.array(part) for part in zip(*rows, strict=True))
    gains = [figures.gain(y, p, share) for share in np.linspace(0, 1, 11)]
    assert (np.diff(gains) >= -1e-9).all()
    assert gains[0] == 0
    assert gains[-1] == pytest.approx(1)


@given(OUTCOMES, st.floats(0, 1))
def test_several_gains_are_those_of_each_share(rows, share):
    y, p = (np.array(part) for part in zip(*rows, strict=True))
    assert figures.gains(y, p, [0.25, share]) == [figures.gain(y, p, 0.25), figures.gain(y, p, share)]


def test_half_of_a_tie_is_half_of_its_yes():
    assert figures.gain(np.array([1, 0, 1, 0]), np.array([0.9, 0.9, 0.1, 0.1]), 0.25) == pytest.approx(0.25)


def test_a_perfect_ranking_has_the_greatest_lift():
    y = np.array([1] * 20 + [0] * 80)
    assert figures.lift(y, 1.0 * y, 0.2) == pytest.approx(5)


def test_equal_scores_are_as_good_as_chance():
    y = np.array([1] * 30 + [0] * 70)
    assert figures.lift(y, np.full(100, 0.3), 0.2) == pytest.approx(1)


def test_the_interval_holds_the_value():
    rng = np.random.default_rng(1)
    p = rng.random(400)
    y = (rng.random(400) < p).astype(int)
    found = figures.with_interval(figures.METRICS["AUC"], y, p, seed=1)
    assert found["low"] < found["value"] < found["high"]


def test_wilson_of_the_textbook():
    low, high = figures.wilson(0.1, 100)
    assert (round(low, 3), round(high, 3)) == (0.055, 0.174)


def test_stability_index_of_equal_shares_is_nothing():
    assert drift.index([0.5, 0.3, 0.2], [0.5, 0.3, 0.2]) == 0


@pytest.mark.parametrize(("value", "level"), [(0.05, "stable"), (0.1, "watch"), (0.24, "watch"), (0.25, "act")])
def test_levels_begin_where_they_are_said_to(value, level):
    assert drift.level(value) == level
