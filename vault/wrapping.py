"""Who keeps the key that wraps the data keys: the port, and the local keeper."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.errors import KeyWrapError
from vault.keys import ENVIRONMENT_VARIABLE, MasterKey, load_master_keys
from vault.transit import TransitWrapper

_NONCE_BYTES = 12


class KeyWrapper(Protocol):
    """Wraps a data key so that only the same keeper can unwrap it. A cloud's key management fits behind this.

    Attributes:
        name: keeper and key, such as `master:1f2e3d4c`; it stands in the ring beside what was wrapped.
    """

    name: str

    def wrap(self, secret: bytes, key_id: bytes) -> bytes:
        """`secret` wrapped, bound to its `key_id`. Raises `KeyWrapError`."""

    def unwrap(self, wrapped: bytes, key_id: bytes) -> bytes:
        """What was wrapped under the same `key_id`. Raises `KeyWrapError`."""


class MasterKeyWrapper:
    """Wraps with AES-256-GCM under a master key that this process can read."""

    def __init__(self, master: MasterKey) -> None:
        self.name = f"master:{master.key_id.hex()}"
        self._cipher = AESGCM(master.derive("careline wrap"))

    def wrap(self, secret: bytes, key_id: bytes) -> bytes:
        """`nonce (12) | ciphertext and tag`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, key_id)

    def unwrap(self, wrapped: bytes, key_id: bytes) -> bytes:
        """The data key. Raises `KeyWrapError` when it was altered."""
        try:
            return self._cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], key_id)
        except (InvalidTag, ValueError):
            raise KeyWrapError(f"The data key {key_id.hex()} was altered after it was wrapped.") from None


def load_wrappers(key_file: Path, environ: Mapping[str, str] = os.environ) -> list[KeyWrapper]:
    """Every keeper this process can ask, the one for new data keys first.

    With `CARELINE_TRANSIT_URL` that is the server there; a master key is then only read where there still is one.

    Raises:
        MasterKeyError: no usable master key, see `load_master_keys`.
        KeyWrapError: the settings of the server are incomplete.
    """
    wrappers: list[KeyWrapper] = []
    if transit := TransitWrapper.from_env(environ):
        wrappers.append(transit)
    if not wrappers or environ.get(ENVIRONMENT_VARIABLE) or key_file.exists():
        wrappers += [MasterKeyWrapper(master) for master in load_master_keys(key_file, environ)]
    return wrappers
