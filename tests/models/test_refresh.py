"""Fitting offers from the store, refreshing, going back."""

import json
import shutil

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from crm.domain import Line
from crm.store import Store
from models import (
    algorithms,
    artefact,
    evaluation,
    figures,
    folds,
    missing,
    offers_drift,
    offers_fit,
    offers_versions,
    refresh,
    report,
    search,
)
from models import fit as fitting
from models.cli import main
from models.errors import ArtefactError, TableError
from models.features import Feature, Plan
from models.figures import METRICS
from models.folds import Order
from models.offers_fit import Wishes
from models.offers_rules import rules
from models.online import Scorer
from tests.factories.crm import a_customer, a_plan, a_policy
from tests.factories.offers import NOW, a_person, a_version, newcomers, people

HOME = rules().model_copy(update={"lines": {Line.HOME: rules().lines[Line.HOME]}})
WISHES = Wishes(trials=0)
_WRITE = report.write


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """One algorithm, few folds, draws and no pictures: what is tested is what becomes of the models."""
    set_quick(monkeypatch)


@pytest.fixture(scope="module")
def champion(tmp_path_factory):
    """A fitted version, made once."""
    folder = tmp_path_factory.mktemp("champion")
    with pytest.MonkeyPatch.context() as patch:
        set_quick(patch)
        offers_fit.fit(people(), folder, HOME, NOW, WISHES, silent)
    return folder


def set_quick(monkeypatch):
    few = tuple(a for a in algorithms.ALGORITHMS if a.name == "LightGBM")
    monkeypatch.setattr(search, "ALGORITHMS", few)
    monkeypatch.setattr(folds, "MOST_REPEATS", 1)
    monkeypatch.setattr(figures, "BOOTSTRAPS", 40)
    monkeypatch.setattr(evaluation, "EXPLAINED", 3)
    monkeypatch.setattr(missing, "compare", lambda task, tell: [])
    monkeypatch.setattr(fitting, "jobs", lambda rows, trials: 1)
    monkeypatch.setattr(report, "write", lambda folder, language="en": (folder / report.PAGE).touch())


def silent(what: str) -> None:
    """Say nothing."""


@pytest.fixture
def folder(tmp_path, champion):
    """A folder with a version in use."""
    shutil.copytree(champion, tmp_path / "offers")
    return tmp_path / "offers"


def refreshed(folder, everybody):
    return refresh.refresh(everybody, folder, HOME, NOW, WISHES, silent)


def test_a_fit_is_in_use_at_once(folder):
    version = offers_versions.current(folder)
    assert offers_versions.about(version)["how"] == "fit"
    assert {path.name for path in (version / "home").iterdir()} == {
        "card.json",
        "figures.json",
        "model.skops",
        "report.html",
    }
    assert set(Scorer(folder).lines()) == {Line.HOME}


def test_answers_are_counted_and_stay_with_their_customer(folder):
    card = artefact.card_of(offers_versions.current(folder) / "home")
    assert card["data"]["answered offers"] > 10
    assert card["splits"] == "grouped"
    assert {"customer_id", "moment", "gender"}.isdisjoint(column["name"] for column in card["columns"])


def test_a_line_nobody_holds_is_left_out_and_told(tmp_path):
    told = []
    both = rules().model_copy(update={"lines": {line: rules().lines[line] for line in (Line.HOME, Line.LIFE)}})
    version = offers_fit.fit(people(), tmp_path, both, NOW, WISHES, told.append)
    assert offers_versions.lines(version) == [Line.HOME]
    assert any(line.startswith("life: left out") for line in told)


def test_a_store_without_examples_cannot_be_learned_from(tmp_path):
    with pytest.raises(TableError, match="No line can be learned from"):
        offers_fit.fit([a_person(n) for n in range(50)], tmp_path, HOME, NOW, WISHES, silent)
    assert offers_versions.current(tmp_path) is None
    assert list((tmp_path / "versions").iterdir()) == []


def test_a_challenger_that_is_no_better_does_not_take_over(folder):
    version = offers_versions.current(folder)
    done = refreshed(folder, people() + newcomers())
    assert [(one.promoted, one.why) for one in done.decisions] == [(False, "not_better")]
    assert offers_versions.current(folder) == version
    assert [path.name for path in (folder / "versions").iterdir()] == [version.name]


def test_a_better_challenger_takes_over_and_can_be_taken_back(tmp_path):
    old = offers_fit.fit(people(strength=-2.0), tmp_path, HOME, NOW, WISHES, silent)
    everybody = people(strength=3.0) + newcomers(strength=3.0)
    done = refreshed(tmp_path, everybody)
    (decision,) = done.decisions
    assert (decision.promoted, decision.why) == (True, "better")
    assert 0 < decision.low <= decision.gain <= decision.high
    new = offers_versions.current(tmp_path)
    assert new != old
    learned = offers_fit.table(everybody, Line.HOME, HOME.lines[Line.HOME], NOW.date())
    assert artefact.card_of(new / "home")["data"]["rows learned from"] == learned.height
    assert Scorer(tmp_path).lines()
    assert offers_versions.about(new)["decisions"][0]["challenger"] == decision.challenger
    assert offers_versions.rollback(tmp_path) == (new.name, old.name)
    assert offers_versions.current(tmp_path) == old
    with pytest.raises(ArtefactError, match="no earlier version"):
        offers_versions.rollback(tmp_path)


def test_only_those_whom_the_model_in_use_has_not_seen_are_judged(folder):
    everybody = people() + newcomers()
    frame = offers_fit.table(everybody, Line.HOME, HOME.lines[Line.HOME], NOW.date())
    champion = artefact.load(offers_versions.current(folder) / "home")
    old, newest = refresh._newest(frame, champion, 0.2)
    assert newest["customer_id"].min() > 10_000
    assert set(old["customer_id"]).isdisjoint(newest["customer_id"])


def test_too_few_new_rows_change_nothing(folder):
    assert [one.why for one in refreshed(folder, people() + newcomers(20)).decisions] == ["too_few"]


def test_equal_models_gain_nothing():
    rng = np.random.default_rng(1)
    y, p = rng.integers(0, 2, 200), rng.random(200)
    assert refresh.compare(METRICS["AUC"], y, p, p, 1) == (0.0, 0.0, 0.0)


def test_a_paired_interval_is_narrower_than_two_apart():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 400)
    p = y * 0.5 + rng.random(400)
    q = p + 0.02 * rng.random(400)
    _, low, high = refresh.compare(METRICS["AUC"], y, p, q, 1)
    alone = figures.with_interval(METRICS["AUC"], y, p, 1)
    assert high - low < (alone["high"] - alone["low"]) / 2


def test_drift_is_measured_and_shown_to_prometheus(folder):
    registry = CollectorRegistry()
    offers_drift.register(registry, folder)
    assert b'model="offers_home"' not in generate_latest(registry)
    older = [person for person in people() if person.age > 50][:60]  # too few to fit anew: only drift is measured
    done = refreshed(folder, older)
    assert done.drift["home"]["age"] > 0.25
    shown = generate_latest(registry).decode()
    assert 'careline_model_drift{column="age",model="offers_home"}' in shown


def test_versions_of_one_second_have_names_of_their_own(tmp_path):
    assert len({offers_versions.new(tmp_path, NOW).name for _ in range(3)}) == 3


def test_a_rollback_to_what_is_gone_is_refused(tmp_path):
    a_version(tmp_path, Line.HOME, previous="20250101T000000Z", name="LightGBM")
    with pytest.raises(ArtefactError, match="holds no models"):
        offers_versions.rollback(tmp_path)


def test_by_command_from_the_store(tmp_path, monkeypatch, sqlite_store, capsys):
    """Two customers in three hold home, the older of them; the analyst fits, refreshes and goes back."""
    with sqlite_store.session() as session:
        cover = {line: a_plan(session, line).id for line in (Line.AUTO, Line.HOME)}
        for number in range(90):
            born = NOW.date().replace(year=1950 + number // 2)
            customer = a_customer(session, birth_date=born, income_minor=3_000_000 + 7_000 * number)
            a_policy(session, customer, plan_id=cover[Line.AUTO])
            if number % 9 < 6 - number // 20:
                a_policy(session, customer, plan_id=cover[Line.HOME])
    monkeypatch.setattr(Store, "from_settings", lambda: sqlite_store)
    monkeypatch.setattr(report, "write", _WRITE)
    out = str(tmp_path / "offers")
    assert main(["offers", "fit", "--out", out, "--trials", "0"]) == 0
    assert "home: LightGBM, AUC" in capsys.readouterr().out
    assert main(["refresh", "--out", out, "--trials", "0"]) == 0
    assert "home: the model in use stays" in capsys.readouterr().out
    assert main(["refresh", "--out", out, "--rollback"]) == 1
    assert "no earlier version" in capsys.readouterr().err
    assert json.loads((tmp_path / "offers" / "drift.json").read_text(encoding="utf-8"))["lines"]["home"]


def test_only_the_named_algorithms_are_compared(monkeypatch):
    monkeypatch.setattr(search, "ALGORITHMS", algorithms.ALGORITHMS)
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 2))
    y = (x[:, 0] + rng.normal(size=200) > 0).astype(int)
    plan = Plan([Feature("a", "value"), Feature("b", "value")])
    task = search.Task(x, y, plan, Order(), "AUC", 1, 1)
    found = search.search(task, trials=0, minutes=None, tell=silent, only=("naive Bayes",))
    assert [candidate.name for candidate in found.candidates] == ["naive Bayes"]
