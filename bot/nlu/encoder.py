"""Sentences to vectors: tokenizer and encoder together, loaded once per process and model.

To an encoder that knows no Chinese, Chinese is given word for word in English (see `bot.nlu.gloss`).
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from functools import lru_cache
from typing import cast

import numpy as np
import tensorflow as tf
from threadpoolctl import threadpool_limits
from tokenizers import Tokenizer

from bot.nlu.bert import VIEWS, Bert
from bot.nlu.gloss import chinese_gloss
from bot.nlu.script import has_han
from bot.nlu.weights import locate

_BATCH = 64
_COMMON_CHARACTERS = "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年"
_LONGEST = 128  # tokens; what the sentence-transformers models were trained on


class SentenceEncoder:
    """Embeds sentences; `width` is the length of a vector."""

    def __init__(self, model: str) -> None:
        files = locate(model)
        _one_thread_per_operation()
        self._bert = Bert(files)
        self._tokenizer = Tokenizer.from_file(str(files.tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(min(_LONGEST, self._bert.shape.positions))
        self._knows_chinese = _knows(self._tokenizer, _COMMON_CHARACTERS)
        self.width = self._bert.shape.width

    def encode(self, text: str) -> np.ndarray:
        """Returns the unit vector of one sentence, float32 of shape (width,)."""
        return self.views(text)[0]

    def encode_many(self, texts: Sequence[str]) -> np.ndarray:
        """Returns the unit vectors of many sentences, float32 of shape (len(texts), width)."""
        return self.views_of_many(texts)[:, 0]

    def views(self, text: str) -> np.ndarray:
        """Returns what `Bert` makes of one sentence, float32 of shape (VIEWS, width); the first is its embedding."""
        ids = self._tokenizer.encode(self._readable(text)).ids
        return self._bert.embed_one(tf.constant(ids, dtype=tf.int32)).numpy()

    def views_of_many(self, texts: Sequence[str]) -> np.ndarray:
        """Returns the views of many sentences, float32 of shape (len(texts), VIEWS, width)."""
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch([self._readable(text) for text in texts])]
        by_length = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        batches = [by_length[start : start + _BATCH] for start in range(0, len(ids), _BATCH)]
        vectors = np.zeros((len(ids), VIEWS, self.width), dtype=np.float32)

        def embed(rows: list[int]) -> None:
            padded = np.zeros((len(rows), len(ids[rows[-1]])), dtype=np.int32)
            mask = np.zeros_like(padded)
            for row, index in enumerate(rows):
                padded[row, : len(ids[index])] = ids[index]
                mask[row, : len(ids[index])] = 1
            vectors[rows] = self._bert.embed_many(padded, mask).numpy()

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(embed, batches))
        return vectors

    def _readable(self, text: str) -> str:
        return text if self._knows_chinese or not has_han(text) else chinese_gloss().english(text)


def _knows(tokenizer: Tokenizer, characters: str) -> bool:
    """Whether a model's vocabulary has most of these characters."""
    known = sum("UNK" not in "".join(tokenizer.encode(c, add_special_tokens=False).tokens).upper() for c in characters)
    return known > 0.8 * len(characters)


@lru_cache(maxsize=2)
def shared_encoder(model: str) -> SentenceEncoder:
    """Returns this process's encoder for a model: training and loading share one copy of the weights."""
    return SentenceEncoder(model)


def one_thread_for_numpy() -> None:
    """Keeps NumPy's matrix products on one core from now on; for serving, where several cores only get in each
    other's way over vectors this short.
    """
    threadpool_limits(limits=1, user_api="blas")


def threads_for_numpy(most: int) -> AbstractContextManager[object]:
    """Keeps NumPy's matrix products on that many cores inside a `with` block."""
    return cast("AbstractContextManager[object]", threadpool_limits(limits=most, user_api="blas"))


def _one_thread_per_operation() -> None:
    """Keeps a sentence on one core; batches use all cores by running side by side.

    TensorFlow takes this only before its first operation, and an operator's own setting wins.
    """
    if "TF_INTRA_OP_PARALLELISM_THREADS" not in os.environ:
        with suppress(RuntimeError):
            tf.config.threading.set_intra_op_parallelism_threads(1)
