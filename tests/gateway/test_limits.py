"""Token buckets."""

import asyncio
from types import SimpleNamespace

import pytest

from gateway.limits import Bucket, Limiter, address_key
from gateway.live.limits import SharedLimits
from tests.gateway.lines import Line


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_gives_its_burst_then_its_rate():
    clock = Clock()
    limiter = Limiter(rate=2, burst=3, clock=clock)
    assert [limiter.allow("a") for _ in range(4)] == [True, True, True, False]
    clock.now = 0.5
    assert [limiter.allow("a") for _ in range(2)] == [True, False]


def test_keys_do_not_share():
    limiter = Limiter(rate=1, burst=1, clock=Clock())
    assert limiter.allow("a")
    assert limiter.allow("b")


def test_a_borrower_waits_as_long_as_the_debt_lasts():
    bucket = Bucket(rate=10, burst=1, now=0)
    assert bucket.borrow(0, 1) == 0
    assert bucket.borrow(0, 5) == pytest.approx(0.5)


def test_full_buckets_are_forgotten(monkeypatch):
    monkeypatch.setattr("gateway.limits._PRUNE_AT", 10)
    clock = Clock()
    limiter = Limiter(rate=1, burst=1, clock=clock)
    for number in range(1000):
        clock.now += 1
        limiter.allow(str(number))
    assert len(limiter._buckets) <= 20


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        (None, "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_an_address_is_what_one_customer_has(host, key):
    assert address_key(host) == key


async def test_what_one_gateway_let_through_counts_at_the_other():
    ends: list[Line] = []
    crew = SimpleNamespace(size=2)
    here, there = (Limiter(rate=0.001, burst=3, clock=lambda: 0.0) for _ in range(2))
    telling, hearing = (SharedLimits(Line(ends), crew, {"session": limiter}) for limiter in (here, there))
    both = [asyncio.create_task(each.listen()) for each in (telling, hearing)]
    await asyncio.sleep(0)
    assert [here.allow("k"), here.allow("k")] == [True, True]
    await telling.tell_once()
    for end in ends:
        await end.close()
    await asyncio.gather(*both)
    assert [there.allow("k"), there.allow("k")] == [True, False]
    assert [here.allow("k"), here.allow("k")] == [True, False]


def test_tokens_are_told_once():
    limiter = Limiter(rate=1, burst=1, clock=lambda: 0.0)
    assert [limiter.allow("k"), limiter.allow("k")] == [True, False]
    assert limiter.drain() == {"k": 1}
    assert limiter.drain() == {}
