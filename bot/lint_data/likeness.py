"""Sentences that are nearly the same.

Likeness is the mean of two cosine similarities: of the sentences' embeddings (the same meaning) and of their tf-idf
weighted character n-grams (the same letters). Either alone misleads: "is dental in my plan" and "add dental to my plan"
mean much the same to the encoder, "what is my excess" and "who is my agent" share most short n-grams.

At 0.9 the pairs found in our own data differ by a filler word or a letter ("pay my premium", "pay premium"); at 0.85
people have already phrased it anew ("life insurance", "do you do life insurance"), and that is what examples are for.

A cosine is at most 1, so a pair can reach the limit only if its n-grams reach twice the limit less one: that leaves a
few hundred sentences to embed instead of all.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.lint_data.examples import Example, fold
from bot.lint_data.findings import WARNING, Finding

LIMIT = 0.9
_ROWS = 500  # of the similarity matrix at a time
Embed = Callable[[Sequence[str]], np.ndarray]
Pair = tuple[int, int, float]


def near_duplicates(
    examples: Sequence[Example], exam: Sequence[Example], embed: Embed, embedded: Callable[[str], bool]
) -> Iterator[Finding]:
    """Warns of sentences that are nearly the same as an earlier one of their language, or as one of the exam.

    Args:
        examples: training examples.
        exam: exam sentences.
        embed: gives the unit vectors of many sentences.
        embedded: whether the encoder knows a language; n-grams alone decide where it does not.
    """
    by_language = defaultdict(list)
    for example in [*exam, *examples]:
        by_language[example.language].append(example)
    questions = set(exam)
    for language, own in sorted(by_language.items()):
        for earlier, later, likeness in _alike([e.text for e in own], embed if embedded(language) else None):
            if own[later] not in questions:
                yield _finding(own[earlier], own[later], likeness, own[earlier] in questions)


def _finding(earlier: Example, later: Example, likeness: float, in_exam: bool) -> Finding:
    if in_exam:
        other = f"the exam's {earlier.text!r}"
    else:
        other = f"{earlier.text!r}" + (f", which is {earlier.intent}" if earlier.intent != later.intent else "")
    about = f"{later.text!r} ({later.intent}) is nearly {other}: {likeness:.2f}, {earlier.place}"
    return Finding(later.file, later.line, WARNING, about)


def _alike(texts: list[str], embed: Embed | None) -> Iterator[Pair]:
    """Yields pairs at or above the limit, without those that are the same when folded."""
    if len(texts) < 2:
        return
    folded = [fold(text) for text in texts]
    pairs = list(_by_ngrams(folded, 2 * LIMIT - 1 if embed else LIMIT))
    if not embed:
        yield from pairs
        return
    rows = sorted({row for pair in pairs for row in pair[:2]})
    vectors = dict(zip(rows, embed([texts[row] for row in rows]), strict=True)) if rows else {}
    for one, other, ngrams in pairs:
        likeness = (ngrams + float(vectors[one] @ vectors[other])) / 2
        if likeness >= LIMIT:
            yield one, other, likeness


def _by_ngrams(folded: list[str], limit: float) -> Iterator[Pair]:
    # Every n-gram counts, also one seen once: without its rare characters a short sentence is like any other.
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, dtype=np.float32)
    matrix = letters.fit_transform(folded)
    for start in range(0, len(folded), _ROWS):
        similar = (matrix[start : start + _ROWS] @ matrix.T).toarray()
        for row, column in zip(*np.nonzero(similar >= limit), strict=True):
            one, other = start + int(row), int(column)
            if one < other and folded[one] != folded[other]:
                yield one, other, float(similar[row, column])
