"""The comparison of intent classifiers: the same sentences for all, right figures, and the rule that names the best."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.intent.measure import Result, build, measure, scores, spread
from benchmarks.intent.rule import best
from benchmarks.intent.tasks import Task, TaskError, load

SENTENCES = {
    "pay": ["pay my bill", "I want to pay", "take payment please", "settle the bill", "pay the invoice now"],
    "claim": ["my car was hit", "someone crashed into us", "file a claim", "claim for the crash", "report a crash"],
}
PAIRS = [(text, intent) for intent, texts in SENTENCES.items() for text in texts]
PLAIN = Result("plain", 0.9, 0.9, 0.9, f1=0.9, error=0.01, training=1, latency=0.001, size=1)


def test_public_data_are_read(tmp_path: Path) -> None:
    (tmp_path / "nlu").mkdir()
    for part in ("train", "dev"):
        (tmp_path / f"nlu/banking77_{part}.csv").write_text(f'text,intent\n"{part}, of course",greet\n')
    task = load("banking77", tmp_path, tmp_path)
    assert (task.train, task.test) == ([("train, of course", "greet")], [("dev, of course", "greet")])


def test_our_own_data_are_training_sentences_and_exam(tmp_path: Path) -> None:
    for folder, text in (("data/nlu/zh", "你好"), ("tests/nlu/zh", "您好")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.yml").write_text(f"nlu:\n- intent: greet\n  examples: |\n    - {text}\n")
    task = load("own-zh", tmp_path, tmp_path)
    assert (task.train, task.test) == ([("你好", "greet")], [("您好", "greet")])


def test_absent_data_are_named(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"banking77_train\.csv"):
        load("banking77", tmp_path, tmp_path)


def test_a_part_has_the_same_share_of_every_intent() -> None:
    pairs = [(str(i), intent) for intent, count in (("a", 40), ("b", 20)) for i in range(count)]
    part = Task("x", pairs, []).part(30)
    assert Counter(intent for _, intent in part.train) == {"a": 20, "b": 10}


def test_the_highest_macro_f1_wins() -> None:
    other = replace(PLAIN, name="other", f1=0.95, latency=0.1)
    assert best([PLAIN, other]).name == "other"


def test_a_tie_goes_to_the_quicker() -> None:
    other = replace(PLAIN, name="other", f1=0.905, latency=0.1)
    assert best([other, PLAIN]).name == "plain"


def test_macro_scores_count_every_intent_the_same() -> None:
    precision, recall, f1 = scores(np.array(["a", "a", "a", "b"]), np.array(["a", "a", "a", "c"]))
    assert (precision, recall, f1) == (0.5, 0.5, 0.5)


def test_the_standard_error_shrinks_with_more_sentences() -> None:
    meant, decided = np.array(["a", "b"] * 50), np.array(["a", "b", "b", "b"] * 25)
    assert 0 < spread(np.tile(meant, 16), np.tile(decided, 16)) < spread(meant, decided) / 2


@pytest.mark.parametrize("name", ["svm", "logistic-regression", "decision-tree", "random-forest"])
def test_a_classifier_learns_what_it_is_shown(name: str, tmp_path: Path) -> None:
    result = measure(name, lambda: build(name, tmp_path), Task("tiny", PAIRS * 3, PAIRS))
    assert result.accuracy == 1.0
    assert result.size > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cnn", "lstm", "self-attention"])
def test_a_network_learns_what_it_is_shown(name: str, tmp_path: Path) -> None:
    result = measure(name, lambda: build(name, tmp_path, epochs=12), Task("tiny", PAIRS * 12, PAIRS))
    assert result.accuracy >= 0.9


def test_an_unknown_algorithm_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        build("magic", tmp_path)
