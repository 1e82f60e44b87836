"""Whether a sentence is over, as far as its words tell: learned from how the training sentences begin and end.

A caller who pauses after "I would like to know" goes on, one who pauses after "what is the status of my claim" does
not. Every beginning of a training sentence is an example of the first, every whole one of the second; a logistic
regression on the last words and the first two tells them apart.
"""

import json
from collections.abc import Iterable, Sequence
from math import exp
from pathlib import Path

FILE = "complete.json"
_BIAS = ""  # the name of what is added whatever the words are
_UNKNOWN = 0.5
_C = 2.0  # held-out sentences: 0.5 to 8 make no difference
_SMALLEST = 0.01  # weights nearer to nothing are left out


class Completeness:
    """Judges the words so far."""

    def __init__(self, weights: dict[str, float]) -> None:
        self._weights = weights

    @classmethod
    def read(cls, folder: Path) -> "Completeness":
        """What `learn` found out for the model in `folder`; a model without it leaves everything undecided."""
        path = folder / FILE
        return cls(json.loads(path.read_text("utf-8")) if path.exists() else {})

    def of(self, words: Sequence[str]) -> float:
        """The probability that nothing follows, 0 to 1."""
        if not words or not self._weights:
            return _UNKNOWN
        names = (_BIAS, *_features(words))
        return 1.0 / (1.0 + exp(-sum(self._weights.get(name, 0.0) for name in names)))


def learn(sentences: Iterable[Sequence[str]]) -> dict[str, float]:
    """Weights of features by name, from whole sentences."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    examples, ends = [], []
    for words in sentences:
        for length in range(1, len(words) + 1):
            examples.append(dict.fromkeys(_features(words[:length]), 1.0))
            ends.append(length == len(words))
    vectors = DictVectorizer()
    features = vectors.fit_transform(examples)
    features.indices, features.indptr = features.indices.astype("int32"), features.indptr.astype("int32")  # liblinear's
    model = LogisticRegression(C=_C, solver="liblinear", random_state=0).fit(features, ends)
    weights = zip(vectors.get_feature_names_out(), model.coef_[0].tolist(), strict=True)
    kept = {str(name): round(weight, 3) for name, weight in weights if abs(weight) >= _SMALLEST}
    return {_BIAS: round(float(model.intercept_[0]), 3), **kept}


def write(folder: Path, weights: dict[str, float]) -> None:
    """Beside the other models in `folder`."""
    (folder / FILE).write_text(json.dumps(weights), "utf-8")


def _features(words: Sequence[str]) -> list[str]:
    """The last one, two and three words, the first one and two, the last letters, and how many words there are."""
    ends = [f"{length}:{' '.join(words[-length:])}" for length in (1, 2, 3) if len(words) >= length]
    begins = [f"<{' '.join(words[:length])}" for length in (1, 2)]
    return [*ends, *begins, f"~{words[-1][-3:]}", f"#{min(len(words), 8)}"]
