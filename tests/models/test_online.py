"""Probabilities and reasons for one customer."""

import numpy as np
import polars as pl
import pytest

from crm.domain import Line
from models import artefact, explain, offers_facts, online
from models.errors import ArtefactError
from models.online import OnlineModel, Scorer
from tests.factories.offers import NOW, a_model, a_person, a_version


@pytest.mark.parametrize("name", ["logistic regression", "LightGBM"])
def test_a_row_scores_as_its_table_does(name):
    made, rows = a_model(name=name)
    x = np.vstack([made.plan.row(row) for row in rows])
    ready = OnlineModel(made)
    scored = [ready.score(row).probability for row in rows]
    assert np.allclose(scored, made.probabilities(x), atol=2e-4)


def test_missing_values_and_unknown_levels_score_as_in_the_table():
    made, rows = a_model()
    odd = [{**rows[0], "income": None}, {**rows[0], "marital status": "it is complicated"}, {**rows[0], "age": 140.0}]
    x = np.vstack([made.plan.row(row) for row in odd])
    assert np.allclose([OnlineModel(made).score(row).probability for row in odd], made.probabilities(x), atol=2e-4)


def test_reasons_of_lightgbm_are_its_shap_values():
    made, rows = a_model(name="LightGBM")
    scored = OnlineModel(made).score(rows[0])
    x = made.plan.row(rows[0])
    exact = explain.by_source(explain.contributions(made.models, x, x), made.plan)
    assert {r.column: pytest.approx(r.strength) for r in scored.reasons} == {k: v[0] for k, v in exact.items()}


def test_reasons_of_the_curves_agree_with_shap_by_permutations():
    made, rows = a_model()
    x = np.vstack([made.plan.row(row) for row in rows])
    exact = explain.by_source(explain.contributions(made.models, x[:1], x[:100]), made.plan)
    found = {r.column: r.strength for r in OnlineModel(made).score(rows[0]).reasons}
    assert all(abs(found[name] - value[0]) < 0.4 for name, value in exact.items())


def test_reasons_come_strongest_first():
    made, _ = a_model()
    person = a_person(age=75.0, marital_status="married")
    reasons = OnlineModel(made).score(offers_facts.values(person, Line.HOME, NOW.date())).reasons
    assert reasons[0].column == "age"
    assert [r.strength for r in reasons] == sorted((r.strength for r in reasons), reverse=True)


def test_no_table_is_built_for_a_customer(tmp_path, monkeypatch):
    a_version(tmp_path, Line.HOME)
    scorer = Scorer(tmp_path)
    scorer.lines()

    def refuse(*_, **__):
        raise AssertionError("a table on the path")

    monkeypatch.setattr(pl, "DataFrame", refuse)
    monkeypatch.setattr(pl, "Series", refuse)
    assert scorer.score(a_person(), Line.HOME, NOW.date()).probability > 0


def test_models_are_loaded_once(tmp_path, monkeypatch):
    a_version(tmp_path, Line.HOME)
    load, calls = artefact.load, []
    monkeypatch.setattr(artefact, "load", lambda folder: calls.append(folder) or load(folder))
    scorer = Scorer(tmp_path)
    first = scorer.lines()
    assert scorer.lines() is first
    assert len(calls) == 1


def test_a_new_version_is_picked_up(tmp_path):
    a_version(tmp_path, Line.HOME)
    scorer = Scorer(tmp_path)
    assert set(scorer.lines()) == {Line.HOME}
    a_version(tmp_path, Line.HOME, Line.AUTO)
    assert set(scorer.lines()) == {Line.HOME, Line.AUTO}


def test_a_damaged_version_leaves_the_one_before_in_use(tmp_path):
    a_version(tmp_path, Line.HOME)
    scorer = Scorer(tmp_path)
    before = scorer.lines()
    version = a_version(tmp_path, Line.HOME)
    (version / "home" / artefact.MODEL).write_bytes(b"altered")
    assert Scorer(tmp_path).lines() == {}
    assert scorer.lines() is before


def test_without_models_there_is_no_score(tmp_path):
    assert Scorer(tmp_path).score(a_person(), Line.HOME, NOW.date()) is None


def test_a_slow_algorithm_is_refused():
    made, _ = a_model(name="decision tree")
    with pytest.raises(ArtefactError, match="offers fit"):
        online.OnlineModel(made)
