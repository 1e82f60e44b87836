"""Where Chatwoot says that something happened; what it was is asked for by whoever carries the conversation."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from gateway.clock import Clock
from gateway.targets.chatwoot import ChatwootTarget
from gateway.targets.settings import TargetSettings

_LARGEST = 1_000_000  # bytes
_LATEST = 300.0  # seconds between signing and arriving
_OF_MESSAGES = frozenset({"message_created", "message_updated"})
_OF_CONVERSATIONS = frozenset({"conversation_status_changed", "conversation_updated"})


class ChatwootHook:
    """`POST /chatwoot/events`, signed, or `POST /chatwoot/events/{token}` where Chatwoot does not sign."""

    def __init__(self, target: ChatwootTarget, clock: Clock, settings: TargetSettings) -> None:
        self._target = target
        self._clock = clock
        self._account = settings.chatwoot_account
        self._secret = settings.chatwoot_webhook_secret.get_secret_value()
        self._token = settings.chatwoot_webhook_token.get_secret_value()
        self.router = APIRouter()
        self.router.add_api_route("/chatwoot/events", self.signed, methods=["POST"])
        self.router.add_api_route("/chatwoot/events/{token}", self.with_token, methods=["POST"])

    async def signed(self, request: Request) -> Response:
        """An event that proves itself by its signature."""
        body = await _body(request)
        if body is None:
            return JSONResponse({"error": "too large"}, status_code=413)
        if not self._secret or not self._is_signed(request.headers, body):
            return JSONResponse({"error": "signature"}, status_code=401)
        return await self._take(body)

    async def with_token(self, request: Request, token: str) -> Response:
        """An event that proves itself by the address it is sent to."""
        if not self._token or not hmac.compare_digest(token.encode(), self._token.encode()):
            return JSONResponse({"error": "unknown"}, status_code=404)
        body = await _body(request)
        return JSONResponse({"error": "too large"}, status_code=413) if body is None else await self._take(body)

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """HMAC-SHA256 over time and body, as recent versions of Chatwoot sign."""
        stamp = headers.get("x-chatwoot-timestamp", "")
        if not stamp.isascii() or not stamp.isdigit() or abs(self._clock().timestamp() - int(stamp)) > _LATEST:
            return False
        digest = hmac.new(self._secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(headers.get("x-chatwoot-signature", "").encode(), f"sha256={digest}".encode())

    async def _take(self, body: bytes) -> Response:
        try:
            remote_id = self._conversation(json.loads(body))
        except (ValueError, TypeError, KeyError, AttributeError):
            return JSONResponse({"error": "not an event"}, status_code=400)
        if remote_id is not None:
            await self._target.poke(remote_id)
        return JSONResponse({"ok": True})

    def _conversation(self, event: Mapping[str, Any]) -> int | None:
        """The conversation that an event is about, if it is one we want to know of."""
        account = event.get("account")
        if account is not None and int(account["id"]) != self._account:
            return None
        if event["event"] in _OF_MESSAGES:
            return int(event["conversation"]["id"])
        return int(event["id"]) if event["event"] in _OF_CONVERSATIONS else None


async def _body(request: Request) -> bytes | None:
    """What was sent; None when it is too much."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST:
            return None
    return body
