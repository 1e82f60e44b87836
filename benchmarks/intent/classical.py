"""Four classifiers on the same tf-idf weights of words, word pairs and character n-grams."""

import os
from collections.abc import Sequence
from pathlib import Path

import joblib
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

_CORES = os.cpu_count()
# Strengths are good ones for short sentences; trees are grown to the end, which is what serves them best here.
_CLASSIFIERS = {
    "svm": lambda: LinearSVC(C=1.0),
    "logistic-regression": lambda: LogisticRegression(C=30.0, max_iter=150, tol=1e-3),
    "decision-tree": lambda: DecisionTreeClassifier(random_state=0),
    "random-forest": lambda: RandomForestClassifier(200, n_jobs=_CORES, random_state=0),
}


class Classical:
    """A scikit-learn classifier by name."""

    def __init__(self, name: str) -> None:
        self._classifier: ClassifierMixin = _CLASSIFIERS[name]()
        words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
        letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), min_df=2, sublinear_tf=True)
        self._pipeline: Pipeline = make_pipeline(make_union(words, letters), self._classifier)

    def train(self, texts: Sequence[str], intents: Sequence[str]) -> None:
        """Learns."""
        self._pipeline.fit(texts, intents)
        if hasattr(self._classifier, "n_jobs"):
            self._classifier.n_jobs = 1  # one sentence is not worth a pool of threads

    def predict(self, text: str) -> str:
        """Returns the intent of one sentence."""
        return str(self._pipeline.predict([text])[0])

    def size(self, folder: Path) -> int:
        """Returns the bytes of the saved model."""
        joblib.dump(self._pipeline, folder / "model.joblib", compress=3)
        return (folder / "model.joblib").stat().st_size
