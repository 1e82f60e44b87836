"""Makes the models of both recognisers from the assistant's training sentences."""

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

Words = tuple[str, ...]
Weighted = tuple[Words, float]
Frequency = Callable[[str], float]
SENTENCES = Path("data/nlu/en")
WORDS = Path("data/voice/en")
_OUTSIDE_COUNTS = 0.3  # a sentence nobody should say to an insurer, beside one that is expected
_OTHER_NUMBERS = 3
_FREQUENT = 5000  # words of everyday English that may be said beside those of the training sentences
_KNOWN = 20_000  # the same where every word costs no more than its place in memory


def train(target: Path | None = None) -> Path:
    """Make the model and return its folder; one that is cut off leaves nothing that looks whole."""
    target = target or trained.current()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix="part-", dir=target.parent))
    try:
        make(part)
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


def make(folder: Path, without: frozenset[Words] = frozenset()) -> None:
    """Everything the recognisers read, in `folder`; `without` these training sentences, to measure with them."""
    sentences = corpus.sentences(trained.ROOT / SENTENCES, lexicon.spellings(trained.ROOT / WORDS / "spellings"))
    said = [sentence for sentence in sentences if sentence.words and sentence.words not in without]
    said += corpus.with_other_numbers(said, _OTHER_NUMBERS)
    weighted = [(it.words, _OUTSIDE_COUNTS if it.intent == corpus.OUTSIDE else 1.0) for it in said]
    known, frequency = lexicon.general(), _frequency()
    everyday = sorted(known, key=frequency, reverse=True)[:_KNOWN]
    _write_words(folder, weighted, everyday, frequency)
    _write_sphinx(folder, weighted, set(everyday[:_FREQUENT]), frequency)
    completeness.write(folder, completeness.learn([sentence.words for sentence in said]))


def _write_words(folder: Path, said: list[Weighted], everyday: list[str], frequency: Frequency) -> None:
    """What moonshine's words are weighed with."""
    words = {word for sentence, _ in said for word in sentence} | set(everyday)
    Trigrams(said, background_of(words, frequency)).write(folder / "words.lm")


def _write_sphinx(folder: Path, said: list[Weighted], everyday: set[str], frequency: Frequency) -> None:
    """A dictionary, and a language model for each kind of question."""
    expected = answers(Texts())
    words = {word for sentence, _ in said for word in sentence} | everyday | set(DIGITS) | set(REPEATED)
    words |= {word for sentences in expected.values() for sentence in sentences for word in sentence}
    by_hand = lexicon.read(trained.ROOT / WORDS / "lexicon")
    pronunciations = lexicon.pronounce(words, by_hand, lexicon.general())
    lexicon.write(folder / "words.dict", pronunciations)
    said = [(sentence, count) for sentence, count in said if all(word in pronunciations for word in sentence)]
    background = background_of(pronunciations, frequency)
    Trigrams(said, background, trust=1.5).write(folder / "free.lm")
    for kind, sentences in expected.items():
        each = sum(count for _, count in said) / len(sentences)
        also = [(sentence, each) for sentence in sentences]
        Trigrams([*said, *also], background, trust=1.5).write(folder / f"{kind}.lm")
    digits = [*DIGITS, *REPEATED]
    Trigrams([((word,) * 3, 1.0) for word in digits], background_of(digits, _often)).write(folder / "digits.lm")


def _often(word: str) -> float:
    """How often a digit is said, or said to be doubled."""
    return 0.2 if word in REPEATED else 1.0


def _frequency() -> Frequency:
    logs = pocketsphinx.LogMath()
    general = pocketsphinx.NGramModel(
        pocketsphinx.Config(lm=None), logs, pocketsphinx.get_model_path("en-us/en-us.lm.bin")
    )

    def of(word: str) -> float:
        value = general.prob([word])
        return max(logs.exp(value) if value > -1e8 else 0.0, 1e-7)

    return of
