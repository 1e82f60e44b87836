"""Several views of a sentence (see `bot.nlu.bert`) as one short vector.

The encoder's last layer is made for telling whether two sentences mean the same; earlier layers still know the words.
Together they classify better: cross-validated on our English sentences 0.86 instead of 0.84. The leading principal
components of the training sentences hold nearly all of it in a quarter of the numbers.
"""

from dataclasses import dataclass

import numpy as np

_RANK = 384
_TINY = 1e-9


@dataclass(frozen=True)
class Projection:
    """Centres of the views, shape (views, width), and principal directions, shape (views * width, rank)."""

    centre: np.ndarray
    basis: np.ndarray

    @classmethod
    def fit(cls, views: np.ndarray) -> "Projection":
        """Learns from training sentences' views, float32 of shape (sentences, views, width)."""
        centre = views.mean(axis=0)
        rows = _directions(views, centre)
        values, vectors = np.linalg.eigh((rows.T @ rows).astype(np.float64))
        kept = np.argsort(-values)[:_RANK]
        return cls(centre, np.ascontiguousarray(vectors[:, kept], np.float32))

    def of(self, views: np.ndarray) -> np.ndarray:
        """Returns unit vectors, float32 of shape (sentences, rank); zeros for what lies at the centre."""
        return _unit(_directions(views, self.centre) @ self.basis)


def _directions(views: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Each view's direction from the centre, the views side by side."""
    return _unit(views - centre).reshape(len(views), -1)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), _TINY)
