"""An intent model for each script that a data set has enough examples of.

A model of its own keeps what is calibrated on one language from the other: trained on both at once, English loses two
and a half points and Chinese ten.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot.nlu.linear import LinearModel
from bot.nlu.ngrams import CHINESE, LETTERS
from bot.nlu.script import has_han
from bot.nlu.training import train_model

logger = logging.getLogger(__name__)

_FEWEST = 200  # examples; with fewer, the script's sentences are a part of the other model


def script_of(text: str) -> str:
    """Returns the script whose model judges a text: one Chinese character is enough, it has the mixed examples."""
    return CHINESE if has_han(text) else LETTERS


class ModelsByScript:
    """The trained models of a data set, by script; there is always at least one."""

    def __init__(self, models: dict[str, LinearModel]) -> None:
        self.models = models

    @classmethod
    def train(
        cls,
        texts: Sequence[str],
        views: np.ndarray,
        intents: Sequence[str],
        outside: Sequence[str],
        most_rejected: float,
        most_mistaken: float = 0.03,
        counts: Sequence[int] | None = None,
    ) -> "ModelsByScript":
        """Trains on any data set; see `bot.nlu.training.train_model`."""
        said = counts or [1] * len(texts)
        models = {}
        for script, rows in _groups(texts).items():
            models[script] = train_model(
                [texts[row] for row in rows],
                views[rows],
                [intents[row] for row in rows],
                outside,
                most_rejected,
                script,
                most_mistaken,
                [said[row] for row in rows],
            )
        return cls(models)

    def of(self, text: str) -> LinearModel:
        """Returns the model that judges a text."""
        return self.models.get(script_of(text)) or next(iter(self.models.values()))

    def save(self, folder: Path) -> None:
        """Writes each model into a folder of its own."""
        for script, model in self.models.items():
            (folder / script).mkdir()
            model.save(folder / script)

    @classmethod
    def load(cls, folder: Path) -> "ModelsByScript":
        """Reads what `save` wrote; raises `FileNotFoundError` when nothing was trained."""
        stored = [script for script in (LETTERS, CHINESE) if (folder / script).is_dir()]
        if not stored:
            raise FileNotFoundError("No intent model in this archive; train one.")
        return cls({script: LinearModel.load(folder / script) for script in stored})


def _groups(texts: Sequence[str]) -> dict[str, list[int]]:
    """Row numbers by script; a script with too few examples joins the other one's."""
    groups: dict[str, list[int]] = {LETTERS: [], CHINESE: []}
    for row, text in enumerate(texts):
        groups[script_of(text)].append(row)
    most = max(groups, key=lambda script: len(groups[script]))
    if min(map(len, groups.values())) < _FEWEST:
        groups = {most: list(range(len(texts)))}
    return groups
