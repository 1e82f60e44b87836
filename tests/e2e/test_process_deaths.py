"""Processes are killed at random points of a claim: nothing is lost, nothing happens twice."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone

import pytest

from crm.domain.conversations import MessageStatus, Sender
from crm.services import claims, verification
from tests.e2e.chat import Customer, Turn
from tests.e2e.stack import DemoCustomer, Stack
from tests.e2e.story import CLAIM, PLACE, say_step

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

KILLS = 12
LONGEST_TURN = 0.25  # seconds; a kill falls anywhere from before a message to after its answer


@pytest.fixture
def dice(request):
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    return random.Random(seed)


class Killer:
    """Kills one process at a random moment of some of the steps."""

    def __init__(self, stack: Stack, dice: random.Random, steps: int) -> None:
        self._stack, self._dice = stack, dice
        self._due = [dice.randrange(steps) for _ in range(KILLS)]
        self.kills: list[tuple[int, str]] = []
        self._threads: list[threading.Thread] = []
        self._ended: dict[str, int] = {}
        self._one_at_a_time = {name: threading.Lock() for name in stack.names}

    def __call__(self, step: int) -> None:
        for _ in range(self._due.count(step)):
            name = self._dice.choice(self._stack.names)
            timer = threading.Timer(self._dice.uniform(0, LONGEST_TURN), self._kill, (step, name))
            timer.start()
            self._threads.append(timer)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _kill(self, step: int, name: str) -> None:
        """End the process's present life; one that has just been ended has to come back first."""
        with self._one_at_a_time[name]:
            while (pid := self._stack.pid(name)) == self._ended.get(name):
                time.sleep(0.02)
            os.kill(pid, signal.SIGKILL)
            self._ended[name] = pid
            self.kills.append((step, name))


def test_a_claim_survives_every_kill(stack, dice):
    who, other = stack.customers
    calm = tell(stack, other, lambda _: None)
    killer = Killer(stack, dice, len(CLAIM))
    turns = tell(stack, who, killer)
    killer.join()
    stack.wait_until_ready()
    assert len(killer.kills) == KILLS

    told = [[reply.text for reply in turn.spoken_by_bot] for turn in turns]
    spoken = [len(turn.spoken_by_bot) for turn in calm]
    assert list(map(len, told)) == spoken, f"lost or doubled words; kills: {killer.kills}; {told}"
    assert filed_here(stack, turns[0].message.conversation_id) == 1
    for sequence in (calm, turns):
        assert len({turn.message.id for turn in sequence}) == len(CLAIM)


def tell(stack: Stack, who: DemoCustomer, around: Callable[[int], None]) -> list[Turn]:
    """The whole claim; a step whose turn failed is said again, as the apology asks."""
    customer = Customer(stack)
    turns: list[Turn] = []
    for number, step in enumerate(CLAIM):
        around(number)
        turn = say_step(customer, who, step, turns[-1] if turns else None)
        while turn.message.status is MessageStatus.FAILED:
            turn = say_step(customer, who, step, turns[-1] if turns else None)
        turns.append(turn)
    told = customer.transcript()
    customer.close()
    assert [message.seq for message in told] == list(range(1, len(told) + 1))
    assert all(message.status is not MessageStatus.RECEIVED for message in told if message.sender == Sender.CUSTOMER)
    return turns


def filed_here(stack: Stack, conversation: str) -> int:
    """How many claims this conversation filed."""
    with stack.store().reading() as session:
        customer = verification.verified_customer(session, conversation, datetime.now(timezone.utc))
        return sum(claim.place == PLACE for claim in claims.list_claims(session, customer.id))
