"""How a message to another system is signed: as Standard Webhooks has it (https://www.standardwebhooks.com)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any


def body_of(payload: Mapping[str, Any]) -> bytes:
    """A payload as it is sent; the same for every attempt."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def signed(secret: str, message_id: str, now: datetime, body: bytes) -> dict[str, str]:
    """The headers that say which message it is, when it was sent, and that it is ours.

    Args:
        secret: `whsec_` and the key in base64.
    """
    timestamp = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
