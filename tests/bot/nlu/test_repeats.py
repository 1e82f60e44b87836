"""Training sentences that occur several times: counted while Rasa reads, merges and filters, weighed in training."""

from pathlib import Path

import numpy as np
import pytest
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu import repeats
from bot.nlu.linear import LinearModel
from bot.nlu.neighbours import vote
from bot.nlu.softmax import fit_softmax
from bot.nlu.training import train_model

repeats.keep()
LINES = {"agree": ["ok"] * 7 + ["yes please"], "report": ["ok", "my phone broke", "my phone broke"]}


def data(lines: dict[str, list[str]] = LINES) -> TrainingData:
    return TrainingData([Message.build(text, intent) for intent, own in lines.items() for text in own])


def counts(read: TrainingData) -> dict[tuple[str, str], int]:
    return {(m.get("text"), m.get("intent")): repeats.times_said(m) for m in read.intent_examples}


COUNTED = {("ok", "agree"): 7, ("yes please", "agree"): 1, ("ok", "report"): 1, ("my phone broke", "report"): 2}


def test_each_sentence_is_kept_once_with_its_count() -> None:
    assert counts(data()) == COUNTED
    assert len(data().training_examples) == len(COUNTED)


def test_what_is_said_once_is_as_rasa_has_it() -> None:
    once = data({"agree": ["ok", "yes please"]})
    assert all(repeats.TIMES not in message.data for message in once.training_examples)


def test_merging_adds_counts_and_leaves_the_parts_alone() -> None:
    one, other = data(), data({"agree": ["ok"], "report": ["my phone broke"] * 3})
    merged = one.merge(other)
    assert counts(merged)["ok", "agree"] == 8
    assert counts(merged)["my phone broke", "report"] == 5
    assert counts(one) == COUNTED


def test_filtering_keeps_counts() -> None:
    kept = data().filter_training_examples(lambda message: message.get("intent") == "agree")
    assert counts(kept) == {pair: times for pair, times in COUNTED.items() if pair[1] == "agree"}


def test_the_same_messages_twice_over_are_not_counted_twice() -> None:
    messages = [Message.build("ok", "agree") for _ in range(3)]
    assert counts(TrainingData(messages)) == counts(TrainingData(messages)) == {("ok", "agree"): 3}


def test_counts_are_a_part_of_the_fingerprint() -> None:
    assert data().fingerprint() == data().fingerprint()
    assert data().fingerprint() != data({**LINES, "agree": ["ok", "yes please"]}).fingerprint()


def test_intents_are_trimmed_before_they_are_compared() -> None:
    assert counts(data({"agree": ["ok"], "agree ": ["ok"]})) == {("ok", "agree"): 2}


def test_messages_of_stories_are_left_alone() -> None:
    stories = TrainingData([Message({"intent": "agree"}), Message({"intent": "agree"})])
    assert [message.data for message in stories.training_examples] == [{"intent": "agree"}]


def test_files_are_counted_together_by_our_importer(tmp_path: Path) -> None:
    for name, lines in {"one": LINES, "two": {"agree": ["ok"]}}.items():
        text = "".join(
            f"- intent: {intent}\n  examples: |\n" + "".join(f"    - {line}\n" for line in own)
            for intent, own in lines.items()
        )
        (tmp_path / f"{name}.yml").write_text(f'version: "3.1"\nnlu:\n{text}')
    importer = TrainingDataImporter.load_nlu_importer_from_config("config.yml", training_data_paths=[str(tmp_path)])
    assert counts(importer.get_nlu_data()) == {**COUNTED, ("ok", "agree"): 8}


def test_a_weight_is_the_same_as_so_many_copies() -> None:
    draw = np.random.default_rng(0)
    features, labels = draw.normal(size=(12, 5)).astype(np.float32), np.arange(12) % 3
    times = draw.integers(1, 6, 12)
    weighed = fit_softmax(features, labels, 3, 10.0, times)
    copied = fit_softmax(np.repeat(features, times, axis=0), np.repeat(labels, times), 3, 10.0)
    assert weighed.weights == pytest.approx(copied.weights, abs=0.02)
    cosines = draw.uniform(size=(2, 12))
    order = np.argsort(labels, kind="stable")
    votes = vote(cosines[:, order], labels[order], 3, 0.05, times[order])
    copies = np.repeat(order, times[order])
    assert votes == pytest.approx(vote(cosines[:, copies], labels[copies], 3, 0.05))


def trained(times_ok_agrees: int) -> LinearModel:
    """Two intents that share the words "ok": once the one, so many times the other."""
    lines = [(f"alpha {i}", "agree", 1) for i in range(10)] + [(f"omega {i}", "report", 1) for i in range(10)]
    lines += [("ok", "agree", times_ok_agrees), ("ok", "report", 1)]
    texts, intents, times = zip(*lines, strict=True)
    return train_model(texts, np.stack([views(text) for text in texts]), intents, counts=times)


def views(text: str) -> np.ndarray:
    """A stand-in for the encoder."""
    vector = np.random.default_rng(sum(map(ord, text))).normal(size=16)
    return np.stack([vector / np.linalg.norm(vector)] * 2).astype(np.float32)


def test_words_of_two_intents_go_to_the_one_that_has_them_more_often(tmp_path: Path) -> None:
    evenly, mostly = (dict(trained(times).judge("ok", views("ok")).ranking) for times in (1, 50))
    assert evenly["agree"] < 0.7 < 0.9 < mostly["agree"]


def test_a_saved_model_keeps_the_counts(tmp_path: Path) -> None:
    model = trained(50)
    model.save(tmp_path)
    ranking = LinearModel.load(tmp_path).judge("ok", views("ok")).ranking
    assert ranking == model.judge("ok", views("ok")).ranking
