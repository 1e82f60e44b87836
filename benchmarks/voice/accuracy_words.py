"""How far what was heard is from what was said: words made comparable, errors counted, and how sure the figures are."""

from collections.abc import Hashable, Iterable, Iterator, Sequence

import numpy as np

from voice.recognition.corpus import spoken_words

_RESAMPLED = 2000
_SEED = 20261123
_SPELLINGS = """
adviser advisor, mum mom, jewellery jewelry, tyre tire, cheque check, licence license, mould mold, enrol enroll,
kerb curb, grey gray, storey story, programme program, practise practice, instalment installment, fulfil fulfill,
centre center, colour color, favour favor, favourite favorite, honour honor, labour labor, neighbour neighbor,
cancelled canceled, cancelling canceling, travelled traveled, travelling traveling, authorise authorize,
organise organize, realise realize, recognise recognize, apologise apologize, summarise summarize,
vandalise vandalize, specialise specialize, ok okay, okey okay, ma'am madam
"""
_PHRASES = {"gonna": "going to", "wanna": "want to", "gotta": "got to", "cannot": "can not"}
_IS = {"it", "that", "what", "there", "who", "where", "when", "how", "here", "he", "she"}
_SHORT = {"'m": "am", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would"}
_IRREGULAR = {"can't": "can not", "won't": "will not", "let's": "let us"} | _PHRASES


def comparable(text: str) -> list[str]:
    """The words of a text as they count: numbers spelled out, contractions expanded, one of two spellings.

    Applied to what was said and to what any engine heard. Made in the manner of Whisper's normaliser of English
    (https://github.com/openai/whisper, `whisper/normalizers/english.py`), with the spellings of our own sentences.

    >>> comparable("I'd like to speak to an adviser, OK?")
    ['i', 'would', 'like', 'to', 'speak', 'to', 'an', 'advisor', 'okay']
    """
    words = [part for word in spoken_words(text) for part in _expanded(word.strip("'"))]
    return [_SAME.get(word, word) for word in words]


def errors_of_words(said: str, heard: str) -> tuple[int, int]:
    """Errors in what was heard, and the words that were said; some write in two words what others write in one.

    >>> errors_of_words("there's a letterbox", "there is a letter box")
    (0, 4)
    """
    meant, got = comparable(said), comparable(heard)
    meant, got = list(_joined(meant, set(got))), list(_joined(got, set(meant)))
    return errors(meant, got), len(meant)


def _expanded(word: str) -> list[str]:
    if word in _IRREGULAR:
        return _IRREGULAR[word].split()
    if word.endswith("n't"):
        return [word.removesuffix("n't"), "not"]
    owner = word.removesuffix("'s")
    if owner != word and owner in _IS:
        return [owner, "is"]
    for ending, whole in _SHORT.items():
        if word.endswith(ending) and word != ending:
            return [word.removesuffix(ending), whole]
    return [word]


def _forms(one: str, other: str) -> Iterator[tuple[str, str]]:
    """Of two spellings, also with endings: neighbours, neighbour's, vandalised, organising."""
    yield from ((one + ending, other + ending) for ending in ("", "s", "'s"))
    if one.endswith("e") and other.endswith("e"):
        yield from ((one + ending, other + ending) for ending in ("d", "r", "rs"))
        yield one[:-1] + "ing", other[:-1] + "ing"


def _joined(words: list[str], known: set[str]) -> Iterator[str]:
    """Two words as one, where that one is `known`."""
    at = 0
    while at < len(words):
        pair = "".join(words[at : at + 2])
        yield pair if pair in known else words[at]
        at += 2 if pair in known and pair != words[at] else 1


def errors(said: Sequence[Hashable], heard: Sequence[Hashable]) -> int:
    """The fewest words (or digits) put in, left out or taken for others: Levenshtein's distance."""
    row = list(range(len(heard) + 1))
    for number, one in enumerate(said, 1):
        before, row[0] = row[0], number
        for place, other in enumerate(heard, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (one != other))
    return row[-1]


def auc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """How often one of `higher` is above one of `lower`, ties half: 0.5 is chance; nan when either is empty."""
    if not len(higher) or not len(lower):
        return float("nan")
    difference = np.asarray(higher, float)[:, None] - np.asarray(lower, float)[None, :]
    return float(np.mean(difference > 0) + np.mean(difference == 0) / 2)


def between(counts: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """A 95 % interval of a share; `counts` are its numerator and denominator for each independent thing measured.

    Sentences are drawn again with all their voices (cluster bootstrap): a sentence hard to hear is so in every voice.
    """
    table = np.asarray(list(counts), float)
    if not len(table):
        return float("nan"), float("nan")
    drawn = np.random.default_rng(_SEED).integers(0, len(table), (_RESAMPLED, len(table)))
    sums = table[drawn].sum(axis=1)
    low, high = np.percentile(sums[:, 0] / np.maximum(sums[:, 1], 1e-9), (2.5, 97.5))
    return float(low), float(high)


_SAME = {form: same for pair in _SPELLINGS.split(",") for form, same in _forms(*pair.split())}
