"""What is right and wrong about entities."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.evaluate.pipeline import Asked

Span = tuple[str, int, int]


@dataclass(frozen=True)
class EntityScore:
    """How well one kind of entity is found.

    Attributes:
        entity: its name.
        marked: how many there are.
        precision, recall, f1: with exactly the marked words.
        touched: the share found at all, perhaps with a word more or less.
    """

    entity: str
    marked: int
    precision: float | None
    recall: float | None
    f1: float | None
    touched: float | None


def score_entities(asked: Sequence[Asked]) -> list[EntityScore]:
    """Returns a score for each kind of entity that is marked or found, by name."""
    marked, found, exact, touched = Counter(), Counter(), Counter(), Counter()  # type: ignore[var-annotated]
    for one in asked:
        meant, seen = _spans(one.sentence.entities), _spans(one.entities)
        marked.update(name for name, *_ in meant)
        found.update(name for name, *_ in seen)
        exact.update(name for name, *_ in meant & seen)
        touched.update(span[0] for span in meant if any(_touch(span, other) for other in seen))
    return [
        EntityScore(
            name,
            marked[name],
            exact[name] / found[name] if found[name] else None,
            exact[name] / marked[name] if marked[name] else None,
            2 * exact[name] / (marked[name] + found[name]) if marked[name] else None,
            touched[name] / marked[name] if marked[name] else None,
        )
        for name in sorted({*marked, *found})
    ]


def misread(asked: Sequence[Asked]) -> list[tuple[Asked, list[str], list[str]]]:
    """Returns sentences with what was missed in them and what was found too much, both as `entity: words`."""
    wrong = []
    for one in asked:
        meant, seen = _spans(one.sentence.entities), _spans(one.entities)
        if meant != seen:
            wrong.append((one, _named(one, meant - seen), _named(one, seen - meant)))
    return wrong


def _spans(entities: Sequence[dict]) -> set[Span]:
    return {(entity["entity"], entity["start"], entity["end"]) for entity in entities}


def _touch(one: Span, other: Span) -> bool:
    return one[0] == other[0] and one[1] < other[2] and other[1] < one[2]


def _named(one: Asked, spans: set[Span]) -> list[str]:
    ordered = sorted(spans, key=lambda span: span[1])
    return [f"{name}: {one.sentence.text[start:end]}" for name, start, end in ordered]
