"""How likely callers say a word after others, also while only its first letters are written.

The network writes pieces of words. What a piece costs is what the letters so far cost: the probability of all words
that begin with them. When the word is whole, that is taken back, and the word itself is paid for after its
predecessors. Source: Ortmanns et al., Language-model look-ahead for large vocabulary speech recognition (ICSLP 1996).
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import exp, log
from pathlib import Path

from voice.recognition.ngrams import END, START, Trigrams, background_of, read

_STRANGE = log(1e-6)  # a word that is not in the model: a name, most often
_LETTER = -1.5  # each of its letters beyond the third
_SHORT = 3
History = tuple[str, str]
BEGIN: History = (START, START)


class Words:
    """A trigram model of what callers say; everything in natural logarithms."""

    def __init__(self, folder: Path) -> None:
        self._grams = read(folder / "words.lm")
        begun: dict[str, float] = defaultdict(float)
        for gram, (value, _) in self._grams.items():
            if len(gram) == 1 and gram[0] not in (START, END):
                for length in range(1, len(gram[0]) + 1):
                    begun[gram[0][:length]] += exp(value)
        self._begun = {letters: log(share) for letters, share in begun.items()}

    def after(self, history: History, word: str) -> float:
        """Of `word` (or the end) after the last two."""
        return self._of((*history, word)) if (word,) in self._grams else self._strange(word)

    def begun(self, letters: str) -> float:
        """Of any word that begins with these letters."""
        found = self._begun.get(letters)
        return self._strange(letters) if found is None else found

    def _of(self, gram: tuple[str, ...]) -> float:
        found = self._grams.get(gram)
        if found is not None:
            return found[0]
        shorter = self._grams.get(gram[:-1])
        return (shorter[1] if shorter else 0.0) + self._of(gram[1:])

    def _strange(self, letters: str) -> float:
        return _STRANGE + _LETTER * max(0, len(letters) - _SHORT)


class Expected:
    """What is said in answer to a question, beside what is said anyhow."""

    def __init__(self, words: Words, answers: Iterable[tuple[Sequence[str], float]], share: float = 0.5) -> None:
        """`answers`: words, and how much they count; `share`: how much of all probability they have."""
        said = [(tuple(answer), count) for answer, count in answers if answer]
        self._words, self._mine, self._others = words, log(share), log(1 - share)
        once = {word for answer, _ in said for word in answer}
        self._trigrams = Trigrams(said, background_of(once, lambda _: 1.0))
        begun: dict[str, float] = defaultdict(float)
        for word in once:
            for length in range(1, len(word) + 1):
                begun[word[:length]] += self._trigrams.probability(word)
        self._begun = begun

    def after(self, history: History, word: str) -> float:
        """Of `word` (or the end) after the last two."""
        return self._mixed(self._trigrams.probability(word, history), self._words.after(history, word))

    def begun(self, letters: str) -> float:
        """Of any word that begins with these letters."""
        return self._mixed(self._begun.get(letters, 0.0), self._words.begun(letters))

    def _mixed(self, mine: float, others: float) -> float:
        others += self._others
        return log(exp(self._mine) * mine + exp(others)) if mine else others
