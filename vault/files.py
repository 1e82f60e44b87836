"""Private files: made by exactly one process, replaced whole, refused when others can read them."""

import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from vault.errors import MasterKeyError, VaultError


def secret_file(path: Path, make: Callable[[], str], error: type[VaultError] = MasterKeyError) -> str:
    """The text of a private file, made on first use by whichever process comes first.

    Raises:
        MasterKeyError: (or `error`) the file exists but other users can read it.
    """
    if not path.exists():
        create_private(path, make())
    return read_private(path, error)


def read_private(path: Path, error: type[VaultError] = MasterKeyError) -> str:
    """The text of a private file.

    Raises:
        MasterKeyError: (or `error`) other users can read it.
    """
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise error(f"{path} can be read by other users: run `chmod 600 {path}`.")
    return path.read_text(errors="replace").strip()


def create_private(path: Path, text: str) -> None:
    """Write a file of mode 600 so that of several processes exactly one wins and nobody sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path, text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its file is the one to use
    finally:
        draft.unlink()


def replace_private(path: Path, text: str) -> None:
    """Put a file of mode 600 in the place of another: a reader, also after a power cut, sees the one or the other."""
    _draft(path, text).replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def locked(path: Path, *, shared: bool = False, wait: bool = True) -> Iterator[int]:
    """Holds a lock file (and yields its descriptor); a process that dies gives it back.

    Raises:
        BlockingIOError: somebody else holds it, and `wait` is false.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
        yield descriptor
    finally:
        os.close(descriptor)


def _draft(path: Path, text: str) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    return draft
