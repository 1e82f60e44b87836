"""Verification and customer 360, measured in turns on the sealed and the plain store."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.store.stores import Side

ROUNDS = 20  # the two stores take turns, so that what else the machine does falls on both
WARM_UP = 40


@dataclass(frozen=True)
class Times:
    """What one kind of look-up took, in milliseconds; `cpu` is what the process worked, whatever else ran."""

    sealed: list[float]
    plain: list[float]
    sealed_cpu: list[float]
    plain_cpu: list[float]

    def row(self, share: float) -> tuple[float, float, float]:
        """A percentile of both, and their ratio."""
        sealed, plain = percentile(self.sealed, share), percentile(self.plain, share)
        return sealed, plain, sealed / plain

    def cpu_row(self, share: float) -> tuple[float, float, float]:
        """The same of what the process worked."""
        return Times(self.sealed_cpu, self.plain_cpu, [], []).row(share)


def percentile(times: Sequence[float], share: float) -> float:
    """The time below which `share` of the times are."""
    return sorted(times)[min(int(len(times) * share), len(times) - 1)]


def measure(both: list[Side], customers: int, count: int) -> dict[str, Times]:
    """Every look-up `count` times on each store."""
    found = {}
    for side in both:
        side.ask("choose", customers=customers, count=min(4 * count, customers - 2))
    for what in ("verify", "view"):
        times: dict[str, list[float]] = {side.kind: [] for side in both}
        cpu: dict[str, list[float]] = {side.kind: [] for side in both}
        for side in both:
            side.ask(what, count=WARM_UP)
        for turn in range(ROUNDS):
            for side in both if turn % 2 else reversed(both):
                answer = side.ask(what, count=count // ROUNDS)
                times[side.kind] += [1000 * seconds for seconds in answer["times"]]
                cpu[side.kind] += [1000 * seconds for seconds in answer["cpu"]]
        found[what] = Times(times["sealed"], times["plain"], cpu["sealed"], cpu["plain"])
    return found
