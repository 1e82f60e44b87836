"""Finds the passages that answer a question, by meaning and by words.

The score of a passage is the mean of two cosine similarities (the message to the passage as a whole, and to its
nearest sentence) plus BM25 at a small weight. The weight was chosen on `tests/knowledge/questions_en.yml`.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.nlu.passages import Passage

# bm25s tries JAX, which TensorFlow brought along and which reports every accelerator that it does not find.
logging.getLogger("jax").setLevel(logging.WARNING)
import bm25s  # noqa: E402

_LEXICAL = 0.02  # BM25 runs from 0 to about 12 where a cosine runs from 0 to 0.8
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Hit:
    """A passage and its score."""

    passage: Passage
    score: float


class PassageIndex:
    """Passages with the unit vectors of `embedded_texts`."""

    def __init__(self, passages: Sequence[Passage], vectors: np.ndarray) -> None:
        self.passages = list(passages)
        self.vectors = vectors
        _, owners = embedded_texts(passages)
        self._starts = np.searchsorted(owners, np.arange(len(passages)))
        self._bm25 = bm25s.BM25()
        self._bm25.index([_words(_whole(p)) for p in passages], show_progress=False)

    def search(self, text: str, embedding: np.ndarray, count: int = 3) -> list[Hit]:
        """Returns the best passages for a question given its unit vector, best first."""
        scores = self._scores(text, embedding)
        best = np.argsort(-scores)[:count]
        return [Hit(self.passages[i], float(scores[i])) for i in best]

    def _scores(self, text: str, embedding: np.ndarray) -> np.ndarray:
        cosines = self.vectors @ embedding
        wholes, sentences = cosines[: len(self.passages)], cosines[len(self.passages) :]
        scores = (wholes + np.maximum.reduceat(sentences, self._starts)) / 2
        known = [word for word in _words(text) if word in self._bm25.vocab_dict]
        return scores + _LEXICAL * self._bm25.get_scores(known) if known else scores


def embedded_texts(passages: Sequence[Passage]) -> tuple[list[str], np.ndarray]:
    """Returns the texts whose vectors an index needs, and which passage each sentence belongs to.

    The first texts are the passages as wholes; the rest are their sentences, each under its heading.
    """
    sentences, owners = [], []
    for number, passage in enumerate(passages):
        for sentence in _SENTENCE_END.split(passage.text):
            sentences.append(f"{passage.heading} {sentence}")
            owners.append(number)
    return [_whole(passage) for passage in passages] + sentences, np.array(owners, dtype=int)


def best_threshold(answered: Sequence[float], unanswered: Sequence[float]) -> float:
    """Returns the score that best separates questions with an answer from messages without one.

    Where only one kind is known it is that kind's 5 % or 95 % quantile; where none is, everything passes.
    """
    if not len(answered) and not len(unanswered):
        return 0.0
    if not len(unanswered):
        return float(np.quantile(answered, 0.05))
    if not len(answered):
        return float(np.quantile(unanswered, 0.95))
    inside, outside = np.asarray(answered), np.asarray(unanswered)
    cuts = np.unique(np.concatenate([inside, outside]))
    gains = [(inside >= cut).mean() + (outside < cut).mean() for cut in cuts]
    return float(cuts[int(np.argmax(gains))])


def _whole(passage: Passage) -> str:
    return f"{passage.title}. {passage.heading}. {passage.text}"


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
