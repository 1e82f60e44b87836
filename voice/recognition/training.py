"""Makes the recogniser's models from the assistant's training sentences."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pocketsphinx

from voice import trained
from voice.recognition import completeness, corpus, lexicon
from voice.recognition.answers import answers
from voice.recognition.ngrams import Trigrams, background_of
from voice.recognition.numerals import DIGITS, REPEATED
from voice.texts import Texts

SENTENCES = Path("data/nlu/en")
WORDS = Path("data/voice/en")
_OUTSIDE_COUNTS = 0.3  # a sentence nobody should say to an insurer, beside one that is expected
_OTHER_NUMBERS = 3
_FREQUENT = 5000  # words of everyday English that may be said beside those of the training sentences


def train(target: Path | None = None) -> Path:
    """Make the model and return its folder; one that is cut off leaves nothing that looks whole."""
    target = target or trained.current()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix="part-", dir=target.parent))
    try:
        _make(part)
        part.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        part.replace(target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    os.utime(target)
    for old in trained.forget_old(keep=target):
        shutil.rmtree(old)
    return target


def _make(folder: Path) -> None:
    known, by_hand = lexicon.general(), lexicon.read(trained.ROOT / WORDS / "lexicon")
    said = corpus.sentences(trained.ROOT / SENTENCES, lexicon.spellings(trained.ROOT / WORDS / "spellings"))
    said += corpus.with_other_numbers(said, _OTHER_NUMBERS)
    frequency = _frequency()
    expected = answers(Texts())
    words = {word for sentence in said for word in sentence.words} | set(DIGITS) | set(REPEATED)
    words |= {word for sentences in expected.values() for sentence in sentences for word in sentence}
    words |= set(sorted(known, key=frequency, reverse=True)[:_FREQUENT])
    pronunciations = lexicon.pronounce(words, by_hand, known)
    lexicon.write(folder / "words.dict", pronunciations)
    weighted = [
        (sentence.words, _OUTSIDE_COUNTS if sentence.intent == corpus.OUTSIDE else 1.0)
        for sentence in said
        if all(word in pronunciations for word in sentence.words)
    ]
    background = background_of(pronunciations, lambda word: max(frequency(word), 1e-7))
    Trigrams(weighted, background, trust=1.5).write(folder / "free.lm")
    for kind, sentences in expected.items():
        each = sum(weight for _, weight in weighted) / len(sentences)
        Trigrams([*weighted, *((words, each) for words in sentences)], background, trust=1.5).write(
            folder / f"{kind}.lm"
        )
    completeness.write(folder, completeness.learn([sentence.words for sentence in said if sentence.words]))
    digits = [*DIGITS, *REPEATED]
    Trigrams([((word,) * 3, 1.0) for word in digits], background_of(digits, _often)).write(folder / "digits.lm")


def _often(word: str) -> float:
    """How often a digit is said, or said to be doubled."""
    return 0.2 if word in REPEATED else 1.0


def _frequency() -> Callable[[str], float]:
    logs = pocketsphinx.LogMath()
    general = pocketsphinx.NGramModel(
        pocketsphinx.Config(lm=None), logs, pocketsphinx.get_model_path("en-us/en-us.lm.bin")
    )

    def of(word: str) -> float:
        value = general.prob([word])
        return logs.exp(value) if value > -1e8 else 0.0

    return of
