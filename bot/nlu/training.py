"""Trains the intent model on any data set."""

import logging
from collections.abc import Sequence

import numpy as np

from bot.nlu import certainty
from bot.nlu.crossval import Data, best_blend, cross_validate
from bot.nlu.linear import LinearModel
from bot.nlu.ngrams import CHINESE, LETTERS, CharNgrams
from bot.nlu.projection import Projection
from bot.nlu.scope import calibrate
from bot.nlu.softmax import Softmax, fit_softmax, low_rank_basis

logger = logging.getLogger(__name__)

# Of the n-grams' low-rank copy; more changes no held-out figure.
_RANK = {LETTERS: 384, CHINESE: 600}
# Of the embedding beside the n-grams' unit vector; chosen on parts of training data, Chinese apart because the default
# encoder sees it through a gloss.
_WEIGHT = {LETTERS: 1.7, CHINESE: 0.7}


def train_model(
    texts: Sequence[str],
    views: np.ndarray,
    intents: Sequence[str],
    outside: Sequence[str] = (),
    most_rejected: float = 0.05,
    script: str = LETTERS,
    most_mistaken: float = 0.03,
    counts: Sequence[int] | None = None,
) -> LinearModel:
    """Trains an intent model on any data set.

    Args:
        texts: training sentences.
        views: what the encoder makes of them, float32 of shape (len(texts), views, width).
        intents: the intent of each sentence.
        outside: names of intents whose sentences are not the assistant's business.
        most_rejected: the share of in-scope sentences one accepts to have taken for out of scope.
        script: how the sentences are written, for the n-grams.
        most_mistaken: the share of wrong intents one accepts where the assistant acts on an intent alone.
        counts: how often each sentence was said with its intent; once if left out.
    """
    names = sorted(set(intents))
    numbers = {name: i for i, name in enumerate(names)}
    labels = np.array([numbers[name] for name in intents])
    projection = Projection.fit(views)
    vectors = projection.of(views)
    ngrams = CharNgrams.fit(texts, script)
    sparse = ngrams.transform(texts)
    basis = low_rank_basis(sparse, _RANK[script])
    inside = np.array([name not in outside for name in names])
    said = np.ones(len(texts), int) if counts is None else np.array(counts)
    data = Data(np.hstack([_WEIGHT[script] * vectors, sparse @ basis]), vectors, labels, inside, said)
    strength, held_out = cross_validate(data)
    scope = calibrate(held_out.evidence(inside), most_rejected)
    choice = best_blend(held_out)
    sure = certainty.calibrate(*held_out.guesses(choice), most_mistaken)
    logger.info("Intent model: C %.1f, %s, %s, %s", strength, choice, scope, sure)
    fitted = fit_softmax(data.features, labels, len(names), strength, said)
    kept_outside = [name for name in names if name in outside]
    arrays = _arrays(fitted, basis, data, projection, _WEIGHT[script])
    return LinearModel(names, kept_outside, ngrams, scope, choice, arrays, sure)


def _arrays(
    fitted: Softmax, basis: np.ndarray, data: Data, projection: Projection, weight: float
) -> dict[str, np.ndarray]:
    width = data.embeddings.shape[1]
    order = np.argsort(data.labels, kind="stable")
    arrays = {
        "dense": weight * fitted.weights[:width],
        "sparse": basis @ fitted.weights[width:],
        "bias": fitted.bias,
        "examples": data.embeddings[order],
        "labels": data.labels[order],
        "centre": projection.centre,
        "basis": projection.basis,
    }
    return arrays if (data.counts == 1).all() else {**arrays, "counts": data.counts[order]}
