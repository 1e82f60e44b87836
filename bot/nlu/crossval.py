"""Cross-validation on the training data: everything that is calibrated is calibrated here."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.nlu.neighbours import blend, nearness, vote
from bot.nlu.scope import Evidence, log_odds
from bot.nlu.softmax import fit_softmax, log_softmax

_FOLDS, _TRIED = 5, 2
_STRENGTHS = (3.0, 10.0, 30.0)
_TEMPERATURES = np.geomspace(0.3, 2.0, 20)
_WIDTHS = (0.03, 0.05, 0.08)
_SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
_ENOUGH = 4000  # examples that cross-validation looks at
_ABSENT = -1e4  # the logit of an intent that a fold was not trained on
_TINY = 1e-9


@dataclass(frozen=True)
class Data:
    """Training data as numbers.

    Attributes:
        features: what the linear classifier sees, float32 of shape (examples, features).
        embeddings: unit vectors of shape (examples, width).
        labels: class numbers of shape (examples,).
        inside: for each class whether it is in scope.
        counts: how often each example was said, shape (examples,).
    """

    features: np.ndarray
    embeddings: np.ndarray
    labels: np.ndarray
    inside: np.ndarray
    counts: np.ndarray

    def sample(self) -> np.ndarray:
        """Returns the rows of at most `_ENOUGH` sentences, the same share of every intent, ordered by class.

        A row comes as often as it was said, which deals its copies out to all folds: what customers say again and
        again is known when they say it the next time.
        """
        order = _shuffled_by_class(self.labels)
        order = np.repeat(order, self.counts[order])
        if len(order) > _ENOUGH:
            kept = np.floor(np.arange(len(order)) * _ENOUGH / len(order))
            order = order[np.flatnonzero(np.diff(kept, prepend=-1))]
        return order


@dataclass(frozen=True)
class HeldOut:
    """What classifiers said of sentences whose fold they had not seen.

    `known` is false where the sentence's own intent was left out of training as well, which makes it a stand-in for
    a sentence from outside.
    """

    logits: np.ndarray
    votes: np.ndarray
    nearness: np.ndarray
    labels: np.ndarray
    known: np.ndarray

    def join(self, other: "HeldOut") -> "HeldOut":
        """Returns both sets together."""
        mine, theirs = vars(self), vars(other)
        return HeldOut(**{name: np.concatenate([mine[name], theirs[name]]) for name in mine})

    def guesses(self, choice: "Blend") -> tuple[np.ndarray, np.ndarray]:
        """Returns the confidence of each sentence's likeliest intent, and whether it is right; of known intents."""
        rows = self.known
        linear = np.exp(log_softmax(self.logits[rows] / choice.temperature))
        said = blend(linear, self.votes[rows, _WIDTHS.index(choice.width)], choice.share)
        return said.max(axis=1, initial=0.0), said.argmax(axis=1) == self.labels[rows]

    def evidence(self, inside: np.ndarray) -> Evidence:
        """Returns what the out-of-scope score is calibrated on."""
        logs = log_softmax(self.logits)
        top = np.where(inside, logs, -np.inf).argmax(axis=1) if len(logs) else np.zeros(0, int)
        return Evidence(log_odds(logs, top), self.nearness, self.known & inside[self.labels])


@dataclass(frozen=True)
class Blend:
    """How linear classifier and neighbours become one confidence."""

    temperature: float = 1.0
    width: float = _WIDTHS[1]
    share: float = 0.0


def cross_validate(data: Data) -> tuple[float, HeldOut]:
    """Returns the best strength of the linear classifier, and what it says of held-out sentences.

    Strengths are compared on two of the folds, which is enough to tell them apart; the chosen one is then held
    against all of them.
    """
    sample = data.sample()
    tried = {s: _held_out(data, sample, s, range(_TRIED)) for s in _STRENGTHS}
    best = min(tried, key=lambda strength: _loss(tried[strength], best_blend(tried[strength])))
    return best, tried[best].join(_held_out(data, sample, best, range(_TRIED, _FOLDS)))


def best_blend(held_out: HeldOut) -> Blend:
    """Returns the blend whose confidence fits held-out sentences best, by log loss."""
    if not held_out.known.any():
        return Blend()
    temperature = min(_TEMPERATURES, key=lambda t: _loss(held_out, Blend(t)))
    choices = [Blend(temperature, width, share) for width in _WIDTHS for share in _SHARES]
    return min(choices, key=lambda choice: _loss(held_out, choice))


def _loss(held_out: HeldOut, choice: Blend) -> float:
    """Log loss of a blend on held-out sentences of known intents."""
    rows = held_out.known
    if not rows.any():
        return 0.0
    each, labels = np.arange(rows.sum()), held_out.labels[rows]
    linear = np.exp(log_softmax(held_out.logits[rows] / choice.temperature))[each, labels]
    votes = held_out.votes[rows, _WIDTHS.index(choice.width), labels]
    return float(-np.log(blend(linear, votes, choice.share) + _TINY).mean())


def _held_out(data: Data, sample: np.ndarray, strength: float, folds: Sequence[int]) -> HeldOut:
    """Holds out folds; each also leaves out a fifth of the in-scope intents altogether, as sentences from outside."""
    classes, labels = len(data.inside), data.labels[sample]
    fold_of = np.arange(len(sample)) % _FOLDS
    absent_in = np.where(data.inside, np.arange(classes) % _FOLDS, -1)
    if data.inside.sum() < 2 * _FOLDS:
        absent_in[:] = -1  # too few to leave some out and still know what the rest looks like
    nothing = HeldOut(
        np.zeros((0, classes)), np.zeros((0, len(_WIDTHS), classes)), np.zeros(0), labels[:0], np.zeros(0, bool)
    )
    for fold in folds:
        absent = absent_in[labels] == fold
        train, test = (fold_of != fold) & ~absent, (fold_of == fold) | absent
        if train.any() and test.any():
            nothing = nothing.join(_one_fold(data, sample[train], sample[test], strength))
    return nothing


def _one_fold(data: Data, known: np.ndarray, test: np.ndarray, strength: float) -> HeldOut:
    train, counts = np.unique(known, return_counts=True)
    order = np.argsort(data.labels[train], kind="stable")
    train, counts = train[order], counts[order]
    classes, labels = len(data.inside), data.labels[train]
    present = np.bincount(labels, minlength=classes) > 0
    fitted = fit_softmax(data.features[train], labels, classes, strength, counts)
    logits = fitted.scores(data.features[test]).astype(np.float64)
    logits[:, ~present] = _ABSENT
    cosines = data.embeddings[test] @ data.embeddings[train].T
    votes = np.stack([vote(cosines, labels, classes, width, counts) for width in _WIDTHS], axis=1)
    near = nearness(cosines[:, data.inside[labels]])
    return HeldOut(logits, votes, near, data.labels[test], present[data.labels[test]])


def _shuffled_by_class(labels: np.ndarray) -> np.ndarray:
    """Row numbers ordered by class, shuffled within each: dealt out in turn they make even folds."""
    order = np.random.default_rng(0).permutation(len(labels))
    return order[np.argsort(labels[order], kind="stable")]
