"""The sentence-embedding featurizer."""

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.bert import VIEWS
from bot.nlu.encoder import SentenceEncoder, shared_encoder
from bot.nlu.fingerprint import source_hash
from bot.nlu.weights import BUNDLED, identity

ORIGIN = "SentenceEmbedding"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEmbedding(GraphComponent):
    """Gives each message the encoder's views of its text, side by side, as a dense sentence feature.

    Settings: `model`, which is `all-MiniLM-L6-v2` (the bundled weights), a folder, or a hub name.
    """

    def __init__(self, encoder: SentenceEncoder) -> None:
        self._encoder = encoder

    @staticmethod
    def required_packages() -> list[str]:
        """Returns the packages whose versions take part in the training cache's key."""
        return ["tensorflow", "tokenizers", "safetensors"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Returns the default settings."""
        return {"model": BUNDLED}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Returns the hash of the sources and of the weights."""
        return source_hash(identity({**cls.get_default_config(), **config}["model"]))

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SentenceEmbedding":
        """Creates the component; raises `WeightsError` when the model cannot be loaded."""
        return cls(shared_encoder(config["model"]))

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Embeds all training texts in batches."""
        messages = [m for m in training_data.training_examples if m.get(TEXT)]
        vectors = self._encoder.views_of_many([m.get(TEXT) for m in messages])
        for message, views in zip(messages, vectors, strict=True):
            _attach(message, views)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Embeds the messages' texts."""
        for message in messages:
            if message.get(TEXT):
                _attach(message, self._encoder.views(message.get(TEXT)))
        return messages


def embedding_of(message: Message) -> np.ndarray | None:
    """Returns the unit vector of the message's text, shape (width,), or None."""
    views = views_of(message)
    return None if views is None else views[0]


def views_of(message: Message) -> np.ndarray | None:
    """Returns what the encoder made of the message's text, shape (VIEWS, width), or None."""
    for features in message.features:
        if features.origin == ORIGIN and features.attribute == TEXT:
            return np.asarray(features.features[0]).reshape(VIEWS, -1)
    return None


def _attach(message: Message, views: np.ndarray) -> None:
    message.add_features(Features(views.reshape(1, -1), FEATURE_TYPE_SENTENCE, TEXT, ORIGIN))
