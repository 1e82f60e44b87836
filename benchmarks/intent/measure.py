"""One algorithm on one task: trained, asked about every held-out sentence one at a time, weighed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from benchmarks.intent.tasks import Task

_RESAMPLED = 300


class Classifier(Protocol):
    """What is measured."""

    def train(self, texts: Sequence[str], intents: Sequence[str]) -> None:
        """Learns."""

    def predict(self, text: str) -> str:
        """Returns the intent of one sentence."""

    def size(self, folder: Path) -> int:
        """Returns the bytes it takes to keep; `folder` is free to write in."""


@dataclass(frozen=True)
class Result:
    """One row of the table.

    `error` is the standard error of `f1` over resampled held-out sentences; `training` and `latency` (the median of
    one sentence) are in seconds, `size` in bytes.
    """

    name: str
    accuracy: float
    precision: float
    recall: float
    f1: float
    error: float
    training: float
    latency: float
    size: int
    note: str = ""


SHIPPED = "shipped"
ALGORITHMS = (
    "svm",
    "logistic-regression",
    "decision-tree",
    "random-forest",
    "cnn",
    "lstm",
    "self-attention",
    "diet",
    SHIPPED,
)
EPOCHS = {"cnn": 40, "lstm": 40, "self-attention": 40, "diet": 15}  # Rasa gives DIET 100


def build(name: str, root: Path, epochs: int = 0) -> Classifier:
    """Returns an untrained classifier by its name; each brings in only the libraries it needs.

    Args:
        name: one of `ALGORITHMS`.
        root: the project's folder.
        epochs: instead of those in `EPOCHS`; 0 leaves them.

    Raises:
        KeyError: for a name that is not in the list.
    """
    epochs = epochs or EPOCHS.get(name, 0)
    if name in ("cnn", "lstm", "self-attention"):
        from benchmarks.intent.neural import Neural

        return Neural(name, epochs)
    if name in ("diet", SHIPPED):
        from benchmarks.intent.rasa_pipelines import STOCK, RasaPipeline

        return RasaPipeline(STOCK if name == "diet" else root / "config.yml", epochs)
    from benchmarks.intent.classical import Classical

    return Classical(name)


def measure(name: str, make: Callable[[], Classifier], task: Task, note: str = "") -> Result:
    """Trains and asks."""
    classifier = make()
    started = time.perf_counter()
    classifier.train(*zip(*task.train, strict=True))
    training = time.perf_counter() - started
    for text, _ in task.test[:20]:
        classifier.predict(text)  # the first few compile and fill caches
    answers, seconds = [], []
    for text, _ in task.test:
        started = time.perf_counter()
        answers.append(classifier.predict(text))
        seconds.append(time.perf_counter() - started)
    with TemporaryDirectory() as folder:
        size = classifier.size(Path(folder))
    meant = np.array([intent for _, intent in task.test])
    decided = np.array(answers)
    precision, recall, f1 = scores(meant, decided)
    accuracy = float((meant == decided).mean())
    latency = float(np.median(seconds))
    return Result(name, accuracy, precision, recall, f1, spread(meant, decided), training, latency, size, note)


def scores(meant: np.ndarray, decided: np.ndarray) -> tuple[float, float, float]:
    """Returns macro precision, recall and F1 over the intents that were meant."""
    labels = np.unique(meant)
    found = precision_recall_fscore_support(meant, decided, labels=labels, average="macro", zero_division=0)
    return float(found[0]), float(found[1]), float(found[2])


def spread(meant: np.ndarray, decided: np.ndarray) -> float:
    """Returns the standard error of macro F1: its standard deviation over resampled held-out sentences."""
    draw = np.random.default_rng(0)
    labels, both = np.unique(np.concatenate([meant, decided]), return_inverse=True)
    one, other = both[: len(meant)], both[len(meant) :]
    values = []
    for _ in range(_RESAMPLED):
        rows = draw.integers(0, len(meant), len(meant))
        truth, said = one[rows], other[rows]
        right = np.bincount(truth[truth == said], minlength=len(labels))
        asked = np.bincount(truth, minlength=len(labels))
        total = asked + np.bincount(said, minlength=len(labels))
        there = asked > 0
        values.append((2 * right[there] / total[there]).mean())
    return float(np.std(values))
