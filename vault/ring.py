"""The ring of data keys, as it stands in its file: wrapped, authenticated, replaced whole."""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

from vault.errors import KeyRingError, KeyWrapError
from vault.keys import SecretKey
from vault.wrapping import KeyWrapper

FORMAT = 1
ACTIVE, NEXT, OLD, SIGNED = "active", "next", "old", "signed"
STATEMENTS_LIVE = timedelta(days=400)  # as long as the longest-lived statement, a browser's token


@dataclass(frozen=True)
class RingKey:
    """One key of the ring.

    Attributes:
        key: the secret, unwrapped.
        state: `active` seals; `next` is known everywhere before it is used; `old` still opens and finds;
            `signed` is what is left of a dropped key: it verifies statements and nothing else.
        made: when, ISO 8601.
        by: the keeper that wrapped it.
        wrapped: as the keeper gave it back.
        bare: it is the master key of the time before there was a ring, whose indexes name no key.
        until: when a `signed` key goes.
    """

    key: SecretKey
    state: str
    made: str
    by: str = ""
    wrapped: bytes = b""
    bare: bool = False
    until: str = ""

    @property
    def key_id(self) -> bytes:
        """The id of the secret."""
        return self.key.key_id

    def wrapped_by(self, wrapper: KeyWrapper) -> "RingKey":
        """The same key, wrapped anew."""
        return replace(self, by=wrapper.name, wrapped=wrapper.wrap(self.key.secret, self.key_id))


@dataclass(frozen=True)
class Ring:
    """All keys of an installation.

    `root` is what blind indexes are computed with before a data key encrypts them. It stays for good: without it an
    index could only be renewed by whoever knows the value, and of a browser's id nobody does.
    """

    root: RingKey
    keys: tuple[RingKey, ...]

    @classmethod
    def new(cls, wrapper: KeyWrapper, former: list[SecretKey], now: datetime) -> "Ring":
        """A ring with one fresh data key, beside the master keys that `former` values were sealed under directly."""
        made = now.isoformat(timespec="seconds")
        root = former[0] if former else SecretKey.new()
        old = [RingKey(key, OLD, made, bare=key is root) for key in former]
        keys = [RingKey(SecretKey.new(), ACTIVE, made), *old]
        return cls(RingKey(root, "root", made).wrapped_by(wrapper), tuple(key.wrapped_by(wrapper) for key in keys))

    @property
    def active(self) -> RingKey:
        """The key that seals."""
        return next(key for key in self.keys if key.state == ACTIVE)

    @property
    def other(self) -> RingKey:
        """The one other key that rows may be indexed under just now; the active one when there is none."""
        return next((key for key in self.keys if key.state in (NEXT, OLD)), self.active)

    @property
    def old(self) -> tuple[RingKey, ...]:
        """Keys that are to go once nothing is left under them."""
        return tuple(key for key in self.keys if key.state == OLD)

    def with_next(self, wrapper: KeyWrapper, now: datetime) -> "Ring":
        """With a fresh key that nothing is sealed with yet."""
        fresh = RingKey(SecretKey.new(), NEXT, now.isoformat(timespec="seconds")).wrapped_by(wrapper)
        return replace(self, keys=(*self.keys, fresh))

    def advanced(self) -> "Ring":
        """The next key becomes the active one, and the active one old."""
        moved = {NEXT: ACTIVE, ACTIVE: OLD}
        return replace(self, keys=tuple(replace(key, state=moved.get(key.state, key.state)) for key in self.keys))

    def without_old(self, wrapper: KeyWrapper, now: datetime) -> "Ring":
        """Without old keys; their statements stay valid until the last one has expired."""
        until = (now + STATEMENTS_LIVE).isoformat(timespec="seconds")
        signed = [
            RingKey(statement_key(key.key), SIGNED, key.made, until=until).wrapped_by(wrapper) for key in self.old
        ]
        kept = [key for key in self.keys if key.state != OLD and not (key.until and key.until < now.isoformat())]
        return replace(self, keys=(*kept, *signed))

    def rewrapped(self, wrapper: KeyWrapper) -> "Ring":
        """The same keys, all wrapped by `wrapper`."""
        return Ring(self.root.wrapped_by(wrapper), tuple(key.wrapped_by(wrapper) for key in self.keys))


def statement_key(key: SecretKey) -> SecretKey:
    """What a data key's statements are signed with: it outlives the key, and opens nothing."""
    return SecretKey(key.derive("careline statements"))


def write_ring(ring: Ring) -> str:
    """The text of the ring's file: JSON, every key wrapped, the whole authenticated under the root."""
    body: dict[str, Any] = {
        "format": FORMAT,
        "root": _write_key(ring.root),
        "keys": [_write_key(key) for key in ring.keys],
    }
    return json.dumps({**body, "mac": _mac(ring.root.key, body)}, indent=1)


def read_ring(text: str, source: str, wrappers: Mapping[str, KeyWrapper], known: Mapping[bytes, SecretKey]) -> Ring:
    """The ring in `text`. Keys that are `known` already are not unwrapped again.

    Raises:
        KeyRingError: the file is damaged, or wrapped by a keeper that is not among `wrappers`.
        KeyWrapError: the keeper does not answer, or does not unwrap it.
    """
    try:
        content = json.loads(text)
        mac = content.pop("mac")
        if content["format"] != FORMAT:
            raise KeyRingError(f"{source} was written by a newer version of Careline: update this one.")
        root, *keys = (_read_key(entry, source, wrappers, known) for entry in (content["root"], *content["keys"]))
        genuine = hmac.compare_digest(str(mac).encode(), _mac(root.key, content).encode())
        ring = Ring(root, tuple(keys))
        if genuine and [key.state for key in ring.keys].count(ACTIVE) == 1:
            return ring
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        pass
    except KeyWrapError as error:
        raise KeyRingError(f"{source}: {error} Restore the file from its back-up.") from error
    raise KeyRingError(f"{source} is damaged or incomplete: restore it from its back-up (docs/keys.md).")


def utc_now() -> datetime:
    """The present moment."""
    return datetime.now(timezone.utc)


def _write_key(key: RingKey) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": key.key_id.hex(), "state": key.state, "made": key.made, "by": key.by}
    if key.bare:
        entry["bare"] = True
    if key.until:
        entry["until"] = key.until
    return {**entry, "wrapped": base64.b64encode(key.wrapped).decode()}


def _read_key(
    entry: dict[str, Any], source: str, wrappers: Mapping[str, KeyWrapper], known: Mapping[bytes, SecretKey]
) -> RingKey:
    key_id, wrapped, by = bytes.fromhex(entry["id"]), base64.b64decode(entry["wrapped"], validate=True), entry["by"]
    key = known.get(key_id)
    if key is None:
        if by not in wrappers:
            raise KeyRingError(
                f"{source} was wrapped by {by}, which is not configured here (here: {', '.join(wrappers)}): give this"
                " process the same master key or key server as the others (docs/keys.md)."
            )
        key = SecretKey(wrappers[by].unwrap(wrapped, key_id))
    if key.key_id != key_id:
        raise ValueError
    return RingKey(
        key, entry["state"], entry["made"], by, wrapped, bool(entry.get("bare")), str(entry.get("until") or "")
    )


def _mac(root: SecretKey, body: dict[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    return base64.b64encode(hmac.digest(root.derive("careline key ring"), canonical, sha256)).decode()
