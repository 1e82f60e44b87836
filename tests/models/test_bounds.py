"""What keeps the work on large and wide tables bounded, and on small ones spread over the cores there are."""

import os
from threading import Thread

import numpy as np
import pytest
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads as openmp_threads

from models import algorithms, evaluation, missing, search, texts, threads
from models import fit as fitting
from models.features import Feature, Plan
from models.folds import Order
from models.search import Task

pytestmark = pytest.mark.slow


def task(rows: int, columns: int, gaps: int = 0) -> Task:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(rows, columns))
    x[:: max(1, rows // 10), :gaps] = np.nan
    plan = Plan([Feature(f"c{number}", "value") for number in range(columns)])
    return Task(x, (rng.random(rows) < 0.3).astype(int), plan, Order(), "AUC", 7, 1)


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
def test_a_thread_that_predicts_takes_one_core_whatever_the_one_that_started_it_set():
    seen = []

    def look() -> None:
        with threads.one_here():
            seen.append(openmp_threads())

    with threads.one():
        worker = Thread(target=look)
        worker.start()
        worker.join()
    assert seen == [1]


def test_predicting_takes_one_core():
    class Asked:
        def predict_proba(self, x):
            return np.full((len(x), 2), float(openmp_threads()))

    assert search.predict([Asked()], np.zeros((1, 1))).tolist() == [1.0]


def test_a_small_table_is_worth_helpers_when_many_trials_are_made(monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert (fitting.jobs(1_000, trials=40), fitting.jobs(1_000, trials=0)) == (4, 1)


def test_a_tree_of_a_forest_learns_from_so_many_rows_and_columns_at_most():
    forest = next(a for a in algorithms.ALGORITHMS if a.name == "random forest")

    def grown(rows: int, columns: int) -> tuple[int, int]:
        tree = forest.build(forest.defaults, task(10, columns).plan, rows, 7)[-1]
        return tree.max_samples, tree.max_features

    assert grown(1_000, 20) == (700, 6)
    assert grown(500_000, 20) == (algorithms.GROWN_ON, 6)
    assert grown(500_000, 200) == (5_000, 16)


def test_large_tables_are_tuned_on_fewer_folds(monkeypatch):
    monkeypatch.setattr(search, "ALGORITHMS", tuple(a for a in algorithms.ALGORITHMS if a.name == "naive Bayes"))
    whole = task(200, 3)
    assert search.search(whole, trials=1, minutes=None, tell=lambda _: None).tuned_on["naive Bayes"]["folds"] > 5
    monkeypatch.setattr(search, "_TUNED_CELLS", 600)
    found = search.search(whole, trials=1, minutes=None, tell=lambda _: None)
    assert found.tuned_on == {"naive Bayes": {"rows": 200, "folds": 2}}


def test_ways_to_treat_missing_values_are_compared_on_so_many_rows_at_most():
    assert len(missing.compared_on(task(30_000, 2, gaps=1)).y) == 20_000
    assert len(missing.compared_on(task(30_000, 400, gaps=1)).y) == 5_000


def test_many_columns_with_gaps_are_not_filled_in_by_models():
    few, many = (task(20, 60, gaps) for gaps in (missing.MOST_MODELLED, missing.MOST_MODELLED + 1))
    assert "model" in missing.ways(few)
    assert "model" not in missing.ways(many)


@pytest.mark.parametrize(("columns", "rows"), [(10, 80), (100, 40), (200, 20), (1_000, 10), (50_000, 1)])
def test_reasons_of_wide_tables_are_worked_out_for_fewer_rows(columns, rows):
    assert evaluation._explained(columns) == rows


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_where_work_was_cut_short_is_told(language):
    found = search.Outcome([], 1, "done", {"LightGBM": {"rows": 100_000, "folds": 2}})
    wide = task(20, 60, gaps=60)
    told = fitting._capped(found, task(40, 60, gaps=60), wide)
    assert [one.code for one in told] == ["fewer_folds", "missing_sampled", "missing_unmodelled"]
    assert all(texts.finding(language, one.to_json()) for one in told)
