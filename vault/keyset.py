"""Working keys derived from a ring, each made once: what the hot path looks up."""

import hmac
import threading
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.keys import SecretKey
from vault.ring import ACTIVE, SIGNED, Ring, statement_key

_SEALED_FORMAT = b"\x01"
_DIGEST_BYTES = 16


class KeySet:
    """The keys of one state of the ring. Never changes; a changed ring gets a set of its own.

    Attributes:
        active: id of the key that seals.
        other: id of the other key that rows may be indexed under; the active one when there is none.
        header: what every value sealed under the active key begins with.
    """

    def __init__(self, ring: Ring) -> None:
        self._keys = {key.key_id: key.key for key in ring.keys if key.state != SIGNED}
        self._bare = {key.key_id for key in ring.keys if key.bare}
        self._signers = _signers(ring)
        self._root = ring.root.key
        self._sealers: dict[str, tuple[AESGCM, bytes]] = {}
        self._openers: dict[tuple[bytes, str], tuple[AESGCM, bytes]] = {}
        self._digests: dict[str, bytes] = {}
        self._statements: dict[str, list[bytes]] = {}
        self._ciphers = threading.local()  # a block cipher's context may not be shared by threads
        self.active, self.other = ring.active.key_id, ring.other.key_id
        self.header = _SEALED_FORMAT + self.active

    @property
    def secrets(self) -> dict[bytes, SecretKey]:
        """The secrets by id, for reading a changed ring without unwrapping them again."""
        return {key.key_id: key for key in (*self._keys.values(), self._root, *self._signers)}

    def sealer(self, place: str) -> tuple[AESGCM, bytes]:
        """The active cipher of a place, and the place as associated data."""
        found = self._sealers.get(place)
        if found is None:
            found = self._sealers[place] = self.opener(self.active, place)
        return found

    def opener(self, key_id: bytes, place: str) -> tuple[AESGCM, bytes]:
        """The same for any key of the ring. Raises KeyError when it is not there."""
        found = self._openers.get((key_id, place))
        if found is None:
            cipher = AESGCM(self._keys[key_id].derive(f"careline seal {place}"))
            found = self._openers[key_id, place] = cipher, place.encode()
        return found

    def index(self, value: str, place: str, key_id: bytes) -> bytes:
        """A value's blind index under one of the keys."""
        key = self._digests.get(place)
        if key is None:
            key = self._digests[place] = self._root.derive(f"careline index {place}")
        digest = hmac.digest(key, value.encode(), sha256)[:_DIGEST_BYTES]
        if key_id in self._bare:
            return digest
        encrypt, _ = self._permutation(key_id, place)
        return key_id + encrypt(digest)

    def digest_of(self, index: bytes, place: str) -> bytes:
        """What a blind index was made from. Raises KeyError when its key is not there."""
        if len(index) == _DIGEST_BYTES:
            if not self._bare:
                raise KeyError("bare")
            return index
        _, decrypt = self._permutation(index[:4], place)
        return decrypt(index[4:])

    def index_of(self, digest: bytes, place: str) -> bytes:
        """The blind index of a digest under the active key."""
        encrypt, _ = self._permutation(self.active, place)
        return self.active + encrypt(digest)

    def signing_key(self, purpose: str) -> bytes:
        """The key that new statements are signed with."""
        return self.verifying_keys(purpose)[0]

    def verifying_keys(self, purpose: str) -> list[bytes]:
        """Every key that a statement may have been signed with, the newest first."""
        found = self._statements.get(purpose)
        if found is None:
            found = self._statements[purpose] = [key.derive(f"careline statement {purpose}") for key in self._signers]
        return found

    def _permutation(self, key_id: bytes, place: str) -> tuple[Any, Any]:
        """Encryption and decryption of one block, for this thread."""
        known: dict[Any, tuple[Any, Any]] = self._ciphers.__dict__
        found = known.get((key_id, place))
        if found is None:
            # One block, uniform and different for every value: ECB is the permutation itself here.
            key = self._keys[key_id].derive(f"careline index cipher {place}")
            cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305
            found = known[key_id, place] = cipher.encryptor().update, cipher.decryptor().update
        return found


def _signers(ring: Ring) -> list[SecretKey]:
    """Keys of statements: the active one's first."""
    signers: list[SecretKey] = []
    for key in sorted(ring.keys, key=lambda key: key.state != ACTIVE):
        signers.append(key.key if key.state == SIGNED else statement_key(key.key))
        if key.bare:  # statements of the time before there was a ring
            signers.append(key.key)
    return signers
