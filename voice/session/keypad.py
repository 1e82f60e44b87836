"""Keys of the telephone collected to an answer.

`#` ends an entry, `*` takes it back (alone: back to the question before), `0` alone is a person.
"""

from dataclasses import dataclass
from enum import Enum, auto

from voice.ports import Expectation, Kind
from voice.reading.answers import bounds
from voice.settings import VoiceSettings

PERSON, BACK, DONE = "0", "*", "#"


class Press(Enum):
    """What a key, or the silence after it, comes to."""

    MORE = auto()  # wait for another, until the deadline
    ENTERED = auto()
    CLEARED = auto()
    BACK = auto()
    PERSON = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Entry:
    """The outcome of a key; `digits` of a finished entry, `wait` in seconds for another key."""

    press: Press
    digits: str = ""
    wait: float = 0.0


class Keypad:
    """Collects keys for one question at a time."""

    def __init__(self, settings: VoiceSettings) -> None:
        self._settings = settings
        self._digits = ""

    def __bool__(self) -> bool:
        """Whether an entry was begun."""
        return bool(self._digits)

    def clear(self) -> None:
        """Forget what was begun."""
        self._digits = ""

    def press(self, key: str, expectation: Expectation) -> Entry:
        """Take one key, `0` to `9`, `*` or `#`."""
        if key == BACK:
            had, self._digits = self._digits, ""
            return Entry(Press.CLEARED if had else Press.BACK)
        if key == DONE:
            return self.gap() if self._digits else Entry(Press.NOTHING)
        self._digits += key
        if self._digits == PERSON:
            return self._zero(expectation)
        if len(self._digits) >= _whole(expectation):
            return self._entered()
        return Entry(Press.MORE, wait=self._settings.key_gap)

    def gap(self) -> Entry:
        """No key came for as long as the last one asked to wait, or the caller ended the entry."""
        return Entry(Press.PERSON) if self._take_zero() else self._entered()

    def _zero(self, expectation: Expectation) -> Entry:
        if expectation.kind in (Kind.YES_NO, Kind.CHOICE):  # no answer begins with it
            self.clear()
            return Entry(Press.PERSON)
        return Entry(Press.MORE, wait=self._settings.zero_gap)

    def _take_zero(self) -> bool:
        alone = self._digits == PERSON
        if alone:
            self.clear()
        return alone

    def _entered(self) -> Entry:
        digits, self._digits = self._digits, ""
        return Entry(Press.ENTERED, digits)


def _whole(expectation: Expectation) -> int:
    """The number of keys that makes an entry complete by itself."""
    if expectation.kind is Kind.FREE and expectation.options:
        return len(str(len(expectation.options)))
    return bounds(expectation)[1]
