"""`python -m bot.lint_responses`: what is missing between the languages and channels of data/responses.

Every language needs every key, and a response with a variation for a channel in one language needs it in all. What is
made for the eye (buttons, links, lists, long texts) needs a `voice` variation, and what is said in a call speaks of
nothing that only a screen has.
"""

import re
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.nlg.importer import read_responses
from bot.nlg.variations import VOICE, suitable

LONGEST = 240
"""A text that takes longer to say is not listened to; a Chinese character is as long as two letters."""
_LIST = re.compile(r"[•\n]|\{\w+:(?:each\.\w+|rows|lines)\}")
_LINK = re.compile(r"https?:|\{url\}|\]\(")
_FOR_THE_EYE = re.compile(
    r"\b(?:click|buttons?|below|widget|upload\w*|attach|paper clip|text field|scroll|type it|in this chat|just write)\b"
    r"|点击|点选|按钮|下面|上传|回形针|输入框|聊天里|再写一次|写给我",
    re.IGNORECASE,
)
_LABEL = "utter_label_"


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
                yield from (f"{path}: {name} {what}" for what in wrong_by_ear(name, variations, language))
    for name in sorted({name for found in channels.values() for name in found}):
        missing = [language for language, found in channels.items() if name not in found]
        if missing:
            yield f"{name}: not in {', '.join(missing)}"
        every = set().union(*(found[name] for found in channels.values() if name in found))
        for language, found in channels.items():
            for channel in sorted(filter(None, every - found.get(name, every))):
                yield f"{name}: no {channel} variation in {language}, but in another language"


def wrong_by_ear(name: str, variations: Sequence[Mapping[str, Any]], language: str) -> Iterator[str]:
    """What is wrong with a response in a call."""
    said = suitable([dict(variation) for variation in variations], language, language, VOICE)
    if not name.startswith(_LABEL) and all(variation.get("channel") is None for variation in said):
        reasons = {reason for variation in said for reason in _made_for_the_eye(variation)}
        if reasons:
            yield f"needs a voice variation: it has {' and '.join(sorted(reasons))}"
    for variation in said:
        text = str(variation.get("text") or "")
        found = _FOR_THE_EYE.search(text)
        if found or _LINK.search(text):
            yield f"says in a call what only a screen has: {found.group() if found else 'a link'}"


def _made_for_the_eye(variation: Mapping[str, Any]) -> Iterator[str]:
    text = str(variation.get("text") or "")
    if variation.get("buttons"):
        yield "buttons"
    if _LINK.search(text) or "attachment" in variation or "custom" in variation:
        yield "links or data"
    if _LIST.search(text):
        yield "a list"
    if sum(2 if unicodedata.east_asian_width(character) == "W" else 1 for character in text) > LONGEST:
        yield "a long text"


def main() -> int:
    """Print the problems; 1 when there are any."""
    found = list(problems(Path("data/responses")))
    for line in found:
        sys.stdout.write(line + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
