"""Token buckets."""

import pytest

from gateway.limits import Bucket, Limiter, address_key


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
