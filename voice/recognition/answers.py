"""What callers answer to a question that expects something: sentences for the decoders of such questions."""

from collections.abc import Iterator
from random import Random

from voice.recognition.numerals import as_words, ordinal, year
from voice.texts import Texts

Words = tuple[str, ...]
_LANGUAGE = "en"
_WISHES = ("repeat", "slower", "faster", "back", "person")
_BEFORE_DATES = ("", "", "", "it's", "on", "i was born on", "my birthday is", "it was on")
_LAST_YEAR = 2030


def answers(texts: Texts, seed: int = 7) -> dict[str, list[Words]]:
    """Sentences by kind of question (`voice.ports.Kind`); digits have a decoder of their own."""
    random = Random(seed)
    wishes = [tuple(phrase.split()) for key in _WISHES for phrase in texts.words(_LANGUAGE, f"hear.{key}")]
    wishes += [("help",), ("stop",), ("i", "don't", "know"), ("i", "don't", "have", "it")]
    yes_no = [tuple(phrase.split()) for key in ("yes", "no") for phrase in texts.words(_LANGUAGE, f"hear.{key}")]
    plain = [*[("yes",), ("no",)] * 20, *[("yes", "please"), ("no", "thank", "you"), ("no", "thanks")] * 4]
    return {
        "yes_no": [*plain * 2, *yes_no * 3, *wishes],
        "date": [_date(random) for _ in range(4000)] + wishes,
        "choice": [*(words for words in _choices() for _ in range(3)), *yes_no, *wishes],
    }


def _date(random: Random) -> Words:
    day, number = random.randint(1, 31), random.randint(1, 12)
    name = random.choice(_MONTHS)
    spoken = year(random.randint(1930, _LAST_YEAR))
    nth = ordinal(day).split()
    said = random.choice(
        [
            ["the", *nth, "of", name, *spoken],
            [*nth, "of", name, *spoken],
            [name, *nth, *spoken],
            [name, "the", *nth, *spoken],
            [name, *as_words(day), *spoken],
            [*as_words(day), name, *spoken],
            [*as_words(day), *as_words(number), *spoken],
            [*nth, name],
        ]
    )
    return (*random.choice(_BEFORE_DATES).split(), *said)


def _choices() -> Iterator[Words]:
    """An option by its number."""
    for number in range(1, 10):
        (name,), nth = as_words(number), ordinal(number)
        yield from ((name,), ("option", name), ("number", name), ("the", nth), ("the", nth, "one"), ("press", name))


_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
