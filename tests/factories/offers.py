"""Customers and fitted models for offers, without a store where none is needed."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np

from crm.domain import Line
from models import artefact, columns, drift, offers_fit, offers_versions, search
from models.algorithms import ALGORITHMS
from models.artefact import Artefact
from models.calibration import Calibration
from models.facts import Answered, Facts, Held
from models.features import Plan
from models.folds import Order
from models.offers_rules import rules

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=timezone.utc)


def a_person(number: int = 1, **values: object) -> Facts:
    """A customer of 40 with a car policy."""
    person = Facts(
        customer_id=number,
        age=40.0,
        gender="female",
        marital_status="married",
        education="master",
        income=50_000.0,
        language="en",
        since=NOW - timedelta(days=900),
        consent=True,
        policies=(a_policy_held(Line.AUTO, 600.0),),
        claims=(),
        overdue=(),
    )
    return replace(person, **values)


def a_policy_held(line: Line, premium: float = 600.0, *, in_force: bool = True) -> Held:
    """A policy that began a year ago, and ended yesterday if it is not in force."""
    day = NOW.date()
    return Held(line, in_force, premium, day - timedelta(days=364), day + timedelta(days=1 if in_force else -1))


def newcomers(count: int = 100, strength: float = 2.0) -> list[Facts]:
    """More of them, who came after everybody else."""
    others = people(count, seed=7, strength=strength)
    return [
        replace(one, customer_id=10_000 + one.customer_id, since=NOW + timedelta(minutes=one.customer_id), answers=())
        for one in others
    ]


def people(count: int = 300, seed: int = 1, strength: float = 2.0) -> list[Facts]:
    """Customers with a car policy, of whom the older and the married hold home, too; answers to offers among them."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(1, count + 1):
        age, married = float(rng.integers(20, 80)), bool(rng.random() < 0.5)
        odds = strength * ((age - 50) / 15 + (married - 0.5))
        home = bool(rng.random() < 1 / (1 + np.exp(-odds)))
        held = [a_policy_held(Line.AUTO, float(rng.integers(400, 900)))]
        held += [a_policy_held(Line.HOME, float(rng.integers(200, 500)))] if home else []
        answers = (Answered(Line.HOME, home, NOW - timedelta(days=3)),) if rng.random() < 0.1 else ()
        made.append(
            a_person(
                number,
                age=age,
                marital_status="married" if married else "single",
                income=float(rng.integers(20, 90)) * 1000 if rng.random() < 0.9 else None,
                since=NOW - timedelta(days=float(rng.integers(30, 3000))),
                policies=tuple(held),
                answers=answers,
            )
        )
    return made


def a_model(line: Line = Line.HOME, name: str = "logistic regression", strength: float = 2.0) -> tuple[Artefact, list]:
    """A fitted model of a line, and the rows it learned from."""
    frame = offers_fit.table(people(strength=strength), line, rules().lines[line], NOW.date())
    features = frame.drop("moment", "customer_id", "gender", offers_fit.target(line))
    kinds = [kind for kind in columns.infer(features) if kind.kind in columns.LEARNED]
    typed = columns.typed(features, kinds)
    plan = Plan.of(typed, kinds)
    x, y = plan.matrix(typed), (frame[offers_fit.target(line)] == "yes").to_numpy().astype(int)
    params = next(a.defaults for a in ALGORITHMS if a.name == name)
    models = search.fitted(name, params, search.Task(x, y, plan, Order(), "AUC", 1, 1))
    card = {
        "target": offers_fit.target(line),
        "algorithm": name,
        "metric": "AUC",
        "data": {"newest row": 0.0},
        "reference": drift.reference(x, plan, search.predict(models, x)),
    }
    made = Artefact(tuple(kinds), plan, tuple(models), Calibration("sigmoid", (0.9, 0.1)), card)
    return made, list(typed.iter_rows(named=True))


def a_version(folder: Path, *lines: Line, previous: str | None = None, name: str = "logistic regression") -> Path:
    """A version in use with a model of each line."""
    version = offers_versions.new(folder, NOW)
    for line in lines:
        artefact.save(version / line.value, a_model(Line.HOME, name)[0], {})
    offers_versions.describe(version, {"previous": previous, "lines": {}})
    offers_versions.promote(folder, version)
    return version
