"""A trigram language model in ARPA form: interpolated Witten-Bell estimates over a background model.

`pocketsphinx.lm.ArpaBoLM`, the builder in the recogniser's wheel, takes half of every history's probability away,
whatever was seen after it. Witten and Bell's estimate takes as much as the history deserves: little after "I want",
which was seen often with few successors, much after a word seen once. What is taken goes to the shorter history, and at
the end to a general model of English, so that a word outside the training sentences can still be heard.

Source: Chen and Goodman, An empirical study of smoothing techniques for language modeling (1999), section 2.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import log, log10
from pathlib import Path

START, END = "<s>", "</s>"
Gram = tuple[str, ...]
_LOWEST = -9.0
_NATURAL = log(10)


class Trigrams:
    """Counts of word sequences, and the probabilities they suggest."""

    def __init__(
        self,
        sentences: Iterable[tuple[Sequence[str], float]],
        background: dict[str, float],
        *,
        trust: float = 1.0,
        background_trust: float = 1.0,
    ) -> None:
        """Counts `sentences` (their words, and how much each counts).

        Args:
            background: probability of every word that can be heard; sums to at most 1.
            trust: scales what is taken for the shorter history: below 1, what was seen is trusted more.
            background_trust: the same for single words against `background`.
        """
        self._counts: list[dict[Gram, float]] = [defaultdict(float) for _ in range(3)]
        for words, weight in sentences:
            padded = (START, *words, END)
            for end in range(1, len(padded)):
                for order in range(3):
                    if end - order >= 0:
                        self._counts[order][tuple(padded[end - order : end + 1])] += weight
        self._trust = (background_trust, trust, trust)
        self._totals: list[dict[Gram, float]] = [defaultdict(float) for _ in range(3)]
        self._kinds: list[dict[Gram, int]] = [defaultdict(int) for _ in range(3)]
        for order in range(3):
            for gram, count in self._counts[order].items():
                self._totals[order][gram[:-1]] += count
                self._kinds[order][gram[:-1]] += 1
        self._background = background

    def probability(self, word: str, history: Sequence[str] = ()) -> float:
        """Of `word` after the last two words of `history`."""
        return self._of((*tuple(history)[-2:], word))

    def perplexity(self, sentences: Iterable[Sequence[str]]) -> float:
        """Of sentences, ends included: how many words the model hesitates between."""
        total, count = 0.0, 0
        for words in sentences:
            padded = (START, *words, END)
            for end in range(1, len(padded)):
                total -= log10(max(self._of(tuple(padded[max(0, end - 2) : end + 1])), 1e-12))
                count += 1
        return float(10 ** (total / max(count, 1)))

    def _of(self, gram: Gram) -> float:
        order = len(gram) - 1
        shorter = self._of(gram[1:]) if order else self._background.get(gram[0], 0.0)
        share = self._share(gram[:-1])
        if share is None:
            return shorter
        return (1 - share) * self._counts[order].get(gram, 0.0) / self._totals[order][gram[:-1]] + share * shorter

    def _share(self, history: Gram) -> float | None:
        """Of a history's probability that goes to the shorter history; None when it was never seen."""
        order = len(history)
        total = self._totals[order].get(history)
        if not total:
            return None
        kinds = self._kinds[order][history] * self._trust[order]
        return kinds / (kinds + total)

    def write(self, path: Path) -> None:
        """As ARPA text, which every decoder reads; start words have no probability of their own."""
        grams = [sorted(counts) for counts in self._counts]
        grams[0] = sorted({(word,) for word in self._background} | set(grams[0]) | {(START,)})
        with path.open("w", encoding="ascii") as out:
            out.write("\\data\\\n" + "".join(f"ngram {n}={len(found)}\n" for n, found in enumerate(grams, 1)))
            for order, found in enumerate(grams):
                out.write(f"\n\\{order + 1}-grams:\n")
                out.writelines(self._line(gram, last=order == 2) for gram in found)
            out.write("\n\\end\\\n")

    def _line(self, gram: Gram, *, last: bool) -> str:
        value = -99.0 if gram == (START,) else max(log10(max(self._of(gram), 1e-9)), _LOWEST)
        back_off = "" if last else f" {log10(self._share(gram) or 1.0):.4f}"
        return f"{value:.4f} {' '.join(gram)}{back_off}\n"


def background_of(words: Iterable[str], probability: Callable[[str], float]) -> dict[str, float]:
    """A model of single words that sums to 1 with the sentence end, from any score of a word."""
    scores = {word: probability(word) for word in {*words, END}}
    total = sum(scores.values())
    return {word: score / total for word, score in scores.items()}


def read(path: Path) -> dict[Gram, tuple[float, float]]:
    """The model in an ARPA file: logarithm of the probability, and of what a longer history gives away, by gram."""
    found: dict[Gram, tuple[float, float]] = {}
    order = 0
    with path.open(encoding="ascii") as lines:
        for line in lines:
            if line.startswith("\\"):
                order = int(line[1]) if line[1].isdigit() else 0
            elif order and line.strip():
                value, *words = line.split()
                back_off = float(words.pop()) if len(words) > order else 0.0
                found[tuple(words)] = (float(value) * _NATURAL, back_off * _NATURAL)
    return found
