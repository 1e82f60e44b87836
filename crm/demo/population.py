"""Who the demo customers are: traits drawn together, so that they go with each other as they do among people.

Education rises a little with later birth, income with education and with age up to about fifty, marriage with age;
what people hold follows from all of these. Models find in the data what is put in here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crm.domain import Line

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LINES = tuple(Line)
_MARITAL = ("single", "married", "divorced", "widowed")
_MARRIED = _MARITAL.index("married")


@dataclass(frozen=True, slots=True)
class People:
    """Traits of a chunk of customers; every array has one entry (or row) a customer.

    Attributes:
        wealth: log income, standardised.
        risk: how often something happens to them, standardised and never stored.
        engagement: how readily they are in touch, standardised and never stored.
        propensity: probability of holding each line, shape (customers, lines).
        holds: which lines they have or had, same shape; everybody has at least one.
    """

    age_days: Ints
    gender: Ints
    chinese: Bools
    education: Ints
    marital: Ints
    income_minor: Ints
    wealth: Floats
    risk: Floats
    engagement: Floats
    consent: Bools
    tenure_days: Ints
    propensity: Floats
    holds: Bools


def draw(rng: np.random.Generator, size: int) -> People:
    """`size` customers."""
    age = 18 + 74 * rng.beta(1.9, 2.8, size)
    education = np.digitize(rng.normal(size=size) - 0.012 * (age - 45), [-0.75, 0.05, 0.85, 1.75])
    log_income = 10.45 + 0.17 * education - 0.0006 * (age - 50) ** 2 + 0.33 * rng.normal(size=size)
    log_income -= 0.4 * (age > 67)
    wealth = (log_income - log_income.mean()) / log_income.std()
    marital = _marital(rng, age)
    risk, engagement = rng.normal(size=(2, size))
    propensity = _propensity(age, wealth, education, marital == _MARRIED, engagement)
    holds = rng.random(propensity.shape) < propensity
    without = ~holds.any(axis=1)
    holds[without, propensity[without].argmax(axis=1)] = True
    return People(
        age_days=(age * 365.25).astype(np.int64),
        gender=rng.choice(3, size, p=[0.495, 0.495, 0.01]),
        chinese=rng.random(size) < 0.15,
        education=education,
        marital=marital,
        income_minor=(np.exp(log_income) / 100).astype(np.int64) * 100 * 100,
        wealth=wealth,
        risk=risk,
        engagement=engagement,
        consent=rng.random(size) < _sigmoid(0.3 + 0.7 * engagement),
        tenure_days=np.minimum(rng.exponential(1500, size) + 30, (age - 17.5) * 365).astype(np.int64),
        propensity=propensity,
        holds=holds,
    )


def _marital(rng: np.random.Generator, age: Floats) -> Ints:
    single = _sigmoid(-(age - 29) / 6)
    widowed = 0.4 * _sigmoid((age - 78) / 5)
    divorced = 0.16 * _sigmoid((age - 36) / 6)
    married = np.maximum(1 - single - widowed - divorced, 0.02)
    shares = np.stack([single, married, divorced, widowed], axis=1)
    limits = np.cumsum(shares / shares.sum(axis=1, keepdims=True), axis=1)
    return np.minimum((rng.random(len(age))[:, None] > limits).sum(axis=1), 3)


def _propensity(age: Floats, wealth: Floats, education: Ints, married: Bools, engagement: Floats) -> Floats:
    scores = {
        Line.AUTO: 0.45 + 0.35 * wealth - 0.0011 * (age - 47) ** 2 + 0.2 * married,
        Line.HOME: -1.35 + 0.75 * wealth + 0.035 * np.clip(age - 40, -20, 25) + 0.6 * married,
        Line.HEALTH: -1.75 + 0.02 * (age - 45) + 0.22 * education + 0.2 * wealth,
        Line.LIFE: -1.75 + 0.8 * married + 0.4 * wealth - 0.0022 * (age - 43) ** 2,
        Line.TRAVEL: -2.4 + 0.55 * wealth + 0.25 * education + 0.25 * engagement,
    }
    return _sigmoid(np.stack([scores[line] for line in LINES], axis=1))


def _sigmoid(x: Floats) -> Floats:
    return 1 / (1 + np.exp(-x))
