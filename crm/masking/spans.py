"""Where something personal stands in a text."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive) are something of `kind`, such as `PHONE`."""

    start: int
    end: int
    kind: str
    score: float = 1.0


def merged(spans: Iterable[Span]) -> list[Span]:
    """In order and without overlaps: what overlaps becomes one span of the surest kind, so that no end stays bare."""
    joined: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        if joined and span.start < joined[-1].end:
            before = joined[-1]
            surest = max(before, span, key=lambda each: (each.score, each.end - each.start))
            joined[-1] = replace(surest, start=before.start, end=max(before.end, span.end))
        else:
            joined.append(span)
    return joined
