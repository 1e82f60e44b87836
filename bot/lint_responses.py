"""`python -m bot.lint_responses`: what is missing between the languages and channels of data/responses.

Every language needs every key, and a response with a variation for a channel in one language needs it in all.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from bot.nlg.importer import read_responses


def problems(folder: Path) -> Iterator[str]:
    """One line for everything that is missing or doubled.

    Args:
        folder: data/responses, with a folder for each language.
    """
    channels: dict[str, dict[str, set[str | None]]] = {}
    for language in sorted(path.name for path in folder.iterdir() if path.is_dir()):
        found = channels.setdefault(language, defaultdict(set))
        files: dict[str, Path] = {}
        for path in sorted((folder / language).glob("*.yml")):
            for name, variations in read_responses(path).items():
                if name in files:
                    yield f"{path}: {name} is also in {files[name]}; keep one"
                files[name] = path
                found[name] |= {variation.get("channel") for variation in variations}
                if None not in found[name]:
                    yield f"{path}: {name} has no variation without a channel"
    for name in sorted({name for found in channels.values() for name in found}):
        missing = [language for language, found in channels.items() if name not in found]
        if missing:
            yield f"{name}: not in {', '.join(missing)}"
        every = set().union(*(found[name] for found in channels.values() if name in found))
        for language, found in channels.items():
            for channel in sorted(filter(None, every - found.get(name, every))):
                yield f"{name}: no {channel} variation in {language}, but in another language"


def main() -> int:
    """Print the problems; 1 when there are any."""
    found = list(problems(Path("data/responses")))
    for line in found:
        sys.stdout.write(line + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
