"""Secrets that other keys are derived from, and where the master key comes from."""

import base64
import binascii
import hmac
import os
import secrets
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vault.errors import MasterKeyError
from vault.files import secret_file

KEY_BYTES = 32
ENVIRONMENT_VARIABLE = "CARELINE_MASTER_KEY"
Key = TypeVar("Key", bound="SecretKey")


class SecretKey:
    """One 32-byte secret; every working key is derived from it (HKDF-SHA256, RFC 5869).

    Attributes:
        secret: the key itself; only to be wrapped.
        key_id: 4 bytes that name this key inside sealed values and tell nothing about it.
    """

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise MasterKeyError(f"A key has {KEY_BYTES} bytes, this one has {len(secret)}.")
        self.secret = secret
        self.key_id = hmac.new(secret, b"careline key id", sha256).digest()[:4]

    @classmethod
    def new(cls: type[Key]) -> Key:
        """A random one."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose, independent of those for every other purpose."""
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(self.secret)


class MasterKey(SecretKey):
    """The secret that the insurer keeps: it wraps the data keys of the ring."""

    @property
    def text(self) -> str:
        """As it stands in the key file."""
        return base64.urlsafe_b64encode(self.secret).decode()


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
    text = secret_file(key_file, lambda: MasterKey.new().text)
    return _parse(text.splitlines(), str(key_file))


def _parse(lines: list[str], source: str) -> list[MasterKey]:
    try:
        keys = [MasterKey(base64.urlsafe_b64decode(line.strip())) for line in lines if line.strip()]
    except (binascii.Error, ValueError) as error:
        raise MasterKeyError(f"{source} does not hold base64 keys of {KEY_BYTES} bytes.") from error
    if not keys:
        raise MasterKeyError(f"{source} holds no key. Delete it only if nothing was sealed with it.")
    return keys
