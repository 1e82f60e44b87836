import numpy as np
import pytest

from models import artefact, columns, search
from models.algorithms import ALGORITHMS
from models.artefact import Artefact
from models.calibration import Calibration
from models.errors import ArtefactError
from models.features import Plan
from models.folds import Order
from tests.factories.tables import customers


def made(name: str = "logistic regression") -> tuple[Artefact, np.ndarray]:
    frame = customers(200)
    kinds = columns.infer(frame.drop("bought"))
    typed = columns.typed(frame, kinds)
    plan = Plan.of(typed, kinds)
    x, y = plan.matrix(typed), (frame["bought"] == "yes").to_numpy().astype(int)
    params = next(a.defaults for a in ALGORITHMS if a.name == name)
    task = search.Task(x, y, plan, Order(), "AUC", 1, 1)
    models = search.fitted(name, params, task)
    return Artefact(tuple(kinds), plan, tuple(models), Calibration("sigmoid", (1.0, 0.0)), {"target": "bought"}), x


@pytest.mark.parametrize("name", [algorithm.name for algorithm in ALGORITHMS])
def test_every_algorithm_comes_back_as_it_was_saved(tmp_path, name):
    before, x = made(name)
    artefact.save(tmp_path, before, {})
    assert np.array_equal(artefact.load(tmp_path).probabilities(x), before.probabilities(x))


@pytest.mark.parametrize("name", [algorithm.name for algorithm in ALGORITHMS])
def test_the_same_rows_give_the_same_bytes(tmp_path, name):
    for folder in ("a", "b"):
        artefact.save(tmp_path / folder, made(name)[0], {})
    assert (tmp_path / "a" / artefact.MODEL).read_bytes() == (tmp_path / "b" / artefact.MODEL).read_bytes()
    assert (tmp_path / "a" / artefact.CARD).read_bytes() == (tmp_path / "b" / artefact.CARD).read_bytes()


def test_an_altered_model_is_refused(tmp_path):
    artefact.save(tmp_path, made()[0], {})
    blob = bytearray((tmp_path / artefact.MODEL).read_bytes())
    blob[len(blob) // 2] ^= 1
    (tmp_path / artefact.MODEL).write_bytes(bytes(blob))
    with pytest.raises(ArtefactError, match="not the model its card describes"):
        artefact.load(tmp_path)


def test_a_folder_without_a_model_says_how_to_make_one(tmp_path):
    with pytest.raises(ArtefactError, match="python -m models fit"):
        artefact.load(tmp_path)


def test_a_row_gives_the_matrix_of_its_table():
    frame = customers(50)
    kinds = columns.infer(frame.drop("bought"))
    typed = columns.typed(frame, kinds)
    plan = Plan.of(typed, kinds)
    rows = np.vstack([plan.row(row) for row in typed.iter_rows(named=True)])
    assert np.array_equal(rows, plan.matrix(typed), equal_nan=True)
