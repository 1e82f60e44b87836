"""Weights and encoder: loads what it should, refuses what it should not, and agrees with the reference."""

import json
from pathlib import Path

import numpy as np
import pytest

from bot.nlu import weights
from bot.nlu.encoder import SentenceEncoder, shared_encoder
from bot.nlu.weights import BUNDLED, WeightsError, check, locate

SENTENCES = ["my car was stolen", "somebody took my vehicle", "what is the weather like in Paris tomorrow", "hi"]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return shared_encoder(BUNDLED)


def test_sentences_that_mean_the_same_lie_close(encoder: SentenceEncoder) -> None:
    stolen, took, weather, _ = encoder.encode_many(SENTENCES)
    assert stolen @ took > 0.6 > 0.2 > stolen @ weather


def test_vectors_have_unit_length(encoder: SentenceEncoder) -> None:
    assert np.linalg.norm(encoder.encode_many(SENTENCES), axis=1) == pytest.approx(1.0, abs=1e-5)


def test_alone_and_in_a_batch_are_the_same(encoder: SentenceEncoder) -> None:
    together = encoder.views_of_many(SENTENCES)
    alone = np.stack([encoder.views(sentence) for sentence in SENTENCES])
    assert (together * alone).sum(axis=-1).min() > 0.9995  # alone in bfloat16, where the processor has it


def test_without_short_floats_alone_and_in_a_batch_are_exactly_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.nlu.bert._HALVES", set())
    encoder = SentenceEncoder(BUNDLED)
    together = encoder.views_of_many(SENTENCES)
    alone = np.stack([encoder.views(sentence) for sentence in SENTENCES])
    assert np.abs(together - alone).max() < 1e-5


def test_the_reference_implementation_agrees(encoder: SentenceEncoder) -> None:
    import tensorflow as tf
    from transformers import AutoTokenizer, TFBertModel

    folder = locate(BUNDLED).weights.parent
    tokens = AutoTokenizer.from_pretrained(folder)(SENTENCES, padding=True, return_tensors="tf")
    states = TFBertModel.from_pretrained(folder)(**tokens).last_hidden_state
    mask = tf.cast(tokens["attention_mask"], tf.float32)[:, :, None]
    expected = tf.math.l2_normalize(tf.reduce_sum(states * mask, 1) / tf.reduce_sum(mask, 1), -1).numpy()
    assert np.abs(encoder.encode_many(SENTENCES) - expected).max() < 1e-5


def test_an_empty_and_an_endless_sentence_are_encoded(encoder: SentenceEncoder) -> None:
    assert np.isfinite(encoder.encode("")).all()
    assert np.isfinite(encoder.encode("claim " * 5000)).all()


def test_altered_weights_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"not the weights")
    with pytest.raises(WeightsError, match="SHA-256"):
        check(file, weights._SHA256)


def test_a_folder_without_weights_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"model\.safetensors"):
        locate(str(tmp_path))


def test_another_architecture_is_refused(tmp_path: Path) -> None:
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "gpt2"}))
    with pytest.raises(WeightsError, match="gpt2"):
        SentenceEncoder(str(tmp_path))


def test_a_folder_of_the_same_layout_serves(encoder: SentenceEncoder, tmp_path: Path) -> None:
    for file in ("model.safetensors", "tokenizer.json", "config.json"):
        (tmp_path / file).symlink_to(locate(BUNDLED).weights.parent / file)
    assert np.abs(SentenceEncoder(str(tmp_path)).encode("hi") - encoder.encode("hi")).max() < 1e-6
