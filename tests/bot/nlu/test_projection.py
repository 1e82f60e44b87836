"""Views of sentences become one short vector that keeps which of them are alike."""

import numpy as np
import pytest

from bot.nlu.projection import Projection


def some_views(sentences: int) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(sentences, 3, 5)).astype(np.float32)


def test_likeness_is_what_all_views_say_together() -> None:
    views = some_views(40)
    directions = views - views.mean(axis=0)
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    expected = np.einsum("ivw,jvw->ij", directions, directions) / views.shape[1]
    vectors = Projection.fit(views).of(views)
    assert vectors @ vectors.T == pytest.approx(expected, abs=1e-5)


def test_a_single_sentence_has_no_direction() -> None:
    views = some_views(1)
    assert not Projection.fit(views).of(views).any()
