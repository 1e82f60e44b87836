"""An insurer's existing system as the system of record, over the HTTP interface that `openapi.yml` describes.

Conversations, hand-offs, codes and requests stay in our store. A customer the other system knows gets a row here
that copies what it said last (`crm.connectors.copies`), so that all of that has somebody to belong to.
"""

from base64 import b64encode
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy.orm import Session

from crm.connectors import copies, messages
from crm.connectors.http import Caller, path
from crm.domain import (
    Address,
    BalanceView,
    ClaimReport,
    ClaimView,
    ContactChange,
    InvoiceView,
    PaymentView,
    PolicyView,
    RefundView,
)
from crm.errors import NotFound
from crm.normalise import Identifier, IdentifierKind
from crm.services import attachments, billing, contact_changes
from crm.services._rows import business_value
from crm.services.claims import PHOTOS

_MOST_PAYMENTS = 100


class RestConnector:
    """The insurer's system at an address.

    Args:
        url: where its interface begins, such as `https://crm.example/careline`.
        token: the bearer token it knows us by.
    """

    name = "rest"

    def __init__(self, url: str, token: str, caller: Caller | None = None) -> None:
        self._caller = caller or Caller(url, token)

    def within(self, session: Session) -> "RestRecords":
        """The other system's records."""
        return RestRecords(self._caller, session)

    def close(self) -> None:
        """Give the connections back."""
        self._caller.close()


class RestRecords:
    """The records of the other system."""

    def __init__(self, caller: Caller, session: Session) -> None:
        self.customers = _Customers(caller, session)
        self.policies = _Policies(caller, session)
        self.claims = _Claims(caller, session)
        self.billing = _Billing(caller, session)


class _Area:
    def __init__(self, caller: Caller, session: Session) -> None:
        self._caller, self._session = caller, session

    def _of(self, customer_id: int, *parts: str) -> str:
        """A path below the customer, as the other system calls them."""
        return path("customers", copies.reference_of(self._session, customer_id), *parts)


class _Customers(_Area):
    def find(self, identifier: Identifier, birth_date: date, *, now: datetime) -> int | None:
        if identifier.kind is IdentifierKind.UNKNOWN:
            return None
        asked = messages.MatchRequest(kind=identifier.kind, identifier=identifier.value, birth_date=birth_date)
        try:
            found = self._caller.ask("match a customer", "customers/match", messages.Customer, asked)
        except NotFound:
            return None
        return copies.keep(self._session, found, now)

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
        """There first, then in our copy, which also warns the old address."""
        wished = messages.ContactRequest(
            phone=phone, email=email, address=messages.Address(**asdict(address)) if address else None
        )
        answer = self._caller.write(
            "change contact data",
            "PATCH",
            self._of(customer_id, "contact"),
            messages.ContactAnswer,
            wished,
            key,
        )
        there = answer.customer
        return contact_changes.change_contact(
            self._session,
            customer_id,
            conversation_id=conversation_id,
            now=now,
            phone=there.phone if phone is not None else None,
            email=there.email if email is not None else None,
            address=Address(**there.address.model_dump()) if address is not None else None,
        )


class _Policies(_Area):
    def list_policies(self, customer_id: int) -> list[PolicyView]:
        answer = self._caller.read("list policies", self._of(customer_id, "policies"), messages.Policies)
        views = [policy.view() for policy in answer.policies]
        return sorted(views, key=lambda view: (view.status != "active", -view.starts_on.toordinal(), view.number))

    def policy(self, customer_id: int, number: str) -> PolicyView:
        there = self._of(customer_id, "policies", number)
        return self._caller.read("read a policy", there, messages.Policy).view()


class _Claims(_Area):
    def list_claims(self, customer_id: int) -> list[ClaimView]:
        answer = self._caller.read("list claims", self._of(customer_id, "claims"), messages.Claims)
        return sorted((claim.view() for claim in answer.claims), key=lambda view: view.filed_at, reverse=True)

    def claim(self, customer_id: int, number: str) -> ClaimView:
        there = self._of(customer_id, "claims", number)
        return self._caller.read("read a claim", there, messages.Claim).view()

    def file_claim(self, customer_id: int, report: ClaimReport, *, key: str, now: datetime) -> ClaimView:
        """The claim, then each photo: whatever is tried again arrives once."""
        filed = self._caller.write(
            "file a claim",
            "POST",
            self._of(customer_id, "claims"),
            messages.Claim,
            messages.ClaimRequest.of(report),
            key,
        ).view()
        for attachment_id in report.attachments:
            filed = self.add_document(
                customer_id,
                filed.number,
                document_type=PHOTOS,
                attachment_id=attachment_id,
                conversation_id=report.conversation_id or "",
                key=key,
                now=now,
            )
        return filed

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
        view, content = attachments.read(self._session, conversation_id, attachment_id)
        sent = messages.DocumentRequest(
            document_type=document_type,
            name=view.name,
            media_type=view.media_type,
            content=b64encode(content).decode(),
        )
        return self._caller.write(
            "add a document",
            "POST",
            self._of(customer_id, "claims", number, "documents"),
            messages.Claim,
            sent,
            key,
        ).view()


class _Billing(_Area):
    def balance(self, customer_id: int, now: datetime) -> BalanceView:
        due = self.invoices(customer_id, now)
        last = self.payment_history(customer_id, limit=1)
        currency = business_value(self._session, "currency", "USD")
        return billing.summed(due, currency, last[0] if last else None)

    def invoices(
        self, customer_id: int, now: datetime, *, policy_number: str | None = None, unpaid_only: bool = True
    ) -> list[InvoiceView]:
        params = {"unpaid": "true" if unpaid_only else "false"} | _named(policy_number)
        answer = self._caller.read("list invoices", self._of(customer_id, "invoices"), messages.Invoices, params)
        return sorted((invoice.view() for invoice in answer.invoices), key=lambda view: view.due_on)

    def payment_history(
        self, customer_id: int, *, policy_number: str | None = None, limit: int = 12
    ) -> list[PaymentView]:
        params = {"limit": str(min(limit, _MOST_PAYMENTS))} | _named(policy_number)
        answer = self._caller.read("list payments", self._of(customer_id, "payments"), messages.Payments, params)
        views = sorted((payment.view() for payment in answer.payments), key=lambda view: view.paid_at, reverse=True)
        return views[:limit]

    def refund_status(self, customer_id: int) -> list[RefundView]:
        answer = self._caller.read("list refunds", self._of(customer_id, "refunds"), messages.Refunds)
        return sorted((refund.view() for refund in answer.refunds), key=lambda view: view.requested_at, reverse=True)


def _named(policy_number: str | None) -> dict[str, str]:
    return {} if policy_number is None else {"policy": policy_number}
