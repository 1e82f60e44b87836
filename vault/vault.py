"""The one object through which everything personal is sealed, opened, indexed and vouched for."""

import os
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from cryptography.exceptions import InvalidTag

from vault import statements
from vault.errors import SealError, VaultError
from vault.files import secret_file
from vault.keys import SecretKey
from vault.keyset import KeySet
from vault.ring import ACTIVE, OLD, Ring, RingKey
from vault.ring_file import RingFile, Stamp

_FORMAT = 1
_KEY_ID = slice(1, 5)
_NONCE = slice(5, 17)
_BODY = slice(17, None)
_SHORTEST = 17 + 16  # header and an empty value's tag
INDEX_BYTES = 20
_BARE_INDEX_BYTES = 16
_LOOK_EVERY_S = 1.0  # how long somebody who opens no sessions may go on with a ring that was replaced


@dataclass(frozen=True)
class KeyInfo:
    """What may be told of a key: its id, its state in the ring, when it was made, who keeps it."""

    key_id: str
    state: str
    made: str
    by: str


class Vault:
    """Seals with AES-256-GCM, finds by keyed blind index, signs with HMAC-SHA256.

    A sealed value is `format (1) | key id (4) | nonce (12) | ciphertext and tag`. Every place ("table.column") has a
    key of its own, derived from a data key, and is bound as associated data: a value moved to another column
    does not open. Nonces are random; with a key a place, the bound of 2^32 values per key is one per column.

    A blind index is `key id (4) | AES(HMAC of the value)`: whoever has the old and the new data key renews it
    without knowing the value. Data keys live in a ring that other processes may change at any time; `refresh`
    notices.
    """

    def __init__(self, keys: Sequence[SecretKey], file: RingFile | None = None, ring: Ring | None = None) -> None:
        """A vault of fixed `keys`, the active one first; `load` makes the one of an installation."""
        self._file = file
        self._ring = ring or Ring(
            RingKey(keys[0], "root", ""),
            tuple(RingKey(key, OLD if number else ACTIVE, "") for number, key in enumerate(keys)),
        )
        self._set = KeySet(self._ring)
        self._stamp: Stamp | None = None
        self._look_again = float("inf") if file is None else 0.0
        self._loading = threading.Lock()

    @classmethod
    def load(cls, key_file: Path | str, environ: Mapping[str, str] = os.environ) -> "Vault":
        """The vault of this installation; its master key and ring are made on first use.

        Raises:
            MasterKeyError: no usable key, see `vault.keys.load_master_keys`.
            KeyRingError: no usable ring, see `vault.ring_file.RingFile.load`.
        """
        file = RingFile.beside(Path(key_file), environ)
        stamp = file.stamp()
        vault = cls([], file, file.load())
        vault._stamp = stamp
        return vault

    @property
    def file(self) -> RingFile | None:
        """Where the ring lives; None for a vault of fixed keys."""
        return self._file

    @property
    def active_key(self) -> bytes:
        """The id of the key that seals: sealed values hold it from byte 1 on, indexes from byte 0 on."""
        return self._set.active

    @property
    def keys(self) -> list[KeyInfo]:
        """What is in the ring."""
        return [KeyInfo(key.key_id.hex(), key.state, key.made, key.by) for key in self._ring.keys]

    def refresh(self, *, force: bool = False) -> None:
        """Take over the ring if it was replaced; costs one `stat` when it was not.

        A ring that is gone leaves the keys as they are: what this process holds is all there is until it is restored.

        Raises:
            KeyRingError: the new ring needs a keeper that this process does not have, or is damaged.
        """
        if self._file is None:
            return
        self._look_again = monotonic() + _LOOK_EVERY_S
        stamp = self._file.stamp()
        if stamp is None or (stamp == self._stamp and not force):
            return
        with self._loading:
            stamp = self._file.stamp()
            if stamp is not None and (stamp != self._stamp or force):
                self._ring = self._file.load(self._set.secrets)
                self._set = KeySet(self._ring)
                self._stamp = stamp

    @contextmanager
    def writing(self) -> Iterator[None]:
        """For bulk work that keeps sealed values for more than a second before it writes them.

        No key is dropped meanwhile: else what is written last could be under a key that is gone.
        """
        if self._file is None:
            yield
            return
        with self._file.writing():
            self.refresh()
            yield

    def seal(self, plain: bytes, place: str) -> bytes:
        """`plain` encrypted for `place` under the active key."""
        if monotonic() > self._look_again:
            self.refresh()
        keys = self._set
        cipher, bound = keys.sealer(place)
        nonce = os.urandom(12)
        return keys.header + nonce + cipher.encrypt(nonce, plain, bound)

    def open(self, sealed: bytes, place: str) -> bytes:
        """What `seal` was given.

        Raises:
            SealError: the value was altered, sealed for another place, or under a key that is not here.
        """
        if len(sealed) < _SHORTEST or sealed[0] != _FORMAT:
            raise SealError(f"A value of {place} is not in the sealed format.")
        try:
            cipher, bound = self._set.opener(sealed[_KEY_ID], place)
        except KeyError:
            cipher, bound = self._missing(sealed[_KEY_ID], place)
        try:
            return cipher.decrypt(sealed[_NONCE], sealed[_BODY], bound)
        except InvalidTag:
            raise SealError(f"A value of {place} was altered or belongs to another place.") from None

    def blind_index(self, value: str, place: str, *, other: bool = False) -> bytes:
        """20 bytes that are equal for equal values of one place, while the same key is active, and tell nothing.

        The caller normalises first: " PA-1 " and "pa-1" are different values here.

        Args:
            other: under the other key that rows may have while keys rotate: a look-up asks for both. When there is
                no other key, both are the same.
        """
        if monotonic() > self._look_again:
            self.refresh()
        keys = self._set
        return keys.index(value, place, keys.other if other else keys.active)

    def reseal(self, sealed: bytes, place: str) -> bytes | None:
        """The same value under the active key; None when it is under that key already. Raises `SealError`."""
        return None if sealed[:5] == self._set.header else self.seal(self.open(sealed, place), place)

    def reindex(self, index: bytes, place: str) -> bytes | None:
        """The same value's index under the active key; None when it is under that key already.

        Raises:
            SealError: the index has another length, or was made with a key that is not here.
        """
        keys = self._set
        if len(index) == INDEX_BYTES and index[:4] == keys.active:
            return None
        if len(index) not in (INDEX_BYTES, _BARE_INDEX_BYTES):
            raise SealError(f"An index of {place} has {len(index)} bytes.")
        try:
            return keys.index_of(keys.digest_of(index, place), place)
        except KeyError:
            raise SealError(f"An index of {place} was made with a key that is not in the ring.") from None

    def sign(self, claims: dict[str, Any], purpose: str, ttl: timedelta, now: datetime | None = None) -> str:
        """A statement for one purpose that expires after `ttl`."""
        if monotonic() > self._look_again:
            self.refresh()
        return statements.sign(self._set.signing_key(purpose), claims, ttl, now or statements.utc_now())

    def verify(self, token: object, purpose: str, now: datetime | None = None) -> dict[str, Any]:
        """The claims of a statement made by `sign` for the same purpose.

        Raises:
            StatementError: it is malformed, altered, expired or made for another purpose.
        """
        if monotonic() > self._look_again:
            self.refresh()
        return statements.verify(self._set.verifying_keys(purpose), token, now or statements.utc_now())

    def _missing(self, key_id: bytes, place: str) -> tuple[Any, bytes]:
        """The cipher of a key that was not here: another process may have made it a moment ago."""
        try:
            self.refresh(force=True)
            return self._set.opener(key_id, place)
        except KeyError:
            problem = "that is not configured here: restore the key ring it was made with (docs/keys.md)"
        except VaultError as error:
            problem = f"that cannot be read here: {error}"
        raise SealError(f"A value of {place} was sealed with the data key {key_id.hex()}, {problem}.") from None


def token_file(path: Path | str) -> str:
    """A random access token kept in a file of mode 600, made on first use.

    Raises:
        MasterKeyError: the file can be read by other users.
    """
    return secret_file(Path(path), lambda: secrets.token_urlsafe(32))
