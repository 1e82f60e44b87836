"""Tokens from spaCy's rules for a language, without a trained pipeline, and from jieba for Chinese."""

from collections.abc import Iterator
from typing import Any

import spacy
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from bot.nlu import segmentation
from bot.nlu.fingerprint import source_hash
from bot.nlu.script import HAN_RUN


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class SpacyRuleTokenizer(Tokenizer):
    """Splits texts with `spacy.blank(language)`, and the Chinese in them into words.

    Settings:
        language: a spaCy language code.
        chinese: whether to split Chinese into words; its dictionary takes a second to load and 70 MB.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        self._split = spacy.blank(config["language"]).tokenizer
        self._chinese = bool(config["chinese"])
        if self._chinese:
            list(segmentation.words("我"))  # loads the dictionary now rather than with the first message

    @staticmethod
    def required_packages() -> list[str]:
        """Returns the packages whose versions take part in the training cache's key."""
        return ["spacy", "jieba"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Returns the default settings."""
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "language": "en",
            "chinese": True,
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
        return self._apply_token_pattern(list(self._tokens(message.get(attribute))) or [Token("", 0)])

    def _tokens(self, text: str) -> Iterator[Token]:
        position = 0
        for run in HAN_RUN.finditer(text) if self._chinese else ():
            yield from self._others(text[position : run.start()], position)
            for word, start in segmentation.words(run.group()):
                yield Token(word, run.start() + start)
            position = run.end()
        yield from self._others(text[position:], position)

    def _others(self, text: str, start: int) -> Iterator[Token]:
        for token in self._split(text):
            if not token.is_space:
                yield Token(token.text, start + token.idx)
