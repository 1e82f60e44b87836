"""Money: whole minor units and a currency, never a float."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount.

    Attributes:
        minor: the amount in minor units (cents, pence).
        currency: ISO 4217 code.
    """

    minor: int
    currency: str

    @property
    def amount(self) -> Decimal:
        """The amount in major units, with two decimals."""
        return Decimal(self.minor).scaleb(-2)

    def __str__(self) -> str:
        return f"{self.currency} {self.amount:,.2f}"
