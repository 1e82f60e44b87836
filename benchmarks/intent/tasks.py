"""The data sets: training and held-out sentences, and how a small part of them is drawn."""

import csv
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from bot.lint_data.examples import read_folder

Pair = tuple[str, str]


@dataclass(frozen=True)
class Task:
    """Sentences with their intents: to learn from, and to be asked about."""

    name: str
    train: list[Pair]
    test: list[Pair]

    def part(self, most: int) -> "Task":
        """Returns a task with at most `most` training sentences, the same share of every intent; 0 leaves all."""
        if not most or most >= len(self.train):
            return self
        return Task(f"{self.name} ({most} training sentences)", _sample(self.train, most), self.test)


class TaskError(Exception):
    """The data of a task is not there."""


def load(name: str, data: Path, root: Path) -> Task:
    """Returns a task.

    Args:
        name: `banking77` or `clinc150` (in scope), or `own-en` and so on: our training sentences and our exam.
        data: the folder of public data, with `nlu` in it.
        root: the project's folder.

    Raises:
        TaskError: if there is no such data.
    """
    if name.startswith("own-"):
        language = name.removeprefix("own-")
        folders = root / "data" / "nlu", root / "tests" / "nlu"
        train, test = ([(e.text, e.intent) for e in read_folder(f / language, f)] for f in folders)
    else:
        files = [data / "nlu" / f"{name}_{part}.csv" for part in ("train", "dev")]
        train, test = (_read_csv(file) if file.is_file() else [] for file in files)
    if not train or not test:
        raise TaskError(f"no data for {name}: --data names a folder with nlu/{name}_train.csv and nlu/{name}_dev.csv")
    return Task(name, train, test)


def _read_csv(file: Path) -> list[Pair]:
    with file.open(encoding="utf-8", newline="") as lines:
        return [(row["text"], row["intent"]) for row in csv.DictReader(lines)]


def _sample(pairs: list[Pair], most: int) -> list[Pair]:
    rows = defaultdict(list)
    for pair in pairs:
        rows[pair[1]].append(pair)
    shuffle, ordered = random.Random(0), []
    for own in rows.values():
        shuffle.shuffle(own)
        ordered += own
    return [ordered[i * len(ordered) // most] for i in range(most)]
