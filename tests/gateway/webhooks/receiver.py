"""Another system: takes webhooks on loopback and checks them as Standard Webhooks asks."""

import asyncio
import base64
import hashlib
import hmac
import json
from typing import Any

from tests.gateway.harness import PATIENCE


class Receiver:
    """An ASGI app. `status` is what it answers; what arrived with a right signature is in `messages`."""

    def __init__(self) -> None:
        self.secret = ""
        self.status = 204
        self.location = ""
        self.tries: list[str] = []
        self.messages: list[dict[str, Any]] = []
        self.hosts: list[str] = []
        self._news = asyncio.Event()

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            while True:
                event = await receive()
                await send({"type": event["type"] + ".complete"})
                if event["type"] == "lifespan.shutdown":
                    return
        body, more = b"", True
        while more:
            event = await receive()
            body, more = body + event.get("body", b""), event.get("more_body")
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.hosts.append(headers["host"])
        self.tries.append(headers["webhook-id"])
        status = self.status if self._is_signed(headers, body) else 401
        if 200 <= status < 300:
            self.messages.append(json.loads(body))
        extra = [(b"location", self.location.encode())] if self.location else []
        await send({"type": "http.response.start", "status": status, "headers": extra})
        await send({"type": "http.response.body", "body": b""})
        self._news.set()

    def _is_signed(self, headers: dict[str, str], body: bytes) -> bool:
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        return headers["webhook-signature"] == f"v1,{expected}" and headers["content-type"] == "application/json"

    async def until(self, condition) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._news.clear()
                await self._news.wait()
