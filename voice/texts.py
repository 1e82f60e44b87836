"""The words a call session says and listens for, from `locale/*.toml`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomllib

_FOLDER = Path(__file__).parent / "locale"
FALLBACK = "en"
SPOKEN = "say."  # keys below this one are spoken; the others are listened for, or shown


class Texts:
    """Look-up by language and dotted key; a language or key that is missing falls back to English."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._languages = {
            path.stem: dict(_flat(tomllib.loads(path.read_text("utf-8")))) for path in folder.glob("*.toml")
        }

    @property
    def languages(self) -> frozenset[str]:
        """The languages there are words in."""
        return frozenset(self._languages)

    def get(self, language: str, key: str, /, **values: object) -> str:
        """The text of `key`, such as `say.greeting`, with `{name}` places filled from `values`.

        Raises:
            KeyError: no such key in English either: a mistake in our code.
        """
        text = str(self._find(language, key))
        return text.format(**values) if values else text

    def has(self, language: str, key: str) -> bool:
        """Whether the language itself has the key."""
        return key in self._of(language)

    def words(self, language: str, key: str) -> tuple[str, ...]:
        """The list that stands under `key`.

        Raises:
            KeyError: no such key.
        """
        found = self._find(language, key)
        return tuple(str(each) for each in found) if isinstance(found, list) else (str(found),)

    def table(self, language: str, prefix: str) -> dict[str, Any]:
        """All that stands below `prefix`, by the rest of its key; English does not fill in here."""
        start = f"{prefix}."
        return {key.removeprefix(start): value for key, value in self._of(language).items() if key.startswith(start)}

    def fixed_prompts(self, language: str) -> tuple[str, ...]:
        """Everything the session says in this language that has no place to fill: it can be made in advance."""
        texts = (value for key, value in self._of(language).items() if key.startswith(SPOKEN))
        return tuple(sorted({text for text in texts if isinstance(text, str) and "{" not in text}))

    def _of(self, language: str) -> dict[str, Any]:
        return self._languages.get(language) or self._languages.get(language.split("-")[0]) or {}

    def _find(self, language: str, key: str) -> Any:
        known = self._of(language)
        return known[key] if key in known else self._languages[FALLBACK][key]


def _flat(tables: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in tables.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
