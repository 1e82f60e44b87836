"""Trains the intent model: features, cross-validation, calibration."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.nlu.linear import LinearModel
from bot.nlu.ngrams import CharNgrams
from bot.nlu.scope import Evidence, calibrate, log_odds
from bot.nlu.softmax import Softmax, fit_softmax, log_softmax, low_rank_basis

logger = logging.getLogger(__name__)

_RANK = 256  # of the n-grams' low-rank copy; more changes no held-out figure
_FOLDS = 5
_STRENGTHS = (2.0, 6.0, 20.0)
_TEMPERATURES = np.geomspace(0.2, 3.0, 40)
_ENOUGH = 6000  # examples that cross-validation looks at


@dataclass(frozen=True)
class Examples:
    """Training sentences with their unit embeddings and class numbers."""

    texts: Sequence[str]
    embeddings: np.ndarray
    labels: np.ndarray

    def take(self, rows: np.ndarray) -> "Examples":
        """Returns some of the examples."""
        return Examples([self.texts[i] for i in rows], self.embeddings[rows], self.labels[rows])


@dataclass(frozen=True)
class HeldOut:
    """Scores of sentences whose fold the classifier had not seen.

    `known` is false where the sentence's own intent was left out of training as well, which makes it a stand-in for
    a sentence from outside.
    """

    logs: np.ndarray
    labels: np.ndarray
    nearest: np.ndarray
    known: np.ndarray


def train_model(
    texts: Sequence[str],
    embeddings: np.ndarray,
    intents: Sequence[str],
    outside: Sequence[str] = (),
    most_rejected: float = 0.05,
) -> LinearModel:
    """Trains an intent model on any data set.

    Args:
        texts: training sentences.
        embeddings: their unit vectors, float32 of shape (len(texts), width).
        intents: the intent of each sentence.
        outside: names of intents whose sentences are not the assistant's business.
        most_rejected: the share of in-scope sentences one accepts to have taken for out of scope.
    """
    names = sorted(set(intents))
    numbers = {name: i for i, name in enumerate(names)}
    labels = np.array([numbers[name] for name in intents])
    examples = Examples(list(texts), np.asarray(embeddings, np.float32), labels)
    ngrams = CharNgrams.fit(examples.texts)
    basis = low_rank_basis(ngrams.transform(examples.texts), _RANK)
    features = np.hstack([examples.embeddings, ngrams.transform(examples.texts) @ basis])
    inside = np.array([name not in set(outside) for name in names])
    strength, held_out = _cross_validate(examples, features, inside)
    temperature, scope = 1.0, calibrate(_evidence(held_out, inside), most_rejected)
    if held_out.known.any():
        temperature = _temperature(held_out)
    logger.info("Intent model: C %.1f, temperature %.2f, scope %s", strength, temperature, scope)
    fitted = fit_softmax(features, labels, len(names), strength)
    arrays = _arrays(fitted, basis, examples, len(names))
    kept_outside = [name for name in names if name in set(outside)]
    return LinearModel(names, kept_outside, ngrams, scope, temperature, arrays)


def _arrays(fitted: Softmax, basis: np.ndarray, examples: Examples, classes: int) -> dict[str, np.ndarray]:
    width = examples.embeddings.shape[1]
    order = np.argsort(examples.labels, kind="stable")
    return {
        "dense": fitted.weights[:width],
        "sparse": basis @ fitted.weights[width:],
        "bias": fitted.bias,
        "examples": examples.embeddings[order],
        "starts": np.searchsorted(examples.labels[order], np.arange(classes + 1)),
    }


def _cross_validate(examples: Examples, features: np.ndarray, inside: np.ndarray) -> tuple[float, HeldOut]:
    """Returns the best strength and what it says of held-out sentences."""
    rows = _sample(examples.labels)
    labels, seen = examples.labels[rows], features[rows]
    width = examples.embeddings.shape[1]
    tried = {strength: _held_out(seen, labels, width, inside, strength) for strength in _STRENGTHS}
    best = min(tried, key=lambda strength: _log_loss(tried[strength]))
    return best, tried[best]


def _held_out(features: np.ndarray, labels: np.ndarray, width: int, inside: np.ndarray, strength: float) -> HeldOut:
    """Five folds; each also leaves out a fifth of the in-scope intents altogether, as sentences from outside."""
    classes = len(inside)
    folds = _folds(labels)
    intent_folds = np.where(inside, np.arange(classes) % _FOLDS, -1)
    if inside.sum() < 2 * _FOLDS:
        intent_folds[:] = -1  # too few to leave some out and still know what the rest looks like
    parts = []
    for fold in range(_FOLDS):
        absent = intent_folds[labels] == fold
        train = (folds != fold) & ~absent
        test = (folds == fold) | absent
        present = np.bincount(labels[train], minlength=classes) > 0
        if not train.any() or not test.any():
            continue
        fitted = fit_softmax(features[train], labels[train], classes, strength)
        scores = fitted.scores(features[test])
        scores[:, ~present] = -1e4
        nearest = _nearest(features[test, :width], features[train, :width], labels[train], scores, inside)
        parts.append((log_softmax(scores.astype(np.float64)), labels[test], nearest, present[labels[test]]))
    if not parts:
        return HeldOut(np.zeros((0, classes)), labels[:0], np.zeros(0), np.zeros(0, bool))
    return HeldOut(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _nearest(
    test: np.ndarray, train: np.ndarray, labels: np.ndarray, scores: np.ndarray, inside: np.ndarray
) -> np.ndarray:
    """Cosine similarity of each held-out row to the nearest training example of its likeliest in-scope intent."""
    top = np.where(inside, scores, -np.inf).argmax(axis=1)
    nearest = np.zeros(len(test))
    for label in np.unique(top):
        rows, own = top == label, labels == label
        if own.any():
            nearest[rows] = (test[rows] @ train[own].T).max(axis=1)
    return nearest


def _evidence(held_out: HeldOut, inside: np.ndarray) -> Evidence:
    logs = held_out.logs
    if not len(logs):
        return Evidence(np.zeros(0), np.zeros(0), np.zeros(0, bool))
    top = np.where(inside, logs, -np.inf).argmax(axis=1)
    return Evidence(log_odds(logs, top), held_out.nearest, held_out.known & inside[held_out.labels])


def _temperature(held_out: HeldOut) -> float:
    """The divisor of the logits that makes held-out confidence agree with held-out accuracy."""
    logs, labels = held_out.logs[held_out.known], held_out.labels[held_out.known]
    each = np.arange(len(logs))
    losses = [-log_softmax(logs / t)[each, labels].mean() for t in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def _log_loss(held_out: HeldOut) -> float:
    """Log loss at its best temperature: strengths are compared by ranking, not by how loud they are."""
    if not held_out.known.any():
        return 0.0
    logs, labels = held_out.logs[held_out.known], held_out.labels[held_out.known]
    each = np.arange(len(logs))
    return min(float(-log_softmax(logs / t)[each, labels].mean()) for t in _TEMPERATURES)


def _folds(labels: np.ndarray) -> np.ndarray:
    """Assigns folds so that each intent's examples spread evenly, also where there are only two."""
    generator = np.random.default_rng(0)
    order = generator.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    folds = np.empty(len(labels), int)
    folds[order] = np.arange(len(labels)) % _FOLDS
    return folds


def _sample(labels: np.ndarray) -> np.ndarray:
    """At most `_ENOUGH` examples, the same share of every intent."""
    if len(labels) <= _ENOUGH:
        return np.arange(len(labels))
    generator = np.random.default_rng(0)
    order = generator.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    kept = np.floor(np.arange(len(labels)) * _ENOUGH / len(labels))
    return np.sort(order[np.flatnonzero(np.diff(kept, prepend=-1))])
