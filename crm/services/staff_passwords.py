"""Passwords of staff: how they are kept, checked and made. Nothing here touches the store.

Argon2id with the parameters of RFC 9106 for machines that spare memory (64 MiB, 3 passes). A password that was hashed
with others is hashed again when its owner next logs in.
"""

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from crm import normalise
from crm.errors import WeakPassword

SHORTEST = 12
LONGEST = 256  # characters; what is longer only costs time
_FEWEST_CHARACTERS = 5  # different ones
_HASHER = PasswordHasher()
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # without those that are read as others
_GENERATED = (4, 5)  # groups, letters a group: 100 bits


def check(password: str, username: str = "") -> None:
    """Refuse a password that is too easily found.

    Raises:
        WeakPassword: its `reason` says why.
    """
    if len(password) < SHORTEST:
        raise WeakPassword("short", f"A password has at least {SHORTEST} characters.")
    if len(password) > LONGEST:
        raise WeakPassword("long", f"A password has at most {LONGEST} characters.")
    if len(set(password)) < _FEWEST_CHARACTERS:
        raise WeakPassword("simple", f"A password has at least {_FEWEST_CHARACTERS} different characters.")
    if username and normalise.plain(username) in normalise.plain(password):
        raise WeakPassword("name", "A password does not contain the user name.")


def hashed(password: str) -> str:
    """The password's hash with a salt of its own, about 50 ms of one core: keep it out of transactions."""
    return _HASHER.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; takes as long when there is none to compare with, or when it is too long."""
    known = password_hash or _nobodys()
    try:
        fits = _HASHER.verify(known, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return fits and password_hash is not None and len(password) <= LONGEST


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other parameters than are used today."""
    return _HASHER.check_needs_rehash(password_hash)


def generated() -> str:
    """A random password that can be read out and typed."""
    groups, letters = _GENERATED
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(letters)) for _ in range(groups))


@cache
def _nobodys() -> str:
    """What a password is compared with where there is no account."""
    return hashed(secrets.token_hex(16))
