"""The knowledge component: which passages answer a message."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.embedding import embedding_of
from bot.nlu.encoder import shared_encoder
from bot.nlu.fingerprint import source_hash
from bot.nlu.passages import Passage, files_in, read_folder
from bot.nlu.retrieval import Hit, PassageIndex, best_threshold, embedded_texts
from bot.nlu.weights import BUNDLED, identity

KNOWLEDGE = "knowledge"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class KnowledgeRetriever(GraphComponent):
    """Puts `knowledge` into the parse output: up to three passages, when the best scores high enough.

    Settings:
        folder, language: passages are read from the Markdown files in `folder/language`; none there, none given.
        model: the sentence encoder, the same as the featurizer's.
        url: where a reader finds the files.
        answered_intents, out_of_scope_intents: whose training examples calibrate the score below which no passage
            is an answer.
        results: how many passages to give.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        index: PassageIndex | None = None,
        threshold: float = 0.0,
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._index = index
        self._threshold = threshold

    @staticmethod
    def required_packages() -> list[str]:
        """Returns the packages whose versions take part in the training cache's key."""
        return ["bm25s"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Returns the default settings."""
        return {
            "folder": "data/knowledge",
            "language": "en",
            "model": BUNDLED,
            "url": "/knowledge",
            "answered_intents": ["ask_knowledge"],
            "out_of_scope_intents": ["out_of_scope"],
            "results": 3,
        }

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Returns the hash of the sources, the knowledge files and the weights."""
        settings = {**cls.get_default_config(), **config}
        return source_hash(identity(settings["model"]), files=files_in(_folder(settings)))

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "KnowledgeRetriever":
        """Creates an empty retriever."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "KnowledgeRetriever":
        """Loads what was indexed; nothing, when there were no files."""
        try:
            with model_storage.read_from(resource) as folder:
                stored = json.loads((folder / "passages.json").read_text("utf-8"))
                vectors = np.load(folder / "vectors.npy", allow_pickle=False)
        except (ValueError, FileNotFoundError):
            return cls(config, model_storage, resource)
        index = PassageIndex([Passage(**fields) for fields in stored["passages"]], vectors)
        return cls(config, model_storage, resource, index, stored["threshold"])

    def train(self, training_data: TrainingData) -> Resource:
        """Indexes the knowledge files and calibrates the score."""
        passages = read_folder(_folder(self._config))
        if passages:
            vectors = shared_encoder(self._config["model"]).encode_many(embedded_texts(passages)[0])
            self._index = PassageIndex(passages, vectors)
            self._threshold = best_threshold(
                self._best_scores(training_data, self._config["answered_intents"]),
                self._best_scores(training_data, self._config["out_of_scope_intents"]),
            )
            self._persist(self._index)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds `knowledge` to the messages it knows something about."""
        for message in messages:
            hits = self._hits(message)
            if hits and hits[0].score >= self._threshold:
                message.set(KNOWLEDGE, [self._as_output(hit) for hit in hits], add_to_output=True)
        return messages

    def _best_scores(self, training_data: TrainingData, intents: list[str]) -> list[float]:
        messages = [m for m in training_data.intent_examples if m.get(INTENT) in intents]
        return [hits[0].score for m in messages if (hits := self._hits(m))]

    def _hits(self, message: Message) -> list[Hit]:
        embedding = embedding_of(message)
        if self._index is None or embedding is None:
            return []
        return self._index.search(message.get(TEXT), embedding, self._config["results"])

    def _persist(self, index: PassageIndex) -> None:
        with self._storage.write_to(self._resource) as folder:
            stored = {"threshold": self._threshold, "passages": [p.as_dict() for p in index.passages]}
            (folder / "passages.json").write_text(json.dumps(stored, ensure_ascii=False), encoding="utf-8")
            np.save(folder / "vectors.npy", index.vectors)

    def _as_output(self, hit: Hit) -> dict[str, Any]:
        passage = hit.passage
        return {
            "id": passage.id,
            "title": passage.title,
            "heading": passage.heading,
            "url": f"{self._config['url']}/{self._config['language']}/{passage.id}",
            "score": round(hit.score, 4),
            "passage": passage.text,
        }


def _folder(config: dict[str, Any]) -> Path:
    return Path(config["folder"]) / config["language"]
