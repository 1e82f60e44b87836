"""Names of people in English: where somebody says who they are, or whom something is for."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w'’-]*"
_PARTICLE = r"(?:de|da|di|del|la|le|van|von|der|den|bin|al|el|st\.?|y)"
_WRITTEN = rf"{_CAPITAL}\.?(?:\s(?:{_PARTICLE}\s){{0,2}}{_CAPITAL}){{0,3}}"
_TYPED = r"[a-zà-öø-ÿ][\w'’-]+(?:\s[a-zà-öø-ÿ][\w'’-]+){0,2}"


class NameFinder:
    """Finds names by the words before and behind them.

    After words that leave no doubt ("my name is") a name may be in lower case; after "I'm" or "this is" only words
    with capitals are one, and after "put" or "remove" only two of them.
    """

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._stop = {str(word).lower() for word in table["stop"]}
        kin, lead = "|".join(table["kin"]), {name: _phrases(table[name]) for name in ("certain", "likely", "acts")}
        name = f"(?P<name>{_WRITTEN})"
        self._certain = re.compile(rf"(?<!\w)(?i:{lead['certain']})\s*[:\s]\s*(?P<name>{_WRITTEN}|{_TYPED})")
        self._patterns = [
            (1, re.compile(rf"(?<!\w)(?i:{lead['likely']}),?\s*[:\s]\s*{name}")),
            (1, re.compile(rf"(?<!\w)(?i:mr|mrs|ms|miss|dr|mx)\.?\s{name}")),
            (1, re.compile(rf"(?<!\w)(?i:(?:my|our|his|her|their)\s(?:\w+\s)?(?:{kin})),?\s{name}")),
            (1, re.compile(rf"^(?i:(?:hi|hello|hey|good \w+),?\s)?{name},?\s(?i:here|speaking|calling)(?!\w)")),
            (2, re.compile(rf"(?<!\w)(?i:{lead['acts']})\s{name}")),
            (2, re.compile(rf"^\s*{name}\s*[.!]?\s*$")),
        ]

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yields first and last character of each name."""
        for match in self._certain.finditer(text):
            yield from self._kept(text, *match.span("name"), fewest=1)
        if text.isupper():  # capitals tell nothing there
            return
        for fewest, pattern in self._patterns:
            for match in pattern.finditer(text):
                yield from self._kept(text, *match.span("name"), fewest=fewest)

    def _kept(self, text: str, start: int, end: int, fewest: int) -> Iterator[tuple[int, int]]:
        """The words up to the first that is none of a name."""
        last, count = start, 0
        for word in re.finditer(r"\S+", text[start:end]):
            if word.group().lower().strip(".,'’") in self._stop:
                break
            last, count = start + word.end(), count + 1
        said = text[start:last]
        abbreviation = said.isupper() and count == 1
        if count >= fewest and not abbreviation:
            yield start, start + len(re.sub(r"(?:['’]s|[.'’])$", "", said))


def _phrases(listed: list[str]) -> str:
    phrases = [re.escape(phrase).replace(r"\ ", r"\s+").replace("'", "['’]?") for phrase in listed]
    return "|".join(sorted(phrases, key=len, reverse=True))
