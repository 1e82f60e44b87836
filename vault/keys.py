"""Where the master key comes from, and the keys derived from it."""

import base64
import binascii
import hmac
import os
import secrets
import stat
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vault.errors import MasterKeyError

KEY_BYTES = 32
ENVIRONMENT_VARIABLE = "CARELINE_MASTER_KEY"


class MasterKey:
    """One 32-byte secret; every working key is derived from it (HKDF-SHA256, RFC 5869).

    Attributes:
        key_id: 4 bytes that name this key inside sealed values and tell nothing about it.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise MasterKeyError(f"A master key has {KEY_BYTES} bytes, this one has {len(secret)}.")
        self._secret = secret
        self.key_id = hmac.new(secret, b"careline key id", sha256).digest()[:4]

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose, independent of those for every other purpose."""
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(self._secret)


def load_master_keys(key_file: Path, environ: Mapping[str, str] = os.environ) -> list[MasterKey]:
    """The master keys, the active one first.

    `CARELINE_MASTER_KEY` (base64, several separated by commas) wins over the file, which holds one key a line.
    A file that does not exist is made with one new key.

    Raises:
        MasterKeyError: a key is malformed, or the file can be read by other users.
    """
    given = environ.get(ENVIRONMENT_VARIABLE)
    if given:
        return _parse(given.split(","), ENVIRONMENT_VARIABLE)
    text = secret_file(key_file, lambda: base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode())
    return _parse(text.splitlines(), str(key_file))


def secret_file(path: Path, make: Callable[[], str]) -> str:
    """The text of a private file, made on first use by whichever process comes first.

    Raises:
        MasterKeyError: the file exists but other users can read it.
    """
    if not path.exists():
        _create_private(path, make())
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise MasterKeyError(f"{path} can be read by other users: run `chmod 600 {path}`.")
    return path.read_text().strip()


def _create_private(path: Path, text: str) -> None:
    """Write a file of mode 600 so that of several processes exactly one wins and nobody sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first: its file is the one to use
    finally:
        draft.unlink()


def _parse(lines: list[str], source: str) -> list[MasterKey]:
    try:
        keys = [MasterKey(base64.urlsafe_b64decode(line.strip())) for line in lines if line.strip()]
    except (binascii.Error, ValueError) as error:
        raise MasterKeyError(f"{source} does not hold base64 keys of {KEY_BYTES} bytes.") from error
    if not keys:
        raise MasterKeyError(f"{source} holds no key. Delete it only if nothing was sealed with it.")
    return keys
