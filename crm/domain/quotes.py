"""Quotes, and how their price came about."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from crm.domain.money import Money
from crm.domain.policies import Line


@dataclass(frozen=True, slots=True)
class RatingField:
    """One thing the price depends on, as it has to be asked for.

    Attributes:
        kind: `whole` (a whole number), `money` (whole units of the currency), `date`, `postcode`, `choice`, `yes_no`.
        minimum, maximum: the accepted range of numbers; for a date, of the age in years.
        choices: the codes that are accepted.
        default: what is assumed when nothing is said; None when the customer has to say it.
    """

    name: str
    kind: str
    minimum: int | None
    maximum: int | None
    choices: tuple[str, ...]
    default: str | None

    @property
    def required(self) -> bool:
        """Whether there is no price without it."""
        return self.default is None


@dataclass(frozen=True, slots=True)
class RatingFactor:
    """One step from the base to the price.

    Attributes:
        code: the rating table's name of the factor, such as `age` or `deductible`.
        value: the answer it was chosen by, as text.
        factor: what the price so far was multiplied with; 1 changes nothing.
        effect: the change of the yearly price by this step.
    """

    code: str
    value: str
    factor: Decimal
    effect: Money


@dataclass(frozen=True, slots=True)
class Rating:
    """A yearly (travel: per trip) price and every step to it: base plus all effects is the premium."""

    line: Line
    base: Money
    factors: tuple[RatingFactor, ...]
    premium: Money


@dataclass(frozen=True, slots=True)
class QuoteView:
    """A stored quote. `valid_until` is its last day; `monthly` is a twelfth, except for travel."""

    number: str
    line: Line
    answers: dict[str, str]
    base: Money
    factors: tuple[RatingFactor, ...]
    premium: Money
    monthly: Money | None
    created_at: datetime
    valid_until: date
    is_valid: bool
