"""The store's own words to customers, from `locale/*.toml`."""

from functools import cache
from pathlib import Path

import tomllib

_FOLDER = Path(__file__).parent / "locale"
FALLBACK = "en"


def text(language: str, key: str, **values: object) -> str:
    """The text of `key`, such as `codes.text`, with `{name}` places filled from `values`.

    Raises:
        KeyError: no such key in this language or in English.
    """
    found = find(language, key)
    if found is None:
        raise KeyError(key)
    return found.format(**values) if values else found


def find(language: str, key: str) -> str | None:
    """The text as it stands in the file of the language, else in the English one, else None."""
    languages = _languages()
    known = languages.get(language) or languages.get(language.split("-")[0]) or {}
    return known.get(key) or languages[FALLBACK].get(key)


@cache
def _languages() -> dict[str, dict[str, str]]:
    return {path.stem: _flat(path) for path in sorted(_FOLDER.glob("*.toml"))}


def _flat(path: Path) -> dict[str, str]:
    sections = tomllib.loads(path.read_text(encoding="utf-8"))
    return {f"{section}.{key}": words for section, texts in sections.items() for key, words in texts.items()}
