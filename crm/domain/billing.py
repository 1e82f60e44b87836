"""What customers owe, how they pay, and what they get back."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from crm.domain.money import Money
from crm.domain.policies import Line


class InvoiceState(StrEnum):
    """Where an invoice stands on the day it is asked for."""

    OPEN = "open"
    OVERDUE = "overdue"
    PAID = "paid"
    CANCELLED = "cancelled"


class CheckoutPurpose(StrEnum):
    """What a hosted payment page is opened for."""

    PAYMENT = "payment"
    AUTOPAY = "autopay"


class CheckoutState(StrEnum):
    """Where a hosted payment page stands."""

    OPEN = "open"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"


class AutopayState(StrEnum):
    """`pending` waits for the customer to finish the payment page."""

    PENDING = "pending"
    ACTIVE = "active"
    OFF = "off"


class RefundState(StrEnum):
    """Where a refund stands."""

    REQUESTED = "requested"
    APPROVED = "approved"
    SENT = "sent"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """One instalment. `outstanding` is what is left after payments."""

    id: int
    policy_number: str
    line: Line
    issued_on: date
    due_on: date
    amount: Money
    outstanding: Money
    state: InvoiceState


@dataclass(frozen=True, slots=True)
class PaymentView:
    """Money that was received. `method` is a code: `card`, `autopay`, `transfer`."""

    policy_number: str
    line: Line
    paid_at: datetime
    amount: Money
    method: str
    reference: str


@dataclass(frozen=True, slots=True)
class BalanceView:
    """What a customer owes.

    Attributes:
        outstanding: everything unpaid, overdue or not.
        overdue: the part that is past its day.
        invoices: the unpaid ones, the earliest due first.
        next_due_on: the earliest due day that is not past; None when nothing else is due.
        next_amount: what is due on that day.
    """

    outstanding: Money
    overdue: Money
    invoices: tuple[InvoiceView, ...]
    next_due_on: date | None
    next_amount: Money | None
    last_payment: PaymentView | None


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """What a payment provider is asked to collect; for autopay, `amount` is zero."""

    purpose: CheckoutPurpose
    amount: Money
    language: str


@dataclass(frozen=True, slots=True)
class HostedPage:
    """A page of the payment provider; `reference` is unguessable and names the payment from now on."""

    reference: str
    url: str


@dataclass(frozen=True, slots=True)
class CheckoutView:
    """A payment page that was opened for a customer. Card numbers are typed there and nowhere else."""

    reference: str
    url: str
    purpose: CheckoutPurpose
    state: CheckoutState
    amount: Money
    policy_numbers: tuple[str, ...]
    valid_until: datetime


@dataclass(frozen=True, slots=True)
class AutopayView:
    """A policy's automatic payment.

    Attributes:
        day: day of the month, 1 to 28.
        next_on: the next collection; None unless active.
        checkout: the page on which the customer has to give a card or account, while pending.
    """

    policy_number: str
    line: Line
    state: AutopayState
    day: int
    next_on: date | None
    checkout: CheckoutView | None = None


@dataclass(frozen=True, slots=True)
class RefundView:
    """Money on its way to the customer. `reason` is a code, such as `cancellation` or `overpayment`."""

    policy_number: str
    line: Line
    amount: Money
    reason: str
    state: RefundState
    requested_at: datetime
    sent_at: datetime | None
    expected_on: date | None
