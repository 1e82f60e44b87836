"""What the action server shows Prometheus, and what it loads when it starts."""

import logging

import pytest
from prometheus_client import generate_latest

from actions.base import Services
from actions.metrics import Metrics
from actions.server import warm_up
from crm.domain import Line
from models.offers_drift import write
from models.online import Scorer


def test_offers_are_counted_by_line_and_outcome():
    metrics = Metrics()
    metrics.offered(Line.HOME, "declined")
    assert b'careline_offers_total{line="home",outcome="declined"} 1.0' in generate_latest(metrics.registry)


def test_drift_of_the_models_is_shown(tmp_path):
    write(tmp_path, "v1", {"home": {"age": 0.3}})
    shown = generate_latest(Metrics(tmp_path).registry).decode()
    assert 'careline_model_drift{column="age",model="offers_home"} 0.3' in shown


@pytest.mark.parametrize(("loaded", "lines"), [({}, 1), ({Line.HOME: object()}, 0)])
def test_missing_models_are_one_line_of_the_log(store, vault, tmp_path, monkeypatch, caplog, loaded, lines):
    monkeypatch.setattr(Scorer, "lines", lambda _: loaded)
    with caplog.at_level(logging.WARNING):
        warm_up(Services(store, vault, scorer=Scorer(tmp_path)))
    assert sum("offers fit" in record.getMessage() for record in caplog.records) == lines
