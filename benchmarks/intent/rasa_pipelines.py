"""Rasa's stock pipeline, whose classifier is DIET, and the pipeline of config.yml."""

import asyncio
import logging
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from rasa.core.agent import Agent
from rasa.model_training import train_nlu
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.utils.log_utils import configure_structlog

from bot.nlu.weights import locate

STOCK = Path(__file__).parent / "stock.yml"


class RasaPipeline:
    """A pipeline by its configuration; an intent counts whether or not the sentence was then found out of scope."""

    def __init__(self, config: Path, epochs: int = 0) -> None:
        """Prepares.

        Args:
            config: Rasa's configuration.
            epochs: for the components that have such a setting; 0 keeps theirs.
        """
        warnings.simplefilter("ignore")
        configure_structlog(logging.ERROR)
        logging.getLogger().setLevel(logging.ERROR)
        self._settings: dict[str, Any] = yaml.safe_load(config.read_text("utf-8"))
        for part in self._settings["pipeline"]:
            if epochs and "epochs" in part:
                part["epochs"] = epochs
        self._folder = TemporaryDirectory()
        self._loop = asyncio.new_event_loop()

    def train(self, texts: Sequence[str], intents: Sequence[str]) -> None:
        """Learns, the way `rasa train nlu` does."""
        folder = Path(self._folder.name)
        pairs = zip(texts, intents, strict=True)
        data = TrainingData()  # which would drop repeated sentences if it were given them
        data.training_examples = [Message.build(text=text, intent=intent) for text, intent in pairs]
        (folder / "nlu.yml").write_text(data.nlu_as_yaml(), encoding="utf-8")
        (folder / "config.yml").write_text(yaml.safe_dump(self._settings), encoding="utf-8")
        self._file = Path(str(train_nlu(str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder / "out"))))
        self._agent = Agent.load(self._file)

    def predict(self, text: str) -> str:
        """Returns the likeliest intent of one sentence."""
        answer = self._loop.run_until_complete(self._agent.parse_message(text))
        names = [entry["name"] for entry in answer["intent_ranking"]]
        return next((name for name in names if name != DEFAULT_NLU_FALLBACK_INTENT_NAME), "")

    def size(self, folder: Path) -> int:
        """Returns the bytes of the packed model and of the encoder's weights, which no model file holds."""
        encoders = {part["model"] for part in self._settings["pipeline"] if "model" in part}
        shared = 0
        for name in encoders:
            with suppress(OSError):
                shared += locate(name).weights.stat().st_size
        return self._file.stat().st_size + shared
