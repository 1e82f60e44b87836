"""The sentences an evaluation asks about, and how they are dealt out for cross-validation."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.loading import load_data
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.lint_data.examples import read_folder


@dataclass(frozen=True)
class Sentence:
    """A sentence, what it means, and where it is written down (`file:line`)."""

    text: str
    intent: str
    language: str
    place: str
    message: Message

    @property
    def entities(self) -> list[dict]:
        """Returns the entities marked in it."""
        return self.message.get(ENTITIES, [])


@dataclass(frozen=True)
class Corpus:
    """Sentences of one folder, in the order of its files, with the synonyms and patterns that stand beside them."""

    sentences: list[Sentence]
    data: TrainingData

    def part(self, sentences: Sequence[Sentence]) -> TrainingData:
        """Returns training data of some of the sentences."""
        return TrainingData(
            [sentence.message for sentence in sentences],
            entity_synonyms=self.data.entity_synonyms,
            regex_features=self.data.regex_features,
            lookup_tables=self.data.lookup_tables,
        )


def read(folder: Path) -> Corpus:
    """Returns the sentences below a folder that has a folder for each language; none where it is absent."""
    sentences: list[Sentence] = []
    data = TrainingData()
    for language in sorted(path for path in folder.glob("*") if path.is_dir()):
        found = load_data(str(language))
        data = data.merge(found)
        written = read_folder(language, folder)
        places = {(example.text, example.intent): example.place for example in written}
        order = {place: number for number, place in enumerate(places.values())}
        known = [m for m in found.intent_examples if m.get(TEXT) and m.get(INTENT)]
        own = [
            Sentence(m.get(TEXT), m.get(INTENT), language.name, places.get((m.get(TEXT), m.get(INTENT)), ""), m)
            for m in known
        ]
        sentences += sorted(own, key=lambda sentence: order.get(sentence.place, len(order)))
    return Corpus(sentences, data)


def folds(sentences: Sequence[Sentence], count: int) -> Iterator[tuple[list[Sentence], list[Sentence]]]:
    """Yields (training, held out) so that each sentence is held out once and every fold has its share of each intent.

    Intents of a language with fewer sentences than folds are simply absent from some of them.
    """
    rows = defaultdict(list)
    for number, sentence in enumerate(sentences):
        rows[sentence.language, sentence.intent].append(number)
    shuffle = random.Random(0)
    fold_of = [0] * len(sentences)
    dealt = 0
    for own in rows.values():
        shuffle.shuffle(own)
        for number in own:
            fold_of[number] = dealt % count
            dealt += 1
    for fold in range(count):
        held_out = [s for s, own in zip(sentences, fold_of, strict=True) if own == fold]
        yield [s for s, own in zip(sentences, fold_of, strict=True) if own != fold], held_out
