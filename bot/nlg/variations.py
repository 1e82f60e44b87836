"""Which variation of a response is said: the language first, then the channel, never the same one twice running."""

from collections.abc import Mapping, Sequence
from typing import Any

Variation = dict[str, Any]


def language_of(variation: Mapping[str, Any], default: str) -> str:
    """The language a variation is written in; one without a mark is in the default language."""
    metadata = variation.get("metadata")
    marked = metadata.get("language") if isinstance(metadata, Mapping) else None
    return str(marked or default)


def suitable(variations: Sequence[Variation], language: str, default: str, channel: str) -> list[Variation]:
    """The variations to choose from; the default language stands in for a missing one.

    A channel's own variations replace the general ones, within a language.
    """
    in_language = [v for v in variations if language_of(v, default) == language]
    spoken = in_language or [v for v in variations if language_of(v, default) == default]
    own = [v for v in spoken if v.get("channel") == channel]
    return own or [v for v in spoken if v.get("channel") is None]


def next_index(variations: Sequence[Variation], previous: int | None) -> int:
    """The variation after the one said before, the first one when there was none.

    One that is marked `first` is not said again, unless there is no other.
    """
    if previous is None:
        return 0
    repeatable = [i for i, variation in enumerate(variations) if not (variation.get("metadata") or {}).get("first")]
    return next((i for i in repeatable if i > previous), repeatable[0] if repeatable else 0)
