"""The network: sound in, and token after token the probabilities of the next one.

It is run by onnxruntime: the decoder of the package that brings the weights takes the best token only.
"""

from functools import cached_property

import numpy as np
import onnxruntime

from voice.recognition.moonshine.weights import DECODER, ENCODER, VOCABULARY, weights

RATE = 16_000
START, END = 1, 2
_LAYERS, _HEADS, _WIDTH = 6, 8, 36
_CACHE = [
    f"past_key_values.{layer}.{side}.{what}"
    for layer in range(_LAYERS)
    for side in ("decoder", "encoder")
    for what in ("key", "value")
]
_BLANK = "\u2581"  # how tokens write the blank before a word


class Network:
    """Encoder and decoder, on one processor."""

    def __init__(self) -> None:
        folder = weights()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # other calls have the other processors
        options.log_severity_level = 3
        options.enable_cpu_mem_arena = False  # it would keep what the longest utterance needed, at no gain
        self._encoder, self._decoder = (
            onnxruntime.InferenceSession(folder / name, options) for name in (ENCODER, DECODER)
        )
        self._vocabulary = folder / VOCABULARY

    @cached_property
    def tokens(self) -> list[str]:
        """What each token stands for, by its number; a word's blank is a blank."""
        content, found, place = self._vocabulary.read_bytes(), [], 0
        while place < len(content):
            length, place = content[place], place + 1
            if length >= 128:  # the length's higher bits follow
                length, place = (content[place] << 7) | (length & 127), place + 1
            found.append(content[place : place + length].decode("utf-8", "replace").replace(_BLANK, " "))
            place += length
        return found

    def listen(self, sound: np.ndarray) -> "Transcription":
        """Begin to write down `sound` (float, 16,000 samples a second)."""
        samples = sound[None].astype(np.float32)
        mask = np.ones_like(samples, dtype=np.int64)
        (encoded,) = self._encoder.run(None, {"input_values": samples, "attention_mask": mask})
        return Transcription(self._decoder, encoded, mask)


class Transcription:
    """Several ways to write down one sound, side by side."""

    def __init__(self, decoder: onnxruntime.InferenceSession, encoded: np.ndarray, mask: np.ndarray) -> None:
        self._decoder, self._encoded, self._mask = decoder, encoded, mask
        nothing = np.zeros((1, _HEADS, 0, _WIDTH), np.float32)
        self._cache = dict.fromkeys(_CACHE, nothing)
        self._begun = False

    def next(self, last: list[int], of: list[int]) -> np.ndarray:
        """Logarithms of the next token's probabilities, shape (len(last), tokens).

        Args:
            last: the last token of every way that is followed.
            of: which of the ways of the step before each continues, by their places there.
        """
        if self._begun:
            self._cache = {name: self._of(name, values, of) for name, values in self._cache.items()}
        scores, *cache = self._decoder.run(
            None,
            {
                "input_ids": np.array(last, np.int64)[:, None],
                "encoder_hidden_states": np.repeat(self._encoded, len(last), 0),
                "encoder_attention_mask": np.repeat(self._mask, len(last), 0),
                "use_cache_branch": np.array([self._begun]),
                **self._cache,
            },
        )
        for name, values in zip(_CACHE, cache, strict=True):
            if not self._begun or "decoder" in name:  # what the encoder said does not change
                self._cache[name] = values
        self._begun = True
        scores = scores[:, -1]
        scores = scores - scores.max(1, keepdims=True)
        return scores - np.log(np.exp(scores).sum(1, keepdims=True))

    def _of(self, name: str, values: np.ndarray, of: list[int]) -> np.ndarray:
        if "decoder" in name:
            return values[of]
        return values if len(values) == len(of) else np.repeat(values[:1], len(of), 0)
