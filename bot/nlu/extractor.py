"""The entity extractor component."""

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.bilingual import BilingualExtractor
from bot.nlu.fingerprint import source_hash


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class GrammarExtractor(GraphComponent, EntityExtractorMixin):
    """Reads dates, times, amounts, numbers, contract numbers and words of the trade off each message.

    Values are typed: partial dates and times (completed by `bot.values`), numbers, normalised codes. The words
    themselves are kept under `text`. The setting `languages` names files of `bot/nlu/grammar`.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._extractor = BilingualExtractor(config["languages"])

    @staticmethod
    def required_packages() -> list[str]:
        """Returns the packages whose versions take part in the training cache's key."""
        return ["spacy"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Returns the default settings."""
        return {"languages": ["en", "zh"]}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Returns the hash of the sources and grammar tables."""
        return source_hash()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "GrammarExtractor":
        """Creates the extractor; raises `ValueError` for a language without a grammar."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds entities to the messages."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                found = self.add_extractor_name(self._extractor.extract(text))
                message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages
