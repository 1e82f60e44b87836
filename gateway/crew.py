"""The gateways that share a store, and which of them are alive."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

from crm.services import turn_leases
from crm.services.turn_leases import Peer
from gateway.store_access import StoreAccess

log = logging.getLogger("gateway.crew")

# Gateways of this very process: tests run several in one.
_living: set[str] = set()


class Crew:
    """This gateway's place among the others: says that it lives, and buries those that do not any more.

    Another gateway counts as dead when its beat has stood still for `patience` seconds by this process's own clock,
    or at once when it ran on this machine and its process is gone.
    """

    def __init__(self, store: StoreAccess, patience: float) -> None:
        self._store = store
        self._patience = patience
        self._place = _place()
        self._seen: dict[str, tuple[int, float]] = {}
        self.id = ""
        self.size = 1

    async def join(self) -> None:
        """Announce this gateway, under a new id."""
        place, pid = self._place, os.getpid()
        self.id = await self._store.write(lambda session: turn_leases.join(session, place=place, pid=pid))
        _living.add(self.id)

    async def leave(self) -> None:
        """Free what this gateway holds, for others to go on with."""
        gateway_id, self.id = self.id, ""
        _living.discard(gateway_id)
        if gateway_id:
            await self._store.write(lambda session: turn_leases.leave(session, gateway_id))

    async def beat(self) -> bool:
        """Say that we live and bury who does not; False when we were taken for dead ourselves."""
        gateway_id = self.id
        peers = await self._store.write(lambda session: turn_leases.beat(session, gateway_id))
        for peer in peers:
            if peer.id != gateway_id and self._is_dead(peer) and await self._bury(peer):
                log.warning("another gateway is gone; its work is taken up")
        self.size = max(1, len(peers))
        return any(peer.id == gateway_id for peer in peers)

    async def keep_beating(self, each: Callable[[bool], Awaitable[None]]) -> None:
        """Beat until cancelled, and call `each` after every beat with whether we still belong."""
        while True:
            await asyncio.sleep(self._patience / 10)
            try:
                await each(await self.beat())
            except Exception:  # the store is away for a while, or a fault: others would bury us, and we would join anew
                log.exception("a beat was missed")

    async def _bury(self, peer: Peer) -> bool:
        self._seen.pop(peer.id, None)
        return await self._store.write(lambda session: turn_leases.bury(session, peer))

    def _is_dead(self, peer: Peer) -> bool:
        if peer.place == self._place and not _runs(peer):
            return True
        now = asyncio.get_running_loop().time()
        known, since = self._seen.get(peer.id, (-1, now))
        if known != peer.beat:
            self._seen[peer.id] = (peer.beat, now)
            return False
        return now - since >= self._patience


def _runs(peer: Peer) -> bool:
    if peer.pid == os.getpid():
        return peer.id in _living
    try:
        os.kill(peer.pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _place() -> str:
    """Where process ids mean the same as here: a machine since it was started, or a container. Else unique."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        names = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return f"unknown-{os.urandom(8).hex()}"
    return sha256(f"{boot} {names}".encode()).hexdigest()[:32]
