"""What is right and wrong about intents."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import mean, pstdev

from sklearn.metrics import roc_auc_score

from benchmarks.evaluate.pipeline import Asked

OUTSIDE = "out_of_scope"  # one name for all the ways to say "not our business"


@dataclass(frozen=True)
class IntentScore:
    """Precision, recall and F1 of one intent, each None where there is nothing to divide by."""

    intent: str
    sentences: int
    precision: float | None
    recall: float | None
    f1: float | None
    lost_to: list[tuple[str, int]]


@dataclass(frozen=True)
class Mistake:
    """A sentence that was misread."""

    asked: Asked
    meant: str
    taken_for: str


class Verdicts:
    """Answers to a set of sentences, in scope and out of it."""

    def __init__(self, asked: Sequence[Asked], outside: Collection[str]) -> None:
        self.asked = list(asked)
        self._outside = set(outside)
        self.pairs = [(self._name(one.sentence.intent), self._name(one.decided)) for one in self.asked]
        self._confused = Counter(self.pairs)

    @property
    def accuracy(self) -> float:
        """Returns the share of sentences acted on as they were meant."""
        return mean(meant == decided for meant, decided in self.pairs)

    @property
    def spread(self) -> float:
        """Returns the standard deviation of accuracy between folds."""
        by_fold: dict[int, list[bool]] = {}
        for one, (meant, decided) in zip(self.asked, self.pairs, strict=True):
            by_fold.setdefault(one.fold, []).append(meant == decided)
        return pstdev(mean(fold) for fold in by_fold.values())

    @property
    def macro_f1(self) -> float:
        """Returns the mean F1 of the intents that were asked about."""
        return mean(score.f1 or 0.0 for score in self.scores() if score.sentences)

    def intents(self) -> list[str]:
        """Returns all names that were meant or decided, in order of appearance, out of scope last."""
        names = dict.fromkeys([*(meant for meant, _ in self.pairs), *(decided for _, decided in self.pairs)])
        return sorted(names, key=lambda name: name == OUTSIDE)

    def confused(self, meant: str, decided: str) -> int:
        """Returns how many sentences meant one thing and were taken for the other."""
        return self._confused[meant, decided]

    def scores(self) -> list[IntentScore]:
        """Returns the score of each intent, in the order of `intents`."""
        meant, decided = Counter(m for m, _ in self.pairs), Counter(d for _, d in self.pairs)
        found = []
        for name in self.intents():
            right = self._confused[name, name]
            precision = right / decided[name] if decided[name] else None
            recall = right / meant[name] if meant[name] else None
            both = meant[name] + decided[name]
            lost = Counter({d: n for (m, d), n in self._confused.items() if m == name and d != name})
            f1 = 2 * right / both if meant[name] else None
            found.append(IntentScore(name, meant[name], precision, recall, f1, lost.most_common(3)))
        return found

    def mistakes(self) -> list[Mistake]:
        """Returns what was misread, the surest first: those are where data or labels mislead."""
        wrong = [Mistake(one, *pair) for one, pair in zip(self.asked, self.pairs, strict=True) if pair[0] != pair[1]]
        return sorted(wrong, key=lambda mistake: -mistake.asked.confidence)

    def mixed_up(self) -> list[tuple[str, str, int, str]]:
        """Returns pairs (meant, taken for, how often, an example), the most frequent first."""
        first = {(m.meant, m.taken_for): m.asked.sentence.text for m in reversed(self.mistakes())}
        counts = Counter({pair: n for pair, n in self._confused.items() if pair[0] != pair[1]})
        return [(*pair, count, first[pair]) for pair, count in counts.most_common()]

    def scope(self) -> dict[str, float] | None:
        """Returns how well what is out of scope is told from what is in it; None unless there is some of both.

        `rejected` and `caught` are the shares taken for out of scope by the pipeline's own threshold, of sentences in
        and out of scope; `auroc` needs no threshold; `recall_at_5` is what would be caught while rejecting 5 %.
        """
        inside = [
            (one, decided) for one, (meant, decided) in zip(self.asked, self.pairs, strict=True) if meant != OUTSIDE
        ]
        outside = [
            (one, decided) for one, (meant, decided) in zip(self.asked, self.pairs, strict=True) if meant == OUTSIDE
        ]
        if not inside or not outside:
            return None
        known, unknown = [score(one) for one, _ in inside], [score(one) for one, _ in outside]
        cut = sorted(known)[int(0.05 * (len(known) - 1))]
        return {
            "rejected": mean(decided == OUTSIDE for _, decided in inside),
            "caught": mean(decided == OUTSIDE for _, decided in outside),
            "auroc": roc_auc_score([1] * len(known) + [0] * len(unknown), known + unknown),
            "recall_at_5": mean(value < cut for value in unknown),
        }

    def _name(self, intent: str) -> str:
        return OUTSIDE if intent in self._outside else intent


def score(one: Asked) -> float:
    """Returns how surely a sentence is in scope: the pipeline's own score, else its confidence."""
    return one.confidence if one.margin is None else one.margin
