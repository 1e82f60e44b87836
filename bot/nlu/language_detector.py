"""The language component: which language a message is in."""

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.fingerprint import source_hash
from bot.nlu.language import identifier

LANGUAGE = "language"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class LanguageDetector(GraphComponent):
    """Puts `language` into the parse output: {code, certain, asked}.

    A message that is in no language ("ok", "PA-1234567") gets the conversation's, which the channel gives in the
    message's metadata, and is not certain. The setting `default` stands in where the channel gives none.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._default = config["default"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Returns the default settings."""
        return {"default": "en"}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Returns the hash of the sources and tables."""
        return source_hash()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "LanguageDetector":
        """Creates the detector."""
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the language to the messages."""
        for message in messages:
            so_far = (message.get("metadata") or {}).get(LANGUAGE) or self._default
            found = identifier().identify(message.get(TEXT) or "", str(so_far))
            message.set(LANGUAGE, found.as_output(), add_to_output=True)
        return messages
