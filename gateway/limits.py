"""Token buckets: how fast one session or one address may ask for things."""

import ipaddress
import time
from collections import Counter
from collections.abc import Callable

from gateway.errors import Refusal

_PRUNE_AT = 10_000


class Bucket:
    """Holds up to `burst` tokens and refills at `rate` a second."""

    __slots__ = ("_burst", "_rate", "_tokens", "_updated")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._updated = now

    def take(self, now: float, tokens: float = 1.0) -> bool:
        """Whether there were enough tokens; if so they are gone."""
        self._refill(now)
        if self._tokens < tokens:
            return False
        self._tokens -= tokens
        return True

    def borrow(self, now: float, tokens: float) -> float:
        """Take tokens even if they are not there yet; returns the seconds until they will be."""
        self._refill(now)
        self._tokens -= tokens
        return max(0.0, -self._tokens / self._rate)

    def full(self, now: float) -> bool:
        """Whether forgetting this bucket would change nothing."""
        self._refill(now)
        return self._tokens >= self._burst

    def _refill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + (now - self._updated) * self._rate)
        self._updated = now


class Limiter:
    """One bucket per key (a session, an address). Buckets that are full again are forgotten, so memory is bounded
    by how many keys were active within one refill."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}
        self._spent: Counter[str] = Counter()
        self._prune_at = _PRUNE_AT

    def allow(self, key: str) -> bool:
        """Take one token of `key`; False when it has none."""
        now = self._clock()
        bucket = self._buckets.get(key)
        if bucket is None:
            self._prune(now)
            bucket = self._buckets[key] = Bucket(self._rate, self._burst, now)
        taken = bucket.take(now)
        self._spent[key] += taken
        return taken

    def drain(self) -> dict[str, int]:
        """How many tokens of which key were taken here since this was asked last."""
        spent, self._spent = self._spent, Counter()
        return {key: tokens for key, tokens in spent.items() if tokens}

    def spend(self, key: str, tokens: float) -> None:
        """Take tokens that another gateway has given; they may go below nothing."""
        now = self._clock()
        if key not in self._buckets:
            self._prune(now)
            self._buckets[key] = Bucket(self._rate, self._burst, now)
        self._buckets[key].borrow(now, tokens)

    def check(self, key: str) -> None:
        """Take one token of `key`.

        Raises:
            Refusal: too_fast.
        """
        if not self.allow(key):
            raise Refusal("too_fast")

    def _prune(self, now: float) -> None:
        if len(self._buckets) < self._prune_at:
            return
        self._buckets = {key: bucket for key, bucket in self._buckets.items() if not bucket.full(now)}
        self._prune_at = max(_PRUNE_AT, 2 * len(self._buckets))


def address_key(host: str | None) -> str:
    """What counts as one address: an IPv4 address, or the /64 that one IPv6 customer usually gets."""
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
