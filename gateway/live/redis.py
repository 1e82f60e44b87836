"""The bus over Redis: for many gateways, or to keep live events away from the store."""

import json
from collections.abc import Mapping
from typing import Any

import redis.asyncio as redis

from gateway.live.remote import RemoteBus

_CHANNEL = "careline:live"


class RedisBus(RemoteBus):
    """Events go to every gateway that listens on the same Redis."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    async def _listen(self) -> None:
        async with self._client() as client, client.pubsub() as channel:
            await channel.subscribe(_CHANNEL)
            async for message in channel.listen():
                if message["type"] == "subscribe":
                    self._connected()
                elif message["type"] == "message":
                    self._received(message["data"])

    async def _send(self) -> None:
        async with self._client() as client:
            while True:
                await client.publish(_CHANNEL, await self._outgoing.get())

    def _client(self) -> redis.Redis:
        return redis.from_url(self._url, socket_keepalive=True, health_check_interval=15)

    def _encoded(self, topic: str, data: Mapping[str, Any]) -> str | None:
        return json.dumps([topic, data], separators=(",", ":"))
