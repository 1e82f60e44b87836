"""One hash over everything that decides what a trained component does.

Rasa's own fingerprint covers only the source of the component's class, so a changed helper module, grammar table or
knowledge file would bring a stale component back from its cache.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

PACKAGES = ("nlu", "values")
SOURCES = {".py", ".yml"}


def hash_files(files: Iterable[Path], *extra: str) -> str:
    """Returns a hexadecimal digest of the files' names and contents and of the extra strings."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file.name}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    for text in extra:
        digest.update(f"{text}\0".encode())
    return digest.hexdigest()


def source_hash(*extra: str, files: Iterable[Path] = ()) -> str:
    """Returns the digest of the understanding's sources and data tables, of `files` and of `extra`."""
    root = Path(__file__).resolve().parent.parent
    sources = [file for package in PACKAGES for file in (root / package).rglob("*") if file.suffix in SOURCES]
    return hash_files([*sources, *files], *extra)
