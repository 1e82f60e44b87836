"""Three small Keras networks on words, their embeddings learned from the training sentences alone."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.keras import Model, layers

_PATIENCE = 5  # epochs without progress on the tenth that is held out
_WORDS, _LONGEST, _WIDTH = 20_000, 40, 128  # vocabulary, words of a sentence, numbers of a word


class _Position(layers.Layer):
    """Adds a learned vector to each place, without which attention sees a bag of words."""

    def __init__(self) -> None:
        super().__init__()
        self._vectors = layers.Embedding(_LONGEST, _WIDTH)

    def call(self, words: tf.Tensor) -> tf.Tensor:
        """Returns the words, each knowing its place."""
        return words + self._vectors(tf.range(_LONGEST))


def _cnn(ids: tf.Tensor, words: tf.Tensor) -> tf.Tensor:
    found = [layers.Conv1D(128, width, padding="same", activation="relu")(words) for width in (2, 3, 4)]
    return layers.concatenate([layers.GlobalMaxPooling1D()(kind) for kind in found])


def _lstm(ids: tf.Tensor, words: tf.Tensor) -> tf.Tensor:
    return layers.Bidirectional(layers.LSTM(96))(words, mask=tf.not_equal(ids, 0))


def _attention(ids: tf.Tensor, words: tf.Tensor) -> tf.Tensor:
    there = tf.not_equal(ids, 0)
    placed = _Position()(words)
    seen = layers.MultiHeadAttention(4, _WIDTH // 4, dropout=0.1)(
        placed, placed, attention_mask=there[:, tf.newaxis, :]
    )
    mixed = layers.LayerNormalization()(placed + seen)
    thought = layers.Dense(_WIDTH)(layers.Dense(2 * _WIDTH, activation="relu")(mixed))
    return layers.GlobalAveragePooling1D()(layers.LayerNormalization()(mixed + thought), mask=there)


_BODIES: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "cnn": _cnn,
    "lstm": _lstm,
    "self-attention": _attention,
}


class Neural:
    """A Keras network by name; `epochs` is the most it may take."""

    def __init__(self, name: str, epochs: int) -> None:
        tf.keras.utils.set_random_seed(0)
        self._body, self._epochs = _BODIES[name], epochs
        self._split = layers.TextVectorization(_WORDS, output_sequence_length=_LONGEST)
        self._intents = np.array([], dtype=str)

    def train(self, texts: Sequence[str], intents: Sequence[str]) -> None:
        """Learns until a tenth of the sentences, which it holds out, is no longer understood better."""
        self._split.adapt(tf.constant(texts))
        self._intents, labels = np.unique(intents, return_inverse=True)
        order = np.random.default_rng(0).permutation(len(texts))
        ids, labels = self._split(tf.constant(texts)).numpy()[order], labels[order]
        held_out = len(order) // 10
        self._model = self._network()
        self._model.compile(tf.keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
        stop = tf.keras.callbacks.EarlyStopping("val_accuracy", patience=_PATIENCE, restore_best_weights=True)
        validation = (ids[:held_out], labels[:held_out])
        self._model.fit(
            ids[held_out:], labels[held_out:], 32, self._epochs, verbose=0, callbacks=[stop], validation_data=validation
        )
        self._ask = tf.function(self._model, input_signature=[tf.TensorSpec((1, _LONGEST), tf.int64)])

    def predict(self, text: str) -> str:
        """Returns the intent of one sentence."""
        logits = self._ask(self._split(tf.constant([text])))
        return str(self._intents[int(tf.argmax(logits[0]))])

    def size(self, folder: Path) -> int:
        """Returns the bytes of the saved weights."""
        self._model.save_weights(str(folder / "weights.h5"))
        return (folder / "weights.h5").stat().st_size

    def _network(self) -> Model:
        ids = layers.Input((_LONGEST,), dtype=tf.int64)
        words = layers.SpatialDropout1D(0.2)(layers.Embedding(len(self._split.get_vocabulary()), _WIDTH)(ids))
        features = layers.Dropout(0.4)(self._body(ids, words))
        return Model(ids, layers.Dense(len(self._intents), activation="softmax")(features))
