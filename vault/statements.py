"""Short signed statements that one process of ours shows to another."""

import base64
import binascii
import hmac
import json
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Any

from vault.errors import StatementError


def sign(key: bytes, claims: dict[str, Any], ttl: timedelta, now: datetime) -> str:
    """`claims` (JSON values) with an expiry, as `body.mac`, both base64url."""
    body = _encode(json.dumps({**claims, "exp": (now + ttl).timestamp()}, separators=(",", ":")).encode())
    return f"{body}.{_encode(_mac(key, body))}"


def verify(keys: Iterable[bytes], token: object, now: datetime) -> dict[str, Any]:
    """The claims of a statement that is ours (signed with one of `keys`), unaltered and not yet expired.

    Raises:
        StatementError: anything else.
    """
    if not isinstance(token, str) or token.count(".") != 1:
        raise StatementError("This is not a signed statement.")
    body, mac = token.split(".")
    try:
        given = _decode(mac)
        genuine = any(hmac.compare_digest(given, _mac(key, body)) for key in keys)
    except (binascii.Error, ValueError) as error:
        raise StatementError("The statement's signature is malformed.") from error
    if not genuine:
        raise StatementError("The statement's signature does not match.")
    claims: dict[str, Any] = json.loads(_decode(body))
    if claims.pop("exp") < now.timestamp():
        raise StatementError("The statement has expired.")
    return claims


def utc_now() -> datetime:
    """The present moment, timezone-aware."""
    return datetime.now(timezone.utc)


def _mac(key: bytes, body: str) -> bytes:
    return hmac.new(key, body.encode(), sha256).digest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
