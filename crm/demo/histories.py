"""How long demo customers keep their policies, and why some go.

A policy runs from year to year. Whether it goes on depends on the last rise of its premium, on a claim that went badly,
on age, income and carelessness, and on how much else the customer holds; models find in the data what is put in here.
"""

from dataclasses import dataclass

import numpy as np

from crm.demo.population import LINES, Bools, Floats, Ints, People
from crm.domain import Line, PolicyStatus

YEARS = 16  # more are not looked back on
DAYS = 365.25
PRICE, CLAIM, UNPAID, NO_NEED = REASONS = ("price", "claim", "unpaid", "no_need")
_STATUSES = {
    PRICE: PolicyStatus.EXPIRED,
    CLAIM: PolicyStatus.CANCELLED,
    UNPAID: PolicyStatus.LAPSED,
    NO_NEED: PolicyStatus.CANCELLED,
}
_YEARLY = {Line.AUTO: 0.065, Line.HOME: 0.04, Line.HEALTH: 0.045, Line.LIFE: 0.03, Line.TRAVEL: 0.13}
_USUAL_RISE, _SPREAD = 0.03, 0.045


@dataclass(frozen=True, slots=True)
class Histories:
    """What became of each policy; every array has the shape (customers, lines).

    Attributes:
        age_days: days since it began.
        years: full years it ran; of one that ended.
        extra_days: days it ran on after them; 0 for one that was not renewed.
        reason: place among `REASONS`; -1 for one in force.
        rises: by year, what the premium rose at its beginning; shape (customers, lines, years).
    """

    age_days: Ints
    years: Ints
    extra_days: Ints
    reason: Ints
    rises: Floats


def draw(rng: np.random.Generator, people: People) -> Histories:
    """A history of every policy of these people."""
    shape = people.holds.shape
    age_days = _ages(rng, people)
    rises = np.clip(rng.normal(_USUAL_RISE, _SPREAD, (*shape, YEARS)), -0.08, 0.3)
    rises[..., 0] = 0
    went_badly = rng.random(shape) < 0.05 * np.exp(0.4 * people.risk)[:, None]
    pull = _pull(people)[..., None] + 11 * np.maximum(rises - _USUAL_RISE, 0) + 1.3 * went_badly[..., None]
    leaves = rng.random(rises.shape) < 1 / (1 + np.exp(-pull))
    years = leaves.argmax(axis=2)
    reason = _reasons(rng, people, np.take_along_axis(rises, years[..., None], axis=2)[..., 0], went_badly)
    at_the_end = reason == REASONS.index(PRICE)
    extra = np.where(at_the_end, 0, 20 + (rng.random(shape) * 330).astype(np.int64))
    years = years + at_the_end
    ended = leaves.any(axis=2) & (years * DAYS + extra + 2 < age_days)
    return Histories(age_days, years, extra, np.where(ended, reason, -1), rises)


def status_of(reason: int) -> PolicyStatus:
    """What a policy is that ended for a reason, or did not."""
    return PolicyStatus.ACTIVE if reason < 0 else _STATUSES[REASONS[reason]]


def _ages(rng: np.random.Generator, people: People) -> Ints:
    """One policy is as old as the customer's time with the insurer; others came later."""
    share = rng.random(people.holds.shape)
    first = np.where(people.holds, share, -1).argmax(axis=1)
    share[np.arange(len(share)), first] = 1
    return np.maximum(people.tenure_days[:, None] * share, 1).astype(np.int64)


def _pull(people: People) -> Floats:
    """Log-odds of leaving in a year without a steep rise, shape (customers, lines)."""
    yearly = np.array([_YEARLY[line] for line in LINES])
    young = people.age_days < 30 * DAYS
    several = people.holds.sum(axis=1) - 1
    person = 0.45 * young - 0.2 * people.wealth + 0.25 * people.risk - 0.35 * several
    return np.asarray(np.log(yearly / (1 - yearly))[None, :] + person[:, None])


def _reasons(rng: np.random.Generator, people: People, rise: Floats, went_badly: Bools) -> Ints:
    """Drawn by how much each weighs; in the order of `REASONS`."""
    careless = np.maximum(0.35 + 0.3 * people.risk - 0.15 * people.wealth, 0.05)
    weights = np.stack(
        [
            14 * np.maximum(rise - _USUAL_RISE, 0),
            2.0 * went_badly,
            np.broadcast_to(careless[:, None], rise.shape),
            np.full(rise.shape, 0.4),
        ],
        axis=2,
    )
    limits = np.cumsum(weights / weights.sum(axis=2, keepdims=True), axis=2)
    return np.minimum((rng.random(rise.shape)[..., None] > limits).sum(axis=2), len(REASONS) - 1)
