"""Tokens from spaCy's rules for a language, without a trained pipeline."""

from typing import Any

import spacy
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.fingerprint import source_hash


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class SpacyRuleTokenizer(Tokenizer):
    """Splits texts with `spacy.blank(language)`; the setting `language` is a spaCy language code."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._split = spacy.blank(config["language"]).tokenizer

    @staticmethod
    def required_packages() -> list[str]:
        """Returns the packages whose versions take part in the training cache's key."""
        return ["spacy"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Returns the default settings."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "language": "en",
        }

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Returns the hash of the sources."""
        return source_hash()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SpacyRuleTokenizer":
        """Creates the tokenizer."""
        return cls(config)

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Returns the tokens of one attribute of a message, white space left out."""
        doc = self._split(message.get(attribute))
        return self._apply_token_pattern(
            [Token(token.text, token.idx) for token in doc if not token.is_space] or [Token("", 0)]
        )
