"""The payment provider that is used until the insurer connects their own: it takes no money."""

import secrets
from urllib.parse import quote

from crm.domain import HostedPage, PaymentOrder


class SandboxPayments:
    """Hosted pages below a path of our own gateway, which reports the outcome back.

    Args:
        path: where the gateway serves the page; the reference is appended.
    """

    name = "sandbox"

    def __init__(self, path: str = "/pay/") -> None:
        self._path = path

    def open_page(self, order: PaymentOrder) -> HostedPage:
        """A page with an unguessable reference; whoever has it may pay, and sees only the amount."""
        reference = secrets.token_urlsafe(24)
        return HostedPage(reference, f"{self._path}{reference}?lang={quote(order.language)}")
