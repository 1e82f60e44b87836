"""The gateway's own words, from `locale/<language>.toml`, or from the files in `locale/<language>/`."""

from pathlib import Path

import tomllib

_FOLDER = Path(__file__).parent / "locale"
FALLBACK = "en"


class Texts:
    """Look-up by language and dotted key; a language or key that is missing falls back to English."""

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._languages = {place.stem: _read(place) for place in sorted(folder.iterdir())}

    @property
    def languages(self) -> frozenset[str]:
        """The languages there are words in."""
        return frozenset(self._languages)

    def get(self, language: str, key: str, **values: object) -> str:
        """The text of `key`, such as `words.apology`, with `{name}` places filled from `values`.

        Raises:
            KeyError: no such key in English either: a mistake in our code.
        """
        known = self._languages.get(language) or self._languages.get(language.split("-")[0]) or {}
        text = known.get(key) or self._languages[FALLBACK][key]
        return text.format(**values) if values else text

    def words(self, language: str, key: str, channel: str, **values: object) -> str:
        """What is said in a conversation: `words.<key>`, or `<channel>.<key>` where the channel has its own words for
        it, such as those for the ear. Raises `KeyError`, see `get`."""
        known = self._languages.get(language) or self._languages[FALLBACK]
        own = f"{channel}.{key}"
        return self.get(language, own if own in known else f"words.{key}", **values)


def _read(place: Path) -> dict[str, str]:
    files = sorted(place.glob("*.toml")) if place.is_dir() else [place]
    return {key: text for path in files for key, text in _flatten(path).items()}


def _flatten(path: Path) -> dict[str, str]:
    sections = tomllib.loads(path.read_text(encoding="utf-8"))
    return {f"{section}.{key}": text for section, texts in sections.items() for key, text in texts.items()}
