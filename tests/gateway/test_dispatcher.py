"""What the dispatcher tells of a queue that changed: once, and of places not too often."""

import pytest

from crm.domain import HandoffState
from crm.services.takeovers import Waiting
from gateway.dispatcher import Dispatcher
from gateway.live.bus import QUEUE
from gateway.live.local import LocalBus
from gateway.waits import Waits

QUEUED, TAKEN = HandoffState.QUEUED, HandoffState.ACCEPTED


class Archive:
    """What is open, as the next looks find it."""

    def __init__(self, *looks):
        self.waits = Waits()
        self._looks = list(looks)

    async def read(self, *_):
        return self._looks.pop(0)


class Handed(LocalBus):
    """Notes what is told in this process."""

    def __init__(self):
        super().__init__()
        self.told = []

    def hand_out(self, event):
        self.told.append((event.topic, event.kind))
        super().hand_out(event)


def waits(place: int, conversation: str = "a") -> Waiting:
    return Waiting(conversation, QUEUED, None, place)


@pytest.fixture
def bus():
    return Handed()


def dispatcher(bus, *looks) -> Dispatcher:
    return Dispatcher(Archive(*looks), None, None, None, bus, None, None, None, 1.0)


async def test_what_changed_without_an_event_is_told(bus):
    one = dispatcher(bus, {}, {1: waits(1)})
    await one._compare()
    await one._compare()
    assert bus.told == [("conversation:a", "handoff"), (QUEUE, "changed")]


@pytest.mark.parametrize(
    ("then", "state"), [({1: Waiting("a", TAKEN, 7, None)}, TAKEN), ({}, HandoffState.CLOSED)], ids=["taken", "over"]
)
async def test_what_an_event_told_is_not_told_again(bus, then, state):
    one = dispatcher(bus, {1: waits(1)}, then)
    await one._compare()
    bus.told.clear()
    one._told.add((1, str(state)))
    await one._compare()
    assert bus.told == []


async def test_an_older_event_does_not_hide_a_newer_change(bus):
    one = dispatcher(bus, {1: waits(1)}, {1: Waiting("a", TAKEN, 7, None)})
    await one._compare()
    bus.told.clear()
    one._told.add((1, str(QUEUED)))
    await one._compare()
    assert (QUEUE, "changed") in bus.told


async def test_a_place_is_told_to_the_customer_alone_and_the_next_ones_together_later(bus):
    one = dispatcher(bus, {1: waits(3)}, {1: waits(2)}, {1: waits(1)})
    for _ in range(3):
        await one._compare()
    assert [told for told in bus.told if told[1] == "place"] == [("conversation:a", "place")]
    one._places_due = 0.0
    one._tell_places()
    assert [told for told in bus.told if told[1] == "place"] == [("conversation:a", "place")] * 2
    assert bus.told.count((QUEUE, "changed")) == 1  # that somebody came to wait at all
