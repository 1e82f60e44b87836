"""How words sound: the wheel's dictionary, a hand lexicon, and a guess from the spelling for the rest."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pocketsphinx

from voice.errors import EngineFailed

Pronunciations = dict[str, list[str]]


def read(path: Path) -> Pronunciations:
    """A dictionary file: a word and its phonemes a line; `word(2)` is another way to say it; `#` begins a remark."""
    found: Pronunciations = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, _, phonemes = line.strip().partition(" ")
        if word and phonemes and not word.startswith("#"):
            found.setdefault(word.partition("(")[0] or word, []).append(phonemes.strip())
    return found


def spellings(path: Path) -> dict[str, str]:
    """What is typed, and what is spoken instead (nothing for `-`)."""
    return {typed: words[0].removeprefix("-") for typed, words in read(path).items()}


def general() -> Pronunciations:
    """The dictionary in pocketsphinx's wheel: 134,000 English words."""
    return read(Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")))


def pronounce(words: Iterable[str], by_hand: Pronunciations, known: Pronunciations) -> Pronunciations:
    """Every word with all its pronunciations: by hand, else from the dictionary, else guessed."""
    wanted = sorted(set(words))
    found = {word: by_hand.get(word) or known.get(word) or _possessive(word, known) for word in wanted}
    guessed = guess([word for word, ways in found.items() if not ways])
    return {word: ways or guessed[word] for word, ways in found.items() if ways or guessed.get(word)}


def write(path: Path, pronunciations: Pronunciations) -> None:
    """In the form decoders read."""
    with path.open("w", encoding="ascii") as out:
        for word, ways in sorted(pronunciations.items()):
            for number, phonemes in enumerate(dict.fromkeys(ways), 1):
                out.write(f"{word}{f'({number})' if number > 1 else ''} {phonemes}\n")


def guess(words: list[str]) -> Pronunciations:
    """Pronunciations by espeak-ng's rules for reading aloud; it is under the GPL and runs in a process of its own.

    Raises:
        EngineFailed: that process failed.
    """
    if not words:
        return {}
    done = subprocess.run(
        [sys.executable, "-m", "voice.recognition.read_aloud"],
        input="\n".join(words), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    if done.returncode:
        raise EngineFailed(f"Words could not be read aloud: {done.stderr.strip()[-300:]}")
    lines = (line.partition(" ") for line in done.stdout.splitlines())
    return {word: [phonemes] for word, _, phonemes in lines if phonemes}


def _possessive(word: str, known: Pronunciations) -> list[str]:
    owner = word.removesuffix("'s")
    if owner == word or owner not in known:
        return []
    return [f"{phonemes} {_ending(phonemes.split()[-1])}" for phonemes in known[owner]]


def _ending(last: str) -> str:
    if last in {"S", "Z", "SH", "ZH", "CH", "JH"}:
        return "AH Z"
    return "S" if last in {"P", "T", "K", "F", "TH"} else "Z"
