"""The bus over PostgreSQL's LISTEN and NOTIFY: several gateways need nothing but the store they share."""

import asyncio
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import psycopg
from sqlalchemy import make_url

from gateway.live.remote import RemoteBus

log = logging.getLogger("gateway.live")

_CHANNEL = "careline_live"
_LONGEST = 7_900  # bytes; PostgreSQL takes less than 8,000
_AT_ONCE = 100  # events in one round trip
_TELL = "SELECT pg_notify(%s, event) FROM unnest(%s::text[]) AS event"
_HEARTBEAT = 15.0  # seconds after which a silent connection is asked whether it is still there


class PostgresBus(RemoteBus):
    """Events go to every gateway that listens on the same database."""

    def __init__(self, store_url: str) -> None:
        super().__init__()
        self._conninfo = make_url(store_url).set(drivername="postgresql").render_as_string(hide_password=False)

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
            await connection.execute(f"LISTEN {_CHANNEL}")
            self._connected()
            while True:
                async for notice in connection.notifies(timeout=_HEARTBEAT):
                    self._received(notice.payload)
                await connection.execute("SELECT 1")

    async def _send(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True) as connection:
            while True:
                events = [await self._outgoing.get()]
                with suppress(asyncio.QueueEmpty):
                    while len(events) < _AT_ONCE:
                        events.append(self._outgoing.get_nowait())
                await connection.execute(_TELL, (_CHANNEL, events))

    def _encoded(self, topic: str, data: Mapping[str, Any]) -> str | None:
        encoded = json.dumps([topic, data], separators=(",", ":"))
        if len(encoded) > _LONGEST:
            log.error("an event is too long for PostgreSQL and stays in this process")
            return None
        return encoded
