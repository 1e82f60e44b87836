"""Our own store as the system of record: the services, given a session."""

from datetime import date, datetime

from sqlalchemy.orm import Session

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
from crm.normalise import Identifier
from crm.services import billing, claims, contact_changes, policies, verification


class LocalConnector:
    """Opens nothing and keeps nothing: the session is all that is needed.

    Keys of writes are not looked at: writes belong into `crm.services.once`, in the same transaction.
    """

    name = "local"

    def within(self, session: Session) -> "LocalRecords":
        """The store's records."""
        return LocalRecords(session)


class LocalRecords:
    """The records of our own store."""

    def __init__(self, session: Session) -> None:
        self.customers = _Customers(session)
        self.policies = _Policies(session)
        self.claims = _Claims(session)
        self.billing = _Billing(session)


class _Area:
    def __init__(self, session: Session) -> None:
        self._session = session


class _Customers(_Area):
    def find(self, identifier: Identifier, birth_date: date, *, now: datetime) -> int | None:
        return verification.find_customer(self._session, identifier, birth_date)

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
        return contact_changes.change_contact(
            self._session,
            customer_id,
            conversation_id=conversation_id,
            now=now,
            phone=phone,
            email=email,
            address=address,
        )


class _Policies(_Area):
    def list_policies(self, customer_id: int) -> list[PolicyView]:
        return policies.list_policies(self._session, customer_id)

    def policy(self, customer_id: int, number: str) -> PolicyView:
        return policies.policy(self._session, customer_id, number)


class _Claims(_Area):
    def list_claims(self, customer_id: int) -> list[ClaimView]:
        return claims.list_claims(self._session, customer_id)

    def claim(self, customer_id: int, number: str) -> ClaimView:
        return claims.claim(self._session, customer_id, number)

    def file_claim(self, customer_id: int, report: ClaimReport, *, key: str, now: datetime) -> ClaimView:
        return claims.file_claim(self._session, customer_id, report, now=now)

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
        return claims.add_document(
            self._session,
            customer_id,
            number,
            document_type=document_type,
            attachment_id=attachment_id,
            conversation_id=conversation_id,
            now=now,
        )


class _Billing(_Area):
    def balance(self, customer_id: int, now: datetime) -> BalanceView:
        return billing.balance(self._session, customer_id, now)

    def invoices(
        self, customer_id: int, now: datetime, *, policy_number: str | None = None, unpaid_only: bool = True
    ) -> list[InvoiceView]:
        return billing.invoices(self._session, customer_id, now, policy_number=policy_number, unpaid_only=unpaid_only)

    def payment_history(
        self, customer_id: int, *, policy_number: str | None = None, limit: int = 12
    ) -> list[PaymentView]:
        return billing.payment_history(self._session, customer_id, policy_number=policy_number, limit=limit)

    def refund_status(self, customer_id: int) -> list[RefundView]:
        return billing.refund_status(self._session, customer_id)
