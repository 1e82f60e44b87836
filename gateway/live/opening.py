"""Which bus a gateway uses."""

from gateway.live.bus import Bus
from gateway.live.local import LocalBus


def open_bus(live_url: str, store_url: str) -> Bus:
    """The bus of an installation: Redis when `live_url` names one, else the store's own when it is PostgreSQL.

    Raises:
        ValueError: `live_url` is neither empty nor the address of a Redis.
    """
    if live_url.startswith(("redis://", "rediss://", "unix://")):
        from gateway.live.redis import RedisBus  # only where it is used: it is a library less to load

        return RedisBus(live_url)
    if live_url:
        raise ValueError("CARELINE_LIVE_URL has to be empty or the address of a Redis, such as redis://127.0.0.1:6379")
    if store_url.startswith("postgresql"):
        from gateway.live.postgres import PostgresBus

        return PostgresBus(store_url)
    return LocalBus()
