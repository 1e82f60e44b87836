"""Character n-grams weighted by tf-idf: the half of a sentence's features that survives typos and rare words."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer

_LARGEST = 4
_RARE_FROM = 2000  # with more examples than this an n-gram seen once is noise and costs memory


class CharNgrams:
    """A tf-idf vectoriser over n-grams of one to four characters within word boundaries."""

    def __init__(self, terms: Sequence[str], idf: np.ndarray) -> None:
        self._terms = list(terms)
        self._idf = np.asarray(idf, dtype=np.float32)
        self._vectorizer = _vectorizer(vocabulary=self._terms)
        self._vectorizer.idf_ = self._idf
        self._split = self._vectorizer.build_analyzer()
        self._numbers = {term: number for number, term in enumerate(self._terms)}

    @classmethod
    def fit(cls, texts: Sequence[str]) -> "CharNgrams":
        """Learns vocabulary and weights from training texts."""
        vectorizer = _vectorizer(min_df=2 if len(texts) > _RARE_FROM else 1).fit(texts)
        return cls(vectorizer.get_feature_names_out().tolist(), vectorizer.idf_)

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """Returns unit-length float32 rows, one per text."""
        return self._vectorizer.transform(texts)

    def row(self, text: str) -> tuple[np.ndarray, np.ndarray]:
        """Returns columns and values of one text's row, as `transform` would: a tenth of its time for a sentence."""
        counts = Counter(self._numbers[term] for term in self._split(text) if term in self._numbers)
        if not counts:
            return np.zeros(0, int), np.zeros(0, np.float32)
        columns = np.fromiter(counts, int, len(counts))
        values = (1.0 + np.log(np.fromiter(counts.values(), float, len(counts)))) * self._idf[columns]
        return columns, (values / np.linalg.norm(values)).astype(np.float32)

    def save(self, folder: Path) -> None:
        """Writes `ngrams.json` and `ngrams.npy` into a folder."""
        (folder / "ngrams.json").write_text(json.dumps(self._terms, ensure_ascii=False), encoding="utf-8")
        np.save(folder / "ngrams.npy", self._idf)

    @classmethod
    def load(cls, folder: Path) -> "CharNgrams":
        """Reads what `save` wrote."""
        return cls(json.loads((folder / "ngrams.json").read_text("utf-8")), np.load(folder / "ngrams.npy"))


def _vectorizer(**settings: object) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer="char_wb", ngram_range=(1, _LARGEST), sublinear_tf=True, dtype=np.float32, **settings
    )
