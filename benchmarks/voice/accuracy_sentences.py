"""Sentences that nobody was trained on: drawn from the training data, and taken out of it with all that sound alike."""

import random
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.lint_data.examples import Example, read_folder
from voice.recognition.corpus import spoken_words

NLU = Path("data/nlu")
LANGUAGE = "en"
NOT_INSURANCE = {"smalltalk", "out_of_scope"}
SHORTEST, LONGEST = 4, 14  # words
_WRITTEN = re.compile(r"[^\x00-\x7f]|\d")  # of another language, or with a number in it: those are measured apart


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A sentence as it was typed, its words as they are spoken, and what it means."""

    text: str
    words: tuple[str, ...]
    intent: str


def training_sentences(nlu: Path = NLU) -> list[Example]:
    """All English ones, in the order of the files."""
    return read_folder(nlu / LANGUAGE, nlu)


def drawn(examples: Sequence[Example], spellings: dict[str, str], count: int, seed: int) -> list[HeldOut]:
    """`count` different sentences about insurance, as many of one intent as of another."""
    chance = random.Random(seed)
    by_intent: dict[str, list[HeldOut]] = defaultdict(list)
    for example in examples:
        if example.file.stem not in NOT_INSURANCE and _is_sayable(example.text, spellings):
            by_intent[example.intent].append(HeldOut(example.text, tuple(spoken_words(example.text)), example.intent))
    intents = sorted(by_intent)
    chance.shuffle(intents)
    for own in by_intent.values():
        chance.shuffle(own)
    found: dict[tuple[str, ...], HeldOut] = {}
    while len(found) < count and any(by_intent.values()):
        for intent in intents:
            _take_one(by_intent[intent], found)
    return list(found.values())[:count]


def said_alike(examples: Sequence[Example], spellings: dict[str, str], held_out: Sequence[HeldOut]) -> list[Example]:
    """The training sentences that sound as a held-out one does, whatever their letters and their intent."""
    words = {sentence.words for sentence in held_out}
    return [example for example in examples if tuple(spoken_words(example.text, spellings)) in words]


def _take_one(own: list[HeldOut], found: dict[tuple[str, ...], HeldOut]) -> None:
    while own:
        sentence = own.pop()
        if sentence.words not in found:
            found[sentence.words] = sentence
            return


def _is_sayable(text: str, spellings: dict[str, str]) -> bool:
    """Whether people say it as it is written; who types `pls` says something else."""
    words = spoken_words(text)
    plain = text.replace("’", "'")
    return not _WRITTEN.search(plain) and SHORTEST <= len(words) <= LONGEST and words == spoken_words(plain, spellings)
