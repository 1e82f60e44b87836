"""A Whisper model of a few kilobytes a layer that "hears" the same two words in any speech.

It has the files, vocabulary and layers of a converted English model, so faster-whisper loads and runs it as any
other. Its weights are zero but for a chain: each token of the answer makes the next one nearly certain.
"""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

_WIDTH, _MELS, _HEADS, _SIZE = 16, 80, 2, 51864  # 51864 tokens: English only
_END, _START, _TRANSLATE, _ZERO = 50256, 50257, 50357, 50363
_FIRST, _SECOND = 1000, 1001
_CHAIN = (_START, _ZERO, _FIRST, _SECOND, _ZERO + 50, _END)  # from 0 to 1 second, in steps of 20 ms


def make(folder: Path, first: str, second: str) -> Path:
    """The model that hears `first` and `second`, in `folder`."""
    from ctranslate2.specs import WhisperSpec

    tokens = [f"w{at}" for at in range(_SIZE)]
    tokens[_FIRST], tokens[_SECOND] = first, second
    tokens[_END], tokens[_START] = "<|endoftext|>", "<|startoftranscript|>"
    tokens[_TRANSLATE:_ZERO] = [
        f"<|{name}|>" for name in ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
    ]
    tokens[_ZERO:] = [f"<|{at * 0.02:.2f}|>" for at in range(_SIZE - _ZERO)]
    spec = WhisperSpec(1, _HEADS, 1, _HEADS)
    _fill(spec)
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.config.alignment_heads = [(0, 0)]
    spec.config.lang_ids = []
    spec.validate()
    spec.optimize(quantization=None)
    spec.save(str(folder))
    _write_tokeniser(folder, tokens)
    return folder


def _fill(spec: Any) -> None:
    for place, conv in ((_MELS, spec.encoder.conv1), (_WIDTH, spec.encoder.conv2)):
        conv.weight, conv.bias = _zeros(_WIDTH, place, 3), _zeros(_WIDTH)
    spec.encoder.position_encodings.encodings = _zeros(1500, _WIDTH)
    spec.decoder.position_encodings.encodings = _zeros(448, _WIDTH)
    for part in (spec.encoder, spec.decoder):
        _norm(part.layer_norm)
        for layer in part.layer:
            _attention(layer.self_attention, (3, 1))
            if hasattr(layer, "attention"):
                _attention(layer.attention, (1, 2, 1))
            _norm(layer.ffn.layer_norm)
            _linear(layer.ffn.linear_0, 4 * _WIDTH, _WIDTH)
            _linear(layer.ffn.linear_1, _WIDTH, 4 * _WIDTH)
    before, after = _zeros(_SIZE, _WIDTH), _zeros(_SIZE, _WIDTH)
    for at, (token, following) in enumerate(pairwise(_CHAIN)):
        before[token, at] = 1.0
        after[following, at] = 10.0
    spec.decoder.embeddings.weight = before
    spec.decoder.projection.weight = after


def _write_tokeniser(folder: Path, tokens: list[str]) -> None:
    from tokenizers import Tokenizer, decoders, models

    tokeniser = Tokenizer(models.WordLevel({token: at for at, token in enumerate(tokens)}, unk_token=tokens[0]))
    tokeniser.decoder = decoders.WordPiece(prefix="##")
    tokeniser.save(str(folder / "tokenizer.json"))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": _MELS}))


def _zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, dtype=np.float32)


def _linear(spec: Any, outputs: int, inputs: int) -> None:
    spec.weight, spec.bias = _zeros(outputs, inputs), _zeros(outputs)


def _norm(spec: Any) -> None:
    spec.gamma, spec.beta = np.ones(_WIDTH, dtype=np.float32), _zeros(_WIDTH)


def _attention(spec: Any, widths: tuple[int, ...]) -> None:
    _norm(spec.layer_norm)
    for linear, times in zip(spec.linear, widths, strict=True):
        _linear(linear, times * _WIDTH, _WIDTH)
