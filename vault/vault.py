"""The one object through which everything personal is sealed, opened, indexed and vouched for."""

import hmac
import os
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault import statements
from vault.errors import SealError
from vault.keys import MasterKey, load_master_keys, secret_file

_FORMAT = 1
_KEY_ID = slice(1, 5)
_NONCE = slice(5, 17)
_BODY = slice(17, None)
_SHORTEST = 17 + 16  # header and an empty value's tag
INDEX_BYTES = 16


class Vault:
    """Seals with AES-256-GCM, finds by keyed blind index, signs with HMAC-SHA256.

    A sealed value is `format (1) | key id (4) | nonce (12) | ciphertext and tag`. Every place ("table.column") has a
    key of its own, derived from the master key, and is bound as associated data: a value moved to another column
    does not open. Nonces are random; with a key a place, the bound of 2^32 values per key is one per column.
    """

    def __init__(self, keys: Sequence[MasterKey]) -> None:
        self._active = keys[0]
        self._keys = {key.key_id: key for key in keys}
        self._ciphers: dict[tuple[bytes, str], AESGCM] = {}
        self._derived: dict[str, bytes] = {}

    @classmethod
    def load(cls, key_file: Path | str, environ: Mapping[str, str] = os.environ) -> "Vault":
        """The vault of this installation.

        Raises:
            MasterKeyError: no usable key, see `vault.keys.load_master_keys`.
        """
        return cls(load_master_keys(Path(key_file), environ))

    def seal(self, plain: bytes, place: str) -> bytes:
        """`plain` encrypted for `place` under the active key."""
        nonce = secrets.token_bytes(12)
        cipher = self._cipher(self._active.key_id, place)
        return bytes([_FORMAT]) + self._active.key_id + nonce + cipher.encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """What `seal` was given.

        Raises:
            SealError: the value was altered, sealed for another place, or under a key that is not here.
        """
        if len(sealed) < _SHORTEST or sealed[0] != _FORMAT:
            raise SealError(f"A value of {place} is not in the sealed format.")
        if sealed[_KEY_ID] not in self._keys:
            raise SealError(f"A value of {place} was sealed with a master key that is not configured here.")
        try:
            return self._cipher(sealed[_KEY_ID], place).decrypt(sealed[_NONCE], sealed[_BODY], place.encode())
        except InvalidTag:
            raise SealError(f"A value of {place} was altered or belongs to another place.") from None

    def blind_index(self, value: str, place: str) -> bytes:
        """16 bytes that are equal for equal values of one place and tell nothing without the key.

        The caller normalises first: " PA-1 " and "pa-1" are different values here.
        """
        key = self._key(f"careline index {place}")
        return hmac.new(key, value.encode(), sha256).digest()[:INDEX_BYTES]

    def sign(self, claims: dict[str, Any], purpose: str, ttl: timedelta, now: datetime | None = None) -> str:
        """A statement for one purpose that expires after `ttl`."""
        return statements.sign(self._key(f"careline statement {purpose}"), claims, ttl, now or statements.utc_now())

    def verify(self, token: object, purpose: str, now: datetime | None = None) -> dict[str, Any]:
        """The claims of a statement made by `sign` for the same purpose.

        Raises:
            StatementError: it is malformed, altered, expired or made for another purpose.
        """
        return statements.verify(self._key(f"careline statement {purpose}"), token, now or statements.utc_now())

    def _cipher(self, key_id: bytes, place: str) -> AESGCM:
        cipher = self._ciphers.get((key_id, place))
        if cipher is None:
            cipher = AESGCM(self._keys[key_id].derive(f"careline seal {place}"))
            self._ciphers[key_id, place] = cipher
        return cipher

    def _key(self, purpose: str) -> bytes:
        if purpose not in self._derived:
            self._derived[purpose] = self._active.derive(purpose)
        return self._derived[purpose]


def token_file(path: Path | str) -> str:
    """A random access token kept in a file of mode 600, made on first use.

    Raises:
        MasterKeyError: the file can be read by other users.
    """
    return secret_file(Path(path), lambda: secrets.token_urlsafe(32))
