"""Comparing and tuning: on a part of a large table, with the same result however many cores there are."""

import numpy as np
import pytest
from joblib import parallel_config

from models import algorithms, search
from models.features import Feature, Plan
from models.folds import Order
from models.search import Candidate, Task

pytestmark = pytest.mark.slow


def task(rows: int, jobs: int = 1, order: Order | None = None) -> Task:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(rows, 3))
    y = (x[:, 0] + rng.normal(size=rows) > 1).astype(int)
    plan = Plan([Feature(name, "value") for name in "abc"])
    return Task(x, y, plan, order or Order(), "AUC", 7, jobs)


def candidate(name: str, scores: list[float]) -> Candidate:
    return Candidate(name, {}, np.array(scores), [], np.array([]), 0.0)


def silent(_: str) -> None:
    pass


def test_a_part_holds_as_many_yes_and_whole_rows():
    whole = task(5_000)
    part = search.sample(whole, 1_000)
    assert len(part.y) == len(part.x) == 1_000
    assert part.y.mean() == pytest.approx(whole.y.mean(), abs=0.001)
    assert search.sample(whole, 5_000) is whole


def test_a_part_of_an_order_of_time_spans_all_of_it():
    part = search.sample(task(4_000, order=Order(times=np.arange(4_000.0))), 1_000)
    assert (part.order.times[0], part.order.times[-1]) == (0, 3996)


def test_many_columns_are_compared_on_fewer_rows(monkeypatch):
    monkeypatch.setattr(search, "_CELLS", 6_000)
    monkeypatch.setattr(search, "_FEWEST", 500)
    assert len(search.compared_on(task(5_000)).y) == 2_000


def test_tuning_is_the_same_on_any_number_of_cores(monkeypatch):
    few = tuple(a for a in algorithms.ALGORITHMS if a.name in ("decision tree", "naive Bayes"))
    monkeypatch.setattr(search, "ALGORITHMS", few)
    with parallel_config(backend="threading"):  # starting processes takes longer than the rest
        one, two = (search.search(task(300, jobs), trials=6, minutes=None, tell=silent) for jobs in (1, 2))
    assert one.trials == two.trials == 5
    assert [(c.name, c.params, c.mean) for c in one.candidates] == [(c.name, c.params, c.mean) for c in two.candidates]


def test_the_simplest_within_one_standard_error_is_chosen():
    best, simpler = candidate("LightGBM", [0.80, 0.82, 0.81]), candidate("logistic regression", [0.80, 0.81, 0.815])
    assert search.best_of([best, simpler])[0] is simpler
    worse = candidate("logistic regression", [0.70, 0.71, 0.72])
    chosen, why = search.best_of([best, worse])
    assert (chosen, why["code"]) == (best, "best")
