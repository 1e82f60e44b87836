"""Which variation of a response is said: the language first, then the channel, never the same one twice running."""

from collections.abc import Mapping, Sequence
from typing import Any

Variation = dict[str, Any]
VOICE = "voice"


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


def buttons_of(general: Sequence[Variation], said: Mapping[str, Any], index: int) -> list[dict[str, Any]]:
    """The answers that a voice variation offers: its own, else those of the general one, as they can be spoken too.

    `buttons: []` offers none: what is only a suggestion beside a statement would be a long list to listen to.
    """
    own = said.get("buttons")
    return list(general[index % len(general)].get("buttons") or () if own is None else own)


def marks_of(variations: Sequence[Variation], said: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of a voice variation, with what the response offers, which it need not repeat."""
    offers = [v["metadata"] for v in variations if (v.get("metadata") or {}).get("offers")]
    return {**({"offers": offers[0]["offers"]} if offers else {}), **(said.get("metadata") or {})}
