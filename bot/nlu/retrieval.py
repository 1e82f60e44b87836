"""Finds the passages that answer a question, by meaning and by words, and how much speaks for the best one.

A passage's score is the mean of two cosine similarities (the message to the passage as a whole, and to its nearest
sentence or phrasing) plus the BM25 score per word of the message at a weight. Where the encoder does not know the
language, the words decide alone.
"""

import logging
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from bot.nlu.passages import Passage
from bot.nlu.script import HAN, fold

# bm25s tries JAX, which TensorFlow brought along and which reports every accelerator that it does not find.
logging.getLogger("jax").setLevel(logging.WARNING)
import bm25s  # noqa: E402

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])\s*")
_WORD = re.compile(rf"[{HAN}]+|[^\W{HAN}]+")
_HAN_FIRST = re.compile(f"[{HAN}]")


@dataclass(frozen=True)
class Hit:
    """A passage and its score."""

    passage: Passage
    score: float


@dataclass(frozen=True)
class Search:
    """What a search found.

    Attributes:
        hits: the best passages, best first.
        evidence: how much speaks for the best one, shape (3,): by how many standard deviations it stands out from all
            passages, which share of the message's words (weighted by rarity) the passages know at all, and the
            logarithm of the message's length in words.
    """

    hits: list[Hit]
    evidence: np.ndarray


class PassageIndex:
    """Passages with the unit vectors of `embedded_texts`, or None to go by words alone.

    Args:
        lexical: the weight of BM25 per word, which runs from 0 to about 2 where a cosine runs from 0 to 0.8.
    """

    def __init__(self, passages: Sequence[Passage], vectors: np.ndarray | None, lexical: float = 0.2) -> None:
        self.passages = list(passages)
        self.vectors = vectors
        self.lexical = lexical
        _, owners = embedded_texts(passages)
        self._starts = np.searchsorted(owners, np.arange(len(passages)))
        words = [terms(_in_words(p)) for p in passages]
        self._has = [set(found) for found in words]
        self._frequency = Counter(word for found in self._has for word in found)
        self._bm25 = bm25s.BM25()
        self._bm25.index(words, show_progress=False)

    def search(self, text: str, embedding: np.ndarray | None, count: int = 3, without: Collection[int] = ()) -> Search:
        """Returns the best passages for a question.

        Args:
            text: the question.
            embedding: its unit vector; needed when the index has vectors.
            count: how many passages.
            without: numbers of passages to leave out, as if they were not there.
        """
        words = terms(text)
        scores = self._scores(words, embedding)
        kept = np.setdiff1d(np.arange(len(scores)), list(without)) if without else np.arange(len(scores))
        best = kept[np.argsort(-scores[kept], kind="stable")[:count]]
        evidence = np.array([_prominence(scores[kept]), self._familiar(words, without), np.log1p(len(words))])
        return Search([Hit(self.passages[i], float(scores[i])) for i in best], evidence)

    def _scores(self, words: Sequence[str], embedding: np.ndarray | None) -> np.ndarray:
        known = [word for word in words if word in self._frequency]
        lexical = self._bm25.get_scores(known) / len(words) if known else np.zeros(len(self.passages))
        if self.vectors is None or embedding is None:
            return self.lexical * lexical
        cosines = self.vectors @ embedding
        wholes, sentences = cosines[: len(self.passages)], cosines[len(self.passages) :]
        return (wholes + np.maximum.reduceat(sentences, self._starts)) / 2 + self.lexical * lexical

    def _familiar(self, words: Sequence[str], without: Collection[int]) -> float:
        if not words:
            return 0.0
        found = [self._frequency[w] - sum(w in self._has[i] for i in without) for w in words]
        counts = np.array(found, dtype=float)
        rarity = np.log1p((len(self.passages) - counts + 0.5) / (counts + 0.5))
        return float(rarity[counts > 0].sum() / rarity.sum())


def embedded_texts(passages: Sequence[Passage]) -> tuple[list[str], np.ndarray]:
    """Returns the texts whose vectors an index needs, and which passage each of the later ones belongs to.

    The first texts are the passages as wholes; the rest are their sentences, each under its heading, and the other
    phrasings of their question.
    """
    parts, owners = [], []
    for number, passage in enumerate(passages):
        sentences = [f"{passage.heading} {sentence}" for sentence in _SENTENCE_END.split(passage.text) if sentence]
        found = [*sentences, *passage.asked] or [passage.heading]
        parts += found
        owners += [number] * len(found)
    return [_whole(passage) for passage in passages] + parts, np.array(owners, dtype=int)


def terms(text: str) -> list[str]:
    """Returns the words of a text in lower case; of Chinese, its characters and pairs of neighbours.

    A dictionary's words (jieba) found fewer passages than characters and pairs, alone and beside them.
    """
    found: list[str] = []
    for word in _WORD.findall(fold(text).lower()):
        if _HAN_FIRST.match(word):
            found += [*word, *(word[i : i + 2] for i in range(len(word) - 1))]
        else:
            found.append(word)
    return found


def _prominence(scores: np.ndarray) -> float:
    """By how many standard deviations the best score lies above the mean."""
    return float((scores.max() - scores.mean()) / (scores.std() + 1e-6)) if len(scores) else 0.0


def _whole(passage: Passage) -> str:
    return f"{passage.title}. {passage.heading}. {passage.text}"


def _in_words(passage: Passage) -> str:
    return " ".join([_whole(passage), *passage.asked])
