"""What the store's services need from outside, and what an insurer replaces to connect their own systems."""

from datetime import date, datetime
from typing import Protocol

from sqlalchemy.orm import Session

from crm.domain import (
    Address,
    BalanceView,
    ClaimReport,
    ClaimView,
    CodeMessage,
    ContactChange,
    HostedPage,
    InvoiceView,
    PaymentOrder,
    PaymentView,
    PolicyView,
    RefundView,
)
from crm.errors import CrmError
from crm.normalise import Identifier


class CodeDelivery(Protocol):
    """Brings a one-time code to its customer. The default is `crm.services.outbox.Outbox`."""

    def deliver(self, session: Session, message: CodeMessage) -> None:
        """Deliver the code, or write it down in `session` for somebody who does; never log it.

        What this raises undoes the code.
        """


class PaymentProvider(Protocol):
    """Takes payments on pages of its own. The default is `crm.payments.SandboxPayments`."""

    name: str

    def open_page(self, order: PaymentOrder) -> HostedPage:
        """Open a page on which the customer pays `order`, or leaves a card or account for autopay.

        The provider reports the outcome to `billing.complete_payment` with the page's reference.
        """


class BotUnreachable(CrmError):
    """The bot did not do what it was asked; the same may be asked again."""


class BotMemory(Protocol):
    """What the bot remembers of conversations. The default is `crm.bot_memory.PrivateChannel`."""

    def forget(self, conversation_id: str) -> None:
        """Make the bot forget a conversation for good, in its store and in memory; done before, it changes nothing.

        Raises:
            BotUnreachable: it could not be done now.
        """

    def scrub(self) -> None:
        """Overwrite what forgotten conversations left behind in the bot's files.

        Raises:
            BotUnreachable: it could not be done now.
        """


class CustomerRecords(Protocol):
    """Who the customers are."""

    def find(self, identifier: Identifier, birth_date: date, *, now: datetime) -> int | None:
        """The id of the one customer to whom both belong; None when they do not, whichever is wrong."""

    def change_contact(
        self,
        customer_id: int,
        *,
        phone: str | None = None,
        email: str | None = None,
        address: Address | None = None,
        conversation_id: str | None,
        key: str,
        now: datetime,
    ) -> ContactChange:
        """Change what is given. Raises `InvalidInput`, `NotFound`."""


class PolicyRecords(Protocol):
    """A customer's policies."""

    def list_policies(self, customer_id: int) -> list[PolicyView]:
        """All of them, active ones first, then the newest."""

    def policy(self, customer_id: int, number: str) -> PolicyView:
        """One of them. Raises `NotFound`, also for another customer's."""


class ClaimRecords(Protocol):
    """A customer's claims."""

    def list_claims(self, customer_id: int) -> list[ClaimView]:
        """All of them, the newest first."""

    def claim(self, customer_id: int, number: str) -> ClaimView:
        """One of them. Raises `NotFound`, also for another customer's."""

    def file_claim(self, customer_id: int, report: ClaimReport, *, key: str, now: datetime) -> ClaimView:
        """File one. Raises `NotFound`, `InvalidInput`."""

    def add_document(
        self,
        customer_id: int,
        number: str,
        *,
        document_type: str,
        attachment_id: str,
        conversation_id: str,
        key: str,
        now: datetime,
    ) -> ClaimView:
        """Add a file of the conversation to a claim. Raises `NotFound`, `InvalidInput`."""


class BillingRecords(Protocol):
    """What a customer owes, has paid and gets back."""

    def balance(self, customer_id: int, now: datetime) -> BalanceView:
        """What is unpaid, what of it is late, and the last payment."""

    def invoices(
        self, customer_id: int, now: datetime, *, policy_number: str | None = None, unpaid_only: bool = True
    ) -> list[InvoiceView]:
        """By the day they are due. Raises `NotFound` for an unknown policy."""

    def payment_history(
        self, customer_id: int, *, policy_number: str | None = None, limit: int = 12
    ) -> list[PaymentView]:
        """The newest first. Raises `NotFound` for an unknown policy."""

    def refund_status(self, customer_id: int) -> list[RefundView]:
        """The newest first."""


class Records(Protocol):
    """What the insurer's system of record knows of its customers, in one unit of work.

    Customers go by the ids of our own store's rows, whatever the system calls them. A `key` (see
    `crm.services.once.key`) makes a write happen once: the same content under the same key is the same write.
    """

    @property
    def customers(self) -> CustomerRecords:
        """Who they are."""

    @property
    def policies(self) -> PolicyRecords:
        """Their policies."""

    @property
    def claims(self) -> ClaimRecords:
        """Their claims."""

    @property
    def billing(self) -> BillingRecords:
        """Their bills."""


class Connector(Protocol):
    """The way to the insurer's system of record: our own store (`crm.connectors.local`), or one over HTTP (`.rest`)."""

    name: str

    def within(self, session: Session) -> Records:
        """The records, for as long as `session` is open."""
