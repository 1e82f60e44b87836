"""The trained intent model: a linear classifier on embedding and n-grams, its neighbours, its out-of-scope score.

Plain numbers and JSON on disk, no pickle.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bot.nlu.certainty import Certainty
from bot.nlu.crossval import Blend
from bot.nlu.neighbours import blend, nearness, vote
from bot.nlu.ngrams import CharNgrams
from bot.nlu.projection import Projection
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
        choice: Blend,
        arrays: dict[str, np.ndarray],
        certainty: Certainty,
    ) -> None:
        self.intents = list(intents)
        self.scope = scope
        self.certainty = certainty
        self.outside = list(outside)
        self._blend = choice
        self._ngrams = ngrams
        self._arrays = arrays
        self._projection = Projection(arrays["centre"], arrays["basis"])
        self._inside = np.array([name not in set(outside) for name in self.intents])

    def judge(self, text: str, views: np.ndarray) -> Judgement:
        """Classifies one sentence given what the encoder makes of it, shape (views, width)."""
        embedding = self._projection.of(views[None])[0]
        columns, values = self._ngrams.row(text)
        logits = embedding @ self._arrays["dense"] + self._arrays["bias"]
        logits = (logits + values @ self._arrays["sparse"][columns]).astype(np.float64)
        cosines = (self._arrays["examples"] @ embedding)[None, :]
        linear = np.exp(log_softmax(logits / self._blend.temperature))
        counts = self._arrays.get("counts")
        votes = vote(cosines, self._arrays["labels"], len(self.intents), self._blend.width, counts)[0]
        confidence = blend(linear, votes, self._blend.share)
        ranking = [(self.intents[i], float(confidence[i])) for i in np.argsort(-confidence)]
        return Judgement(ranking, self._scope_score(log_softmax(logits), cosines))

    def _scope_score(self, logs: np.ndarray, cosines: np.ndarray) -> float:
        if not self._inside.any():
            return float("-inf")
        top = np.where(self._inside, logs, -np.inf).argmax()
        odds = log_odds(logs[None, :], np.array([top]))[0]
        near = nearness(cosines[:, self._inside[self._arrays["labels"]]])[0]
        return self.scope.score(float(odds), float(near))

    def save(self, folder: Path) -> None:
        """Writes the model into a folder."""
        about = {
            "intents": self.intents,
            "outside": self.outside,
            "scope": self.scope.as_dict(),
            "blend": asdict(self._blend),
            "certainty": self.certainty.as_dict(),
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
            Blend(**about["blend"]),
            arrays,
            Certainty(**about.get("certainty", {})),
        )
