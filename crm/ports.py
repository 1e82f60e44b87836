"""What the store's services need from outside, and what an insurer replaces to connect their own systems."""

from typing import Protocol

from sqlalchemy.orm import Session

from crm.domain import CodeMessage, HostedPage, PaymentOrder
from crm.errors import CrmError


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
