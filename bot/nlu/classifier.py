"""The intent classifier component."""

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.by_script import ModelsByScript
from bot.nlu.embedding import SentenceEmbedding, views_of
from bot.nlu.encoder import one_thread_for_numpy, threads_for_numpy
from bot.nlu.fingerprint import source_hash
from bot.nlu.linear import Judgement, LinearModel
from bot.nlu.repeats import times_said

IN_SCOPE, CERTAINTY = "in_scope", "certainty"
# Matrices of this size gain little from more threads, which wait for each other where others use the processor too.
_TRAINING_THREADS = 2


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class ScopedLinearClassifier(IntentClassifier, GraphComponent):
    """Sets `intent`, `intent_ranking`, `in_scope` and `certainty`; what scores too low becomes `nlu_fallback`.

    A training sentence weighs as much as it occurs (see `bot.nlu.repeats`).

    Settings:
        out_of_scope_intents: names of intents trained on sentences that are not the assistant's business. They
            sharpen the out-of-scope score; a sentence of theirs keeps their name instead of `nlu_fallback`.
        most_rejected: the share of in-scope sentences that may be taken for out of scope (calibrated by
            cross-validation on the training data).
        most_mistaken: the share of intents that may be wrong among those that `certainty` calls sure (found in the
            same cross-validation; see `bot.nlu.certainty`).
        ranking_length: how many intents the ranking lists.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        models: ModelsByScript | None = None,
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._models = models

    @classmethod
    def required_components(cls) -> list[type]:
        """Returns the components that must come earlier in the pipeline."""
        return [SentenceEmbedding]

    @staticmethod
    def required_packages() -> list[str]:
        """Returns the packages whose versions take part in the training cache's key."""
        return ["sklearn", "scipy"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Returns the default settings."""
        return {
            "out_of_scope_intents": ["out_of_scope"],
            "most_rejected": 0.05,
            "most_mistaken": 0.03,
            "ranking_length": 10,
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
    ) -> "ScopedLinearClassifier":
        """Creates an untrained classifier."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "ScopedLinearClassifier":
        """Loads a trained classifier; one that was trained on nothing stays untrained."""
        one_thread_for_numpy()
        try:
            with model_storage.read_from(resource) as folder:
                return cls(config, model_storage, resource, ModelsByScript.load(folder))
        except (ValueError, FileNotFoundError):
            return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Trains on the examples that have an intent and a text."""
        examples = [m for m in training_data.intent_examples if m.get(INTENT) and m.get(TEXT)]
        views = [own for m in examples if (own := views_of(m)) is not None]
        if examples:
            with threads_for_numpy(_TRAINING_THREADS):
                self._models = ModelsByScript.train(
                    [m.get(TEXT) for m in examples],
                    np.stack(views),
                    [m.get(INTENT) for m in examples],
                    self._config["out_of_scope_intents"],
                    self._config["most_rejected"],
                    self._config["most_mistaken"],
                    [times_said(m) for m in examples],
                )
            with self._storage.write_to(self._resource) as folder:
                self._models.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Classifies messages."""
        for message in messages:
            views = views_of(message)
            if self._models and views is not None:
                model = self._models.of(message.get(TEXT))
                self._report(message, model.judge(message.get(TEXT), views), model)
        return messages

    def _report(self, message: Message, judged: Judgement, model: LinearModel) -> None:
        """Writes the judgement into the message, with `nlu_fallback` on top where it applies."""
        ranking: list[dict[str, Any]] = [
            {"name": name, "confidence": confidence}
            for name, confidence in judged.ranking[: self._config["ranking_length"]]
        ]
        in_scope = judged.score >= model.scope.threshold
        if not in_scope and ranking[0]["name"] not in model.outside:
            fallback = {"name": DEFAULT_NLU_FALLBACK_INTENT_NAME, "confidence": 1.0 - ranking[0]["confidence"]}
            ranking.insert(0, fallback)
        message.set(INTENT, ranking[0], add_to_output=True)
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        report = {"score": judged.score, "threshold": model.scope.threshold}
        message.set(IN_SCOPE, report, add_to_output=True)
        message.set(CERTAINTY, model.certainty.as_dict(), add_to_output=True)
