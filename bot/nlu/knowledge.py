"""The knowledge component: which passages answer a message, in the message's language."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
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
from bot.nlu.encoder import SentenceEncoder, shared_encoder
from bot.nlu.evidence import Confidence, calibrate
from bot.nlu.fingerprint import source_hash
from bot.nlu.language import identifier
from bot.nlu.passages import Passage, files_in, languages_in, read_folder
from bot.nlu.retrieval import PassageIndex, Search, embedded_texts
from bot.nlu.weights import BUNDLED, identity

KNOWLEDGE, LANGUAGE = "knowledge", "language"
_SAMPLE = 40
_KNOWS_LANGUAGE = (
    0.5  # of 40 headings, the default encoder leads four in five to their text in English, one in five in Chinese
)


@dataclass(frozen=True)
class Library:
    """The passages of one language and how sure their scores make."""

    index: PassageIndex
    confidence: Confidence


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class KnowledgeRetriever(GraphComponent):
    """Puts `knowledge` into the parse output: up to three passages, when the best may be an answer.

    Each has a `score` (for the order), the list's `confidence` that the first one answers, and `certain`: true for
    the first when it is to be given as the answer. A list without a certain one is for asking what was meant.

    Settings:
        folder: passages are read from the Markdown files in its folders, one for each language.
        language: whose passages answer a message in a language that has none, or in no recognisable one.
        model: the sentence encoder, the same as the featurizer's.
        lexical_weights: how much words count beside meaning, by language; `other` for those not named. Chosen on the
            development exams in `tests/knowledge`: to the default encoder, Chinese comes word for word in English,
            so that meaning tells less. An encoder that knows Chinese wants the same weight for both.
        url: where a reader finds the files.
        answered_intents, out_of_scope_intents: whose training examples calibrate the confidence.
        most_lost: the share of questions with an answer that may be told "I don't know".
        most_wrong: the share of questions without an answer that may be given one (calibrated, like `most_lost`, on
            the training examples and the headings).
        results: how many passages to give.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        libraries: Mapping[str, Library] | None = None,
    ) -> None:
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._libraries = dict(libraries or {})

    @staticmethod
    def required_packages() -> list[str]:
        """Returns the packages whose versions take part in the training cache's key."""
        return ["bm25s", "sklearn"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Returns the default settings."""
        return {
            "folder": "data/knowledge",
            "language": "en",
            "model": BUNDLED,
            "lexical_weights": {"zh": 1.5, "other": 0.2},
            "url": "/knowledge",
            "answered_intents": ["ask_knowledge"],
            "out_of_scope_intents": ["out_of_scope"],
            "most_lost": 0.1,
            "most_wrong": 0.3,
            "results": 3,
        }

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Returns the hash of the sources, the knowledge files and the weights."""
        settings = {**cls.get_default_config(), **config}
        folders = [Path(settings["folder"]) / language for language in languages_in(Path(settings["folder"]))]
        return source_hash(
            identity(settings["model"]),
            *(folder.name for folder in folders),
            files=[file for folder in folders for file in files_in(folder)],
        )

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
                libraries = {code: _restored(fields, _vectors(folder, code)) for code, fields in stored.items()}
        except (ValueError, FileNotFoundError):
            return cls(config, model_storage, resource)
        return cls(config, model_storage, resource, libraries)

    def train(self, training_data: TrainingData) -> Resource:
        """Indexes the knowledge files and calibrates the confidence, language by language."""
        folder = Path(self._config["folder"])
        encoder = shared_encoder(self._config["model"])
        for language in languages_in(folder):
            passages = read_folder(folder / language)
            if passages:
                vectors = None
                if knows_language(encoder, passages):
                    vectors = _encoded(self._config["model"], tuple(embedded_texts(passages)[0]))
                index = PassageIndex(passages, vectors, self._lexical_weight(language))
                self._libraries[language] = Library(index, Confidence.usual())
        for language, library in self._libraries.items():
            confidence = self._calibrated(library.index, language, training_data, encoder)
            self._libraries[language] = Library(library.index, confidence)
        if self._libraries:
            self._persist()
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds `knowledge` to the messages it may know something about."""
        for message in messages:
            language = self._language(message)
            if language not in self._libraries or not message.get(TEXT):
                continue
            library = self._libraries[language]
            search = self._search(message, library.index)
            confidence = library.confidence.of(search.evidence)
            if search.hits and confidence >= library.confidence.offered:
                certain = confidence >= library.confidence.certain
                message.set(KNOWLEDGE, self._as_output(search, language, confidence, certain), add_to_output=True)
        return messages

    def _language(self, message: Message) -> str:
        """The message's language if there are passages in it, else the default one."""
        told = message.get(LANGUAGE)
        code = told.get("code") if isinstance(told, dict) else told
        if not code:
            code = identifier().identify(message.get(TEXT) or "", self._config["language"]).code
        return code if code in self._libraries else self._config["language"]

    def _lexical_weight(self, language: str) -> float:
        weights = self._config["lexical_weights"]
        return float(weights.get(language, weights["other"]))

    def _search(self, message: Message, index: PassageIndex) -> Search:
        return index.search(message.get(TEXT), embedding_of(message), self._config["results"])

    def _calibrated(
        self, index: PassageIndex, language: str, training_data: TrainingData, encoder: SentenceEncoder
    ) -> Confidence:
        examples = [m for m in training_data.intent_examples if m.get(TEXT) and self._language(m) == language]

        def evidence(intents: Iterable[str]) -> list[np.ndarray]:
            return [self._search(m, index).evidence for m in examples if m.get(INTENT) in intents]

        headings = [passage.heading for passage in index.passages]
        vectors = [None] * len(headings) if index.vectors is None else list(encoder.encode_many(headings))
        unanswered = [
            index.search(heading, vector, without=[number]).evidence
            for number, (heading, vector) in enumerate(zip(headings, vectors, strict=True))
        ]
        unanswered += evidence(self._config["out_of_scope_intents"])
        answered = evidence(self._config["answered_intents"])
        return calibrate(answered, unanswered, self._config["most_lost"], self._config["most_wrong"])

    def _persist(self) -> None:
        with self._storage.write_to(self._resource) as folder:
            stored = {
                language: {
                    "passages": [passage.as_dict() for passage in library.index.passages],
                    "lexical": library.index.lexical,
                    "confidence": library.confidence.as_dict(),
                }
                for language, library in self._libraries.items()
            }
            (folder / "passages.json").write_text(json.dumps(stored, ensure_ascii=False), encoding="utf-8")
            for language, library in self._libraries.items():
                if library.index.vectors is not None:
                    np.save(folder / f"vectors_{language}.npy", library.index.vectors)

    def _as_output(self, search: Search, language: str, confidence: float, certain: bool) -> list[dict[str, Any]]:
        return [
            {
                "id": hit.passage.id,
                "title": hit.passage.title,
                "heading": hit.passage.heading,
                "url": f"{self._config['url']}/{language}/{hit.passage.id}",
                "score": round(hit.score, 4),
                "confidence": round(confidence, 4),
                "certain": certain and place == 0,
                "passage": hit.passage.text,
            }
            for place, hit in enumerate(search.hits)
        ]


def knows_language(encoder: SentenceEncoder, passages: list[Passage]) -> bool:
    """Whether the encoder leads most headings of a sample to their own texts."""
    sample = [passages[i] for i in _sample(len(passages), _SAMPLE)]
    vectors = encoder.encode_many([p.heading for p in sample] + [p.text for p in sample])
    headings, texts = np.split(vectors, 2)
    right = (headings @ texts.T).argmax(axis=1) == np.arange(len(sample))
    return bool(right.mean() >= _KNOWS_LANGUAGE)


@lru_cache(maxsize=4)
def _encoded(model: str, texts: tuple[str, ...]) -> np.ndarray:
    """The texts' vectors; kept, because a process that trains again mostly trains on the same files."""
    return shared_encoder(model).encode_many(texts)


def _sample(available: int, wanted: int) -> list[int]:
    """That many numbers below `available`, evenly spread; all of them where there are no more."""
    return sorted({int(i) for i in np.linspace(0, available - 1, min(wanted, available))})


def _restored(fields: dict[str, Any], vectors: np.ndarray | None) -> Library:
    passages = [Passage(**{**passage, "asked": tuple(passage["asked"])}) for passage in fields["passages"]]
    return Library(PassageIndex(passages, vectors, fields["lexical"]), Confidence.from_dict(fields["confidence"]))


def _vectors(folder: Path, language: str) -> np.ndarray | None:
    file = folder / f"vectors_{language}.npy"
    return np.load(file, allow_pickle=False) if file.exists() else None
