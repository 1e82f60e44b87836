"""Sound that was made before: fixed phrases on disk, what was said lately in memory.

On disk is only what `python -m voice prompts` wrote there: the call's own prompts and answers without a place to fill,
which are the same for everybody. A call writes nothing to disk, so nothing about a customer can get there, whatever
it says; what it says stays in the memory of its process, up to a limit, for "pardon?" and for what many are told.
"""

import hashlib
import json
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from pathlib import Path

from voice.synthesis.worker import Task


def key_of(engine: str, task: Task) -> str:
    """Names the sound: the engine, the text, the voice and how it speaks, and the samples a second."""
    facts = [engine, task.text, task.speaker.voice, task.speaker.rate, task.speaker.volume, task.rate]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:40]


class Shelf:
    """A folder of fixed phrases, a file each; a call only reads it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> bytes | None:
        """The sound, if it was made."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, key: str, pcm: bytes) -> None:
        """Complete or not at all, whoever reads or writes at the same time."""
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f"{key}.{secrets.token_hex(8)}.part"
        part.write_bytes(pcm)
        part.replace(self._path(key))

    def keep_only(self, keys: Iterable[str]) -> int:
        """Remove all others, so that the folder is no larger than the phrases there are now; how many they were."""
        kept = {f"{key}.pcm" for key in keys}
        others = [path for path in self._folder.glob("*.p*") if path.name not in kept]
        for path in others:
            path.unlink(missing_ok=True)
        return len(others)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.pcm"


class Recent:
    """What was said lately, the oldest forgotten first; at most `limit` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._sounds: OrderedDict[str, bytes] = OrderedDict()

    def get(self, key: str) -> bytes | None:
        """The sound, if it is remembered."""
        if key in self._sounds:
            self._sounds.move_to_end(key)
        return self._sounds.get(key)

    def put(self, key: str, pcm: bytes) -> None:
        """Remember it, unless it alone is over the limit."""
        if len(pcm) > self._limit:
            return
        self._size += len(pcm) - len(self._sounds.pop(key, b""))
        self._sounds[key] = pcm
        while self._size > self._limit:
            self._size -= len(self._sounds.popitem(last=False)[1])
