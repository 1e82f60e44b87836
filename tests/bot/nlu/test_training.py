"""The intent model on small data sets made up here; embeddings are random but fixed, so no weights are loaded."""

from pathlib import Path

import numpy as np
import pytest

from bot.nlu.linear import LinearModel
from bot.nlu.ngrams import CharNgrams
from bot.nlu.training import train_model

WIDTH = 16
WORDS = ["apple", "river", "stone", "cloud", "paper", "horse", "metal", "glass", "tower", "bread", "spoon", "chalk"]


def views(text: str) -> np.ndarray:
    """A stand-in for the encoder: sentences that share their first word lie close together, the same in two views."""
    first = np.random.default_rng(sum(map(ord, text.split()[0])) * 7919).normal(size=WIDTH)
    noise = np.random.default_rng(sum(map(ord, text)) + 1).normal(size=WIDTH) * 0.3
    vector = first + noise
    return np.stack([vector / np.linalg.norm(vector)] * 2).astype(np.float32)


def trained(examples: dict[str, list[str]], **settings) -> LinearModel:
    texts = [text for own in examples.values() for text in own]
    intents = [intent for intent, own in examples.items() for _ in own]
    return train_model(texts, np.stack([views(text) for text in texts]), intents, **settings)


def many(intents: int, each: int = 8) -> dict[str, list[str]]:
    return {f"about_{word}": [f"{word} number {i}" for i in range(each)] for word in WORDS[:intents]}


def judge(model: LinearModel, text: str):
    return model.judge(text, views(text))


@pytest.mark.parametrize("intents", [1, 2, 3, 12])
@pytest.mark.parametrize("each", [1, 2, 8])
def test_any_number_of_intents_and_examples_trains(intents: int, each: int) -> None:
    model = trained(many(intents, each))
    judged = judge(model, "apple number 99")
    assert judged.ranking[0][0] == "about_apple"
    assert sum(confidence for _, confidence in judged.ranking) == pytest.approx(1.0)
    assert np.isfinite(judged.score)


def test_an_empty_sentence_is_judged() -> None:
    model = trained(many(3))
    assert len(model.judge("", np.zeros((2, WIDTH), np.float32)).ranking) == 3


def test_a_sentence_from_outside_scores_below_one_from_inside() -> None:
    model = trained(many(12))
    assert judge(model, "quartz zebra").score < judge(model, "river number 42").score


def test_the_threshold_rejects_at_most_the_share_asked_for() -> None:
    examples = many(12, 20)
    model = trained(examples, most_rejected=0.05)
    scores = [judge(model, text).score for own in examples.values() for text in own]
    assert np.mean(np.array(scores) < model.scope.threshold) <= 0.05


def test_an_out_of_scope_intent_lowers_the_score_of_its_sentences() -> None:
    examples = {**many(6), "elsewhere": [f"chalk number {i}" for i in range(8)]}
    model = trained(examples, outside=["elsewhere"])
    judged = judge(model, "chalk number 77")
    assert judged.ranking[0][0] == "elsewhere"
    assert judged.score < model.scope.threshold


def test_a_saved_model_judges_alike(tmp_path: Path) -> None:
    model = trained(many(4))
    model.save(tmp_path)
    again = LinearModel.load(tmp_path)
    assert judge(again, "cloud number 5").ranking == judge(model, "cloud number 5").ranking
    assert judge(again, "cloud number 5").score == pytest.approx(judge(model, "cloud number 5").score)


@pytest.mark.parametrize("text", ["", "unseen 字", "apple apple number 3", "River,  number!  4 river"])
def test_one_row_of_ngrams_is_what_the_vectoriser_makes(text: str) -> None:
    ngrams = CharNgrams.fit([text for own in many(4).values() for text in own])
    columns, values = ngrams.row(text)
    dense = np.zeros(ngrams.transform([text]).shape[1])
    dense[columns] = values
    assert dense == pytest.approx(ngrams.transform([text]).toarray()[0], abs=1e-6)


def test_nothing_is_pickled(tmp_path: Path) -> None:
    trained(many(3)).save(tmp_path)
    assert {file.suffix for file in tmp_path.iterdir()} == {".json", ".npy", ".npz"}
    with np.load(tmp_path / "arrays.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


def test_training_twice_gives_the_same_model() -> None:
    first, second = trained(many(5)), trained(many(5))
    assert judge(first, "stone number 3").ranking == judge(second, "stone number 3").ranking
    assert first.scope == second.scope
