import polars as pl
import pytest

from models import columns, drift, scoring, search
from models.algorithms import ALGORITHMS
from models.artefact import Artefact
from models.calibration import Calibration
from models.errors import TableError
from models.features import Plan
from models.folds import Order
from tests.factories.tables import customers

ROWS = 1000


def learned(name: str = "LightGBM") -> Artefact:
    frame = customers(ROWS).with_columns(pl.all().cast(pl.String))
    kinds = columns.infer(frame.drop("bought"))
    typed = columns.typed(frame, kinds)
    plan = Plan.of(typed, kinds)
    x, y = plan.matrix(typed), (frame["bought"] == "yes").to_numpy().astype(int)
    params = next(a.defaults for a in ALGORITHMS if a.name == name)
    models = search.fitted(name, params, search.Task(x, y, plan, Order(), "AUC", 1, 1))
    card = {"reference": drift.reference(x, plan, search.predict(models, x))}
    return Artefact(tuple(kinds), plan, tuple(models), Calibration(), card)


@pytest.fixture(scope="module")
def model() -> Artefact:
    return learned()


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(scoring, "_PART_ROWS", 150)


def table(folder, ending: str = "csv"):
    frame = customers(ROWS, customer=[f"C{n:04}" for n in range(ROWS)])
    path = folder / f"t.{ending}"
    frame.write_parquet(path) if ending == "parquet" else frame.write_csv(path)
    return path


def written(path):
    return pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("out", ["s.csv", "s.parquet"])
def test_parts_scored_side_by_side_are_what_the_whole_table_is(tmp_path, model, ending, out):
    source = table(tmp_path, ending)
    done = scoring.score(model, source, tmp_path / out, identifier="customer", workers=3)
    scored = written(tmp_path / out)
    _, expected = scoring.probabilities(model, customers(ROWS).with_columns(pl.all().cast(pl.String)))
    assert done.rows == ROWS
    assert scored["customer"].to_list() == [f"C{n:04}" for n in range(ROWS)]
    assert (scored["probability"] - pl.Series(expected)).abs().max() < 1e-12


def test_how_many_work_changes_nothing(tmp_path, model):
    source = table(tmp_path)
    done = [scoring.score(model, source, tmp_path / f"{n}.csv", workers=n) for n in (1, 4)]
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "4.csv").read_bytes()
    assert done[0] == done[1]


def test_rows_are_numbered_over_all_parts(tmp_path, model):
    scoring.score(model, table(tmp_path), tmp_path / "s.csv")
    assert pl.read_csv(tmp_path / "s.csv")["row"].to_list() == list(range(1, ROWS + 1))


def test_nothing_half_done_is_left_when_a_table_breaks_off(tmp_path, model):
    path = table(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + "1,2,3,4,5,6,7,8,9\n", encoding="utf-8")
    with pytest.raises(TableError):
        scoring.score(model, path, tmp_path / "s.csv")
    assert [file.name for file in tmp_path.iterdir()] == ["t.csv"]


def test_an_id_that_is_not_there_names_those_that_are(tmp_path, model):
    with pytest.raises(TableError, match="no column name; there are: age, city"):
        scoring.score(model, table(tmp_path), tmp_path / "s.csv", identifier="name")
