"""What a check found."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """`error` keeps something from working or loses something; `warning` will."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be.

    Attributes:
        what: what was found, without any personal value.
        do: what to do about it.
    """

    level: Level
    what: str
    do: str


def error(what: str, do: str) -> Finding:
    """Something that has to be mended."""
    return Finding(Level.ERROR, what, do)


def warning(what: str, do: str) -> Finding:
    """Something that should be looked at."""
    return Finding(Level.WARNING, what, do)
