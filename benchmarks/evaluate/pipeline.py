"""Trains config.yml's own pipeline and asks it."""

import asyncio
import io
import logging
import time
import warnings
from collections.abc import Collection, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from rasa.core.agent import Agent
from rasa.model_training import train_nlu
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.utils.log_utils import configure_structlog

from benchmarks.evaluate.sentences import Sentence


@dataclass(frozen=True)
class Asked:
    """A sentence and what the pipeline made of it.

    Attributes:
        sentence: what was asked.
        decided: the intent it acts on; `nlu_fallback` where it found the sentence to be none of its business.
        likeliest: the best intent apart from that verdict.
        confidence: of `likeliest`, from 0 to 1.
        inside: the confidence of the best intent that is in scope.
        margin: how far the score for being in scope lies above the threshold; None without such a score.
        entities: as Rasa gives them.
        fold: which part of a cross-validation it was held out with.
    """

    sentence: Sentence
    decided: str
    likeliest: str
    confidence: float
    inside: float
    margin: float | None
    entities: list[dict]
    fold: int = 0


def quiet() -> None:
    """Keeps Rasa's and TensorFlow's remarks off the terminal."""
    warnings.simplefilter("ignore")
    configure_structlog(logging.ERROR)
    logging.getLogger().setLevel(logging.ERROR)
    logging.getLogger("bm25s").disabled = True  # sets its own level when it is imported


def outside_intents(config: Path) -> set[str]:
    """Returns the names under which the pipeline files what is not its business."""
    pipeline = yaml.safe_load(config.read_text("utf-8"))["pipeline"]
    named = {name for part in pipeline for name in part.get("out_of_scope_intents", [])}
    return named | {DEFAULT_NLU_FALLBACK_INTENT_NAME}


class Pipeline:
    """A trained pipeline."""

    def __init__(self, config: Path, data: TrainingData, folder: Path) -> None:
        """Trains.

        Args:
            config: Rasa's configuration.
            data: what to train on.
            folder: an empty folder for the data and the model.
        """
        folder.mkdir(parents=True, exist_ok=True)
        written = folder / "nlu.yml"
        written.write_text(data.nlu_as_yaml(), encoding="utf-8")
        started = time.perf_counter()
        with redirect_stdout(io.StringIO()):  # Rasa announces a model that is about to be deleted
            model = train_nlu(str(config), str(written), str(folder))
        self.training_seconds = time.perf_counter() - started
        self._agent = Agent.load(model)
        self._outside = outside_intents(config)
        self.seconds: list[float] = []

    def parse(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """Returns what Rasa's parser says of each text; keeps the time of each in `seconds`."""
        return asyncio.run(self._parse(texts))

    def ask(self, sentences: Sequence[Sentence], fold: int = 0) -> list[Asked]:
        """Returns what it makes of sentences."""
        answers = self.parse([sentence.text for sentence in sentences])
        return [read_answer(s, answer, self._outside, fold) for s, answer in zip(sentences, answers, strict=True)]

    async def _parse(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        answers = []
        for text in texts:
            started = time.perf_counter()
            answers.append(await self._agent.parse_message(text))
            self.seconds.append(time.perf_counter() - started)
        return answers


def read_answer(sentence: Sentence, answer: dict[str, Any], outside: Collection[str], fold: int = 0) -> Asked:
    """Returns one parse result in the terms of this evaluation.

    Args:
        sentence: what was asked.
        answer: Rasa's parse result.
        outside: the names of what is not the assistant's business.
        fold: the part of a cross-validation.
    """
    ranking: list[dict[str, Any]] = answer["intent_ranking"]
    likeliest, confidence = _best(ranking, {DEFAULT_NLU_FALLBACK_INTENT_NAME})
    _, inside = _best(ranking, outside)
    scope = answer.get("in_scope")
    margin = scope["score"] - scope["threshold"] if scope else None
    decided = (answer["intent"] or {}).get("name") or ""
    return Asked(sentence, decided, likeliest, confidence, inside, margin, answer["entities"], fold)


def _best(ranking: Sequence[dict[str, Any]], without: Collection[str]) -> tuple[str, float]:
    left = [entry for entry in ranking if entry["name"] not in without]
    return (left[0]["name"], left[0]["confidence"]) if left else ("", 0.0)
