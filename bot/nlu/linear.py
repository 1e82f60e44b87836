"""The trained intent model: a linear classifier on embedding and n-grams, with its out-of-scope score.

Plain numbers and JSON on disk, no pickle.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.nlu.ngrams import CharNgrams
from bot.nlu.scope import Scope, log_odds
from bot.nlu.softmax import log_softmax


@dataclass(frozen=True)
class Judgement:
    """What the model thinks of one sentence.

    Attributes:
        ranking: intents with calibrated confidence, likeliest first.
        score: the out-of-scope score of the likeliest intent that is not an out-of-scope intent.
    """

    ranking: list[tuple[str, float]]
    score: float


class LinearModel:
    """Embedding and n-gram weights per intent, and the training examples' embeddings grouped by intent."""

    def __init__(
        self,
        intents: Sequence[str],
        outside: Sequence[str],
        ngrams: CharNgrams,
        scope: Scope,
        temperature: float,
        arrays: dict[str, np.ndarray],
    ) -> None:
        self.intents = list(intents)
        self.scope = scope
        self.outside = list(outside)
        self._temperature = temperature
        self._ngrams = ngrams
        self._arrays = arrays
        self._inside = np.array([name not in set(outside) for name in self.intents])

    def judge(self, text: str, embedding: np.ndarray) -> Judgement:
        """Classifies one sentence given its unit embedding."""
        logits = embedding @ self._arrays["dense"] + self._arrays["bias"]
        row = self._ngrams.transform([text])
        logits += row.data @ self._arrays["sparse"][row.indices]
        logs = log_softmax(logits.astype(np.float64))
        confidence = np.exp(log_softmax(logits.astype(np.float64) / self._temperature))
        order = np.argsort(-logs)
        ranking = [(self.intents[i], float(confidence[i])) for i in order]
        return Judgement(ranking, self._scope_score(logs, order, embedding))

    def _scope_score(self, logs: np.ndarray, order: np.ndarray, embedding: np.ndarray) -> float:
        inside = [i for i in order if self._inside[i]]
        if not inside:
            return float("-inf")
        odds = log_odds(logs[None, :], np.array(inside[:1]))[0]
        starts = self._arrays["starts"]
        examples = self._arrays["examples"][starts[inside[0]] : starts[inside[0] + 1]]
        nearness = float((examples @ embedding).max()) if len(examples) else 0.0
        return self.scope.score(float(odds), nearness)

    def save(self, folder: Path) -> None:
        """Writes the model into a folder."""
        about = {
            "intents": self.intents,
            "outside": self.outside,
            "scope": self.scope.as_dict(),
            "temperature": self._temperature,
        }
        (folder / "model.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")
        np.savez(folder / "arrays.npz", **self._arrays)  # type: ignore[arg-type]
        self._ngrams.save(folder)

    @classmethod
    def load(cls, folder: Path) -> "LinearModel":
        """Reads what `save` wrote; raises `FileNotFoundError` when nothing was trained."""
        about = json.loads((folder / "model.json").read_text("utf-8"))
        with np.load(folder / "arrays.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return cls(
            about["intents"],
            about["outside"],
            CharNgrams.load(folder),
            Scope(**about["scope"]),
            about["temperature"],
            arrays,
        )
