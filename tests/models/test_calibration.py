import numpy as np
import pytest

from models import calibration


def scores(rows: int = 6000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    true = rng.beta(1, 4, rows)
    y = (rng.random(rows) < true).astype(int)
    return y, true**3 / (true**3 + (1 - true) ** 3)  # overconfident


@pytest.mark.parametrize("kind", ["sigmoid", "isotonic"])
def test_a_calibrated_probability_can_be_taken_at_its_word(kind):
    y, p = scores()
    said = calibration.fit(kind, y, p)(p)
    for part in np.array_split(np.argsort(said), 5):
        assert said[part].mean() == pytest.approx(y[part].mean(), abs=0.03)


@pytest.mark.parametrize("kind", ["sigmoid", "isotonic"])
def test_calibration_never_turns_a_ranking_round(kind):
    y, p = scores(3000)
    grid = np.linspace(0, 1, 500)
    assert (np.diff(calibration.fit(kind, y, p)(grid)) >= 0).all()


def test_the_best_kind_is_chosen_by_its_loss():
    y, p = scores()
    _, losses = calibration.choose(y, p, seed=1)
    assert losses["sigmoid"] < losses["none"]


def test_few_outcomes_leave_no_room_for_a_free_curve():
    y, p = scores(300)
    assert "isotonic" not in calibration.choose(y, p, seed=1)[1]
