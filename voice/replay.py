"""Recognition run once more on what callers said, to see what a change of the recogniser is worth."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from crm.domain.calls import Recording
from voice.ports import Ears, Expectation, Kind, Option

_PIECE = 0.02  # seconds fed at once, as a telephone sends them


@dataclass(frozen=True, slots=True)
class Replayed:
    """One utterance: the words heard in the call, and those heard now.

    Attributes:
        seq: the number of its message in the conversation.
        seconds: how long it is.
        confidence: of the words heard now.
        errors: words inserted, left out or replaced between before and now; `words` those heard before.
    """

    seq: int
    seconds: float
    before: str
    now: str
    understood: bool
    confidence: float
    errors: int
    words: int


async def replay(
    ears: Ears, recordings: Iterable[Recording], language: str, rate: int
) -> AsyncGenerator[Replayed, None]:
    """Each recording heard anew, with what its question expected.

    Raises:
        EngineUnavailable: no engine knows the language.
        EngineFailed: the engine died.
    """
    recogniser = await ears.open(language, rate)
    try:
        for recording in recordings:
            await recogniser.start(expectation(recording.expected))
            step = 2 * round(rate * _PIECE)
            for start in range(0, len(recording.pcm), step):
                await recogniser.feed(recording.pcm[start : start + step])
            heard = await recogniser.finish()
            before, now = recording.heard.split(), heard.text.split() if heard.understood else []
            yield Replayed(
                seq=recording.seq,
                seconds=len(recording.pcm) / (2 * rate),
                before=recording.heard,
                now=heard.text,
                understood=heard.understood,
                confidence=heard.confidence,
                errors=distance(before, now),
                words=len(before),
            )
    finally:
        await recogniser.close()


def expectation(told: Mapping[str, Any] | None) -> Expectation:
    """What the question expected, as it was kept; names that this program does not know are left out."""
    if told is None:
        return Expectation()
    known = {field.name for field in fields(Expectation)}
    values = {name: value for name, value in told.items() if name in known}
    values["kind"] = Kind(values.get("kind", Kind.FREE))
    values["options"] = tuple(Option(**each) for each in values.get("options", ()))
    return Expectation(**values)


def distance(first: Sequence[str], second: Sequence[str]) -> int:
    """The least number of words that have to be inserted, left out or replaced to make one of the other."""
    row = list(range(len(second) + 1))
    for number, one in enumerate(first, 1):
        diagonal, row[0] = row[0], number
        for column, other in enumerate(second, 1):
            diagonal, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, diagonal + (one != other)),
            )
    return row[-1]
