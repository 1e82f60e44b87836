"""From which confidence on an intent counts."""

import numpy as np
import pytest

from bot.nlu.certainty import Certainty, calibrate


def held_out(count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Guesses that are right exactly as often as their confidence says."""
    confidence = np.linspace(0.0, 1.0, count)
    return confidence, np.random.default_rng(0).random(count) < confidence


def test_a_truthful_confidence_balances_at_a_half() -> None:
    assert calibrate(*held_out(), most_mistaken=0.03).even == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("most", [0.01, 0.03, 0.1, 0.3])
def test_only_the_share_asked_for_is_wrong_from_sure_on(most: float) -> None:
    confidence, right = held_out()
    sure = calibrate(confidence, right, most).sure
    assert (~right[confidence >= sure]).mean() <= most
    assert sure == pytest.approx(1 - 2 * most, abs=0.06)


def test_a_boastful_classifier_has_to_be_surer() -> None:
    confidence, right = held_out()
    boastful = calibrate(np.sqrt(confidence), right, 0.03)
    assert boastful.even > calibrate(confidence, right, 0.03).even
    assert boastful.sure > calibrate(confidence, right, 0.03).sure


def test_where_nothing_is_right_nothing_is_sure() -> None:
    assert calibrate(np.array([0.2, 0.9]), np.array([False, False]), 0.03) == Certainty(1.0, 1.0)


def test_without_held_out_sentences_the_usual_confidences_stand() -> None:
    assert calibrate(np.zeros(0), np.zeros(0, bool), 0.03) == Certainty()
