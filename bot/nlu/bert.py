"""A BERT encoder's forward pass for one or many sentences, in plain TensorFlow operations.

`transformers` runs the same arithmetic, but its Keras model takes ten seconds of every start to build and trace, and
each sentence pays for its generality. This graph loads in one second and gives the same vectors to the last bit but
one. It serves every checkpoint whose `model_type` is `bert`, which covers the MiniLM and multilingual MiniLM families.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file

from bot.nlu.weights import ModelFiles, WeightsError

VIEWS = 4
_MASKED = -1e9
_CPU, _HALVES = Path("/proc/cpuinfo"), {"avx512_bf16", "amx_bf16"}


@dataclass(frozen=True)
class Shape:
    """The dimensions of an encoder, from its `config.json`."""

    layers: int
    heads: int
    width: int
    positions: int
    epsilon: float

    @classmethod
    def read(cls, file: Path) -> "Shape":
        """Reads the dimensions; raises `WeightsError` for another architecture than BERT."""
        config = json.loads(file.read_text(encoding="utf-8"))
        if config.get("model_type") != "bert" or config.get("hidden_act", "gelu") != "gelu":
            raise WeightsError(f"{file}: only BERT encoders with gelu are supported, not {config.get('model_type')}.")
        return cls(
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            width=config["hidden_size"],
            positions=config["max_position_embeddings"],
            epsilon=config.get("layer_norm_eps", 1e-12),
        )


class Bert:
    """Token ids in, `VIEWS` unit vectors out: the mean of the last layer's token vectors, which is the sentence's
    embedding, the means two thirds and one third of the way up, and the last layer's maxima.
    """

    def __init__(self, files: ModelFiles) -> None:
        self.shape = Shape.read(files.shape)
        weights = {name.removeprefix("bert."): value for name, value in load_file(files.weights).items()}
        self._take = lambda name: np.asarray(weights[name], dtype=np.float32)
        self._words = tf.constant(self._take("embeddings.word_embeddings.weight"))
        self._positions = tf.constant(
            self._take("embeddings.position_embeddings.weight")
            + self._take("embeddings.token_type_embeddings.weight")[0]
        )
        self._first_norm = self._norm_weights("embeddings.LayerNorm")
        self._watched = [round(self.shape.layers * part / 3) for part in (3, 2, 1)]
        self._layers = [self._layer_weights(f"encoder.layer.{i}.") for i in range(self.shape.layers)]
        self._layers_for_one = [_halved(layer) for layer in self._layers] if _multiplies_halves() else self._layers
        del self._take
        self.embed_one = tf.function(self._one, input_signature=[tf.TensorSpec([None], tf.int32)])
        self.embed_many = tf.function(self._many, input_signature=[tf.TensorSpec([None, None], tf.int32)] * 2)

    def _norm_weights(self, name: str) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.constant(self._take(name + ".weight")), tf.constant(self._take(name + ".bias"))

    def _dense_weights(self, *names: str, scale_first: float = 1.0) -> tuple[tf.Tensor, tf.Tensor]:
        """Several linear layers side by side as one, transposed to how TensorFlow multiplies."""
        scales = [scale_first] + [1.0] * (len(names) - 1)
        kernels = [self._take(n + ".weight").T * s for n, s in zip(names, scales, strict=True)]
        biases = [self._take(n + ".bias") * s for n, s in zip(names, scales, strict=True)]
        return tf.constant(np.concatenate(kernels, 1)), tf.constant(np.concatenate(biases))

    def _layer_weights(self, prefix: str) -> dict[str, Any]:
        attention = prefix + "attention.self."
        return {
            "qkv": self._dense_weights(
                attention + "query",
                attention + "key",
                attention + "value",
                scale_first=(self.shape.width // self.shape.heads) ** -0.5,
            ),
            "mix": self._dense_weights(prefix + "attention.output.dense"),
            "mix_norm": self._norm_weights(prefix + "attention.output.LayerNorm"),
            "widen": self._dense_weights(prefix + "intermediate.dense"),
            "narrow": self._dense_weights(prefix + "output.dense"),
            "norm": self._norm_weights(prefix + "output.LayerNorm"),
        }

    def _norm(self, x: tf.Tensor, weights: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        mean, variance = tf.nn.moments(x, -1, keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + self.shape.epsilon) * weights[0] + weights[1]

    def _layer(self, x: tf.Tensor, w: dict[str, Any], batch: tf.Tensor, bias: tf.Tensor | None) -> tf.Tensor:
        """One encoder layer on token vectors laid out as rows, `batch` sentences of equal length."""
        heads, width = self.shape.heads, self.shape.width
        qkv = tf.reshape(_dense(x, w["qkv"]), [batch, -1, 3, heads, width // heads])
        query, key, value = tf.unstack(tf.transpose(qkv, [2, 0, 3, 1, 4]))
        scores = tf.matmul(query, key, transpose_b=True)
        attention = tf.nn.softmax(scores if bias is None else scores + bias)
        mixed = tf.reshape(tf.transpose(tf.matmul(attention, value), [0, 2, 1, 3]), [-1, width])
        x = self._norm(x + _dense(mixed, w["mix"]), w["mix_norm"])
        return self._norm(x + _dense(tf.nn.gelu(_dense(x, w["widen"])), w["narrow"]), w["norm"])

    def _one(self, ids: tf.Tensor) -> tf.Tensor:
        x = self._norm(tf.gather(self._words, ids) + self._positions[: tf.shape(ids)[0]], self._first_norm)
        after = {}
        for number, weights in enumerate(self._layers_for_one, 1):
            x = after[number] = self._layer(x, weights, 1, None)
        views = [tf.reduce_mean(after[number], 0) for number in self._watched] + [tf.reduce_max(x, 0)]
        return tf.math.l2_normalize(tf.stack(views), -1)

    def _many(self, ids: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        batch, length = tf.shape(ids)[0], tf.shape(ids)[1]
        x = self._norm(tf.gather(self._words, ids) + self._positions[:length], self._first_norm)
        x = tf.reshape(x, [-1, self.shape.width])
        present = tf.cast(mask, tf.float32)
        bias = (1.0 - present)[:, None, None, :] * _MASKED
        after = {}
        for number, weights in enumerate(self._layers, 1):
            x = after[number] = self._layer(x, weights, batch, bias)
        words = {n: tf.reshape(after[n], [batch, length, self.shape.width]) for n in self._watched}
        there, count = present[:, :, None], tf.reduce_sum(present, 1)[:, None]
        views = [tf.reduce_sum(words[n] * there, 1) / count for n in self._watched]
        views.append(tf.reduce_max(words[self.shape.layers] + (1.0 - there) * _MASKED, 1))
        return tf.math.l2_normalize(tf.stack(views, 1), -1)


def _dense(x: tf.Tensor, weights: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
    kernel, bias = weights
    product = tf.matmul(tf.cast(x, kernel.dtype), kernel)
    return tf.nn.bias_add(tf.cast(product, tf.float32), bias)


def _halved(layer: dict[str, Any]) -> dict[str, Any]:
    """A layer's weights with its kernels in bfloat16: reading them takes most of the time that one sentence takes."""
    return {
        name: (tf.cast(weights[0], tf.bfloat16), weights[1]) if weights[0].shape.rank == 2 else weights
        for name, weights in layer.items()
    }


def _multiplies_halves() -> bool:
    """Whether this machine's processor multiplies bfloat16 itself; elsewhere that is slower than float32."""
    try:
        return bool(_HALVES & set(_CPU.read_text().split()))
    except OSError:
        return False
