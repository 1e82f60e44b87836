"""Whether something was made from what is there now: a hash of the sources, kept beside what was made."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from deploy.local.settings import ROOT

_NOT_SOURCES = {"__pycache__", "node_modules", "dist", ".pytest_cache"}


def fingerprint(paths: Iterable[Path]) -> str:
    """16 hex digits over the names and contents of files and folders."""
    digest = sha256()
    for path in sorted(_files(paths)):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def is_stamped(stamp: Path, value: str) -> bool:
    """Whether `stamp` holds `value`."""
    return stamp.is_file() and stamp.read_text() == value


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (file for file in path.rglob("*") if file.is_file() and _NOT_SOURCES.isdisjoint(file.parts))
        elif path.exists():
            yield path
