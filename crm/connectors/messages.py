"""What travels between us and the insurer's system, as `openapi.yml` describes it, and what becomes of it here."""

from datetime import date, datetime, time
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from crm import domain
from crm.domain import ClaimStatus, InvoiceState, Line, NextStep, PolicyStatus, RefundState
from crm.normalise import IdentifierKind


class Message(BaseModel):
    """Fields we do not know are passed over, so that the other side may grow."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Problem(Message):
    """Why a request was not carried out."""

    class Error(Message):
        """`field` is what has to be corrected."""

        code: str
        field: str = ""
        message: str = ""

    error: Error


class Money(Message):
    """An amount in minor units."""

    minor: int
    currency: str = Field(pattern="^[A-Z]{3}$")

    def view(self) -> domain.Money:
        """The amount here."""
        return domain.Money(self.minor, self.currency)


class Address(Message):
    """A postal address."""

    line: str
    city: str
    postcode: str
    country: str


class Customer(Message):
    """A customer; `id` is how the other system calls them."""

    id: str = Field(min_length=1)
    given_name: str
    family_name: str
    birth_date: date
    email: str
    phone: str
    address: Address
    language: str = "en"
    marketing_consent: bool = False


class MatchRequest(Message):
    """Whose are these?"""

    kind: IdentifierKind
    identifier: str
    birth_date: date


class ContactRequest(Message):
    """New contact data; what is left out stays."""

    phone: str | None = None
    email: str | None = None
    address: Address | None = None


class ContactAnswer(Message):
    """Which fields differ from before, and the customer as they are now."""

    changed: list[Literal["phone", "email", "address"]]
    customer: Customer


class Coverage(Message):
    """One thing a policy covers; no `limit` is no upper limit."""

    code: str
    name: str
    limit: Money | None = None
    deductible: Money
    included: bool = True

    def view(self) -> domain.CoverageView:
        """The coverage here."""
        limit = self.limit.view() if self.limit else None
        return domain.CoverageView(self.code, self.name, limit, self.deductible.view(), self.included)


class Policy(Message):
    """A policy."""

    number: str
    line: Line
    product: str
    status: PolicyStatus
    starts_on: date
    ends_on: date
    premium: Money
    insured: dict[str, str] = Field(default_factory=dict)
    coverages: list[Coverage] = Field(default_factory=list)

    def view(self) -> domain.PolicyView:
        """The policy here, without a row of ours."""
        return domain.PolicyView(
            id=0,
            number=self.number,
            line=self.line,
            product=self.product,
            status=self.status,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            premium=self.premium.view(),
            insured=self.insured,
            coverages=tuple(coverage.view() for coverage in self.coverages),
        )


class Policies(Message):
    """All policies of a customer."""

    policies: list[Policy]


class Handler(Message):
    """Who looks after a claim."""

    name: str
    title: str = ""
    phone: str = ""
    email: str = ""


class Event(Message):
    """A line of a claim's history."""

    at: AwareDatetime
    code: str
    note: str = ""


class Document(Message):
    """A document that was received."""

    document_type: str
    status: str
    received_at: AwareDatetime


class Claim(Message):
    """A claim."""

    number: str
    policy_number: str
    line: Line
    kind: str
    status: ClaimStatus
    incident_on: date
    incident_time: time | None = None
    place: str = ""
    description: str = ""
    details: dict[str, str] = Field(default_factory=dict)
    estimate: Money | None = None
    paid: Money | None = None
    filed_at: AwareDatetime
    history: list[Event] = Field(default_factory=list)
    documents: list[Document] = Field(default_factory=list)
    missing_documents: list[str] = Field(default_factory=list)
    handler: Handler | None = None
    next_step: NextStep = NextStep.HANDLER_REVIEW

    def view(self) -> domain.ClaimView:
        """The claim here, without a row of ours."""
        handler = self.handler
        return domain.ClaimView(
            id=0,
            number=self.number,
            policy_number=self.policy_number,
            line=self.line,
            kind=self.kind,
            status=self.status,
            incident_on=self.incident_on,
            incident_time=self.incident_time,
            place=self.place,
            description=self.description,
            details=self.details,
            estimate=self.estimate.view() if self.estimate else None,
            paid=self.paid.view() if self.paid else None,
            filed_at=self.filed_at,
            history=tuple(domain.ClaimEvent(event.at, event.code, event.note) for event in self.history),
            documents=tuple(
                domain.ClaimDocument(one.document_type, one.status, one.received_at) for one in self.documents
            ),
            missing_documents=tuple(self.missing_documents),
            handler=domain.Handler(handler.name, handler.title, handler.phone, handler.email) if handler else None,
            next_step=self.next_step,
        )


class Claims(Message):
    """All claims of a customer."""

    claims: list[Claim]


class ClaimRequest(Message):
    """What a customer reports."""

    policy_number: str
    kind: str
    incident_on: date
    incident_time: str | None = None
    place: str = ""
    description: str
    details: dict[str, str] = Field(default_factory=dict)
    estimate: Money | None = None

    @classmethod
    def of(cls, report: domain.ClaimReport) -> "ClaimRequest":
        """A report without its files, which follow one by one."""
        estimate = report.estimate
        return cls(
            policy_number=report.policy_number,
            kind=report.kind,
            incident_on=report.incident_on,
            incident_time=report.incident_time.isoformat("minutes") if report.incident_time else None,
            place=report.place,
            description=report.description,
            details=report.details,
            estimate=Money(minor=estimate.minor, currency=estimate.currency) if estimate else None,
        )


class DocumentRequest(Message):
    """A file for a claim; `content` is Base64."""

    document_type: str
    name: str
    media_type: str
    content: str


class Invoice(Message):
    """An instalment; `outstanding` is what is left after payments."""

    policy_number: str
    line: Line
    issued_on: date
    due_on: date
    amount: Money
    outstanding: Money
    state: InvoiceState

    def view(self) -> domain.InvoiceView:
        """The invoice here, without a row of ours."""
        return domain.InvoiceView(
            id=0,
            policy_number=self.policy_number,
            line=self.line,
            issued_on=self.issued_on,
            due_on=self.due_on,
            amount=self.amount.view(),
            outstanding=self.outstanding.view(),
            state=self.state,
        )


class Invoices(Message):
    """Invoices of a customer."""

    invoices: list[Invoice]


class Payment(Message):
    """Money that was received."""

    policy_number: str
    line: Line
    paid_at: AwareDatetime
    amount: Money
    method: str
    reference: str = ""

    def view(self) -> domain.PaymentView:
        """The payment here."""
        return domain.PaymentView(
            self.policy_number, self.line, self.paid_at, self.amount.view(), self.method, self.reference
        )


class Payments(Message):
    """Payments of a customer, the newest first."""

    payments: list[Payment]


class Refund(Message):
    """Money on its way back."""

    policy_number: str
    line: Line
    amount: Money
    reason: str
    state: RefundState
    requested_at: AwareDatetime
    sent_at: AwareDatetime | None = None
    expected_on: date | None = None

    def view(self) -> domain.RefundView:
        """The refund here."""
        sent: datetime | None = self.sent_at
        return domain.RefundView(
            policy_number=self.policy_number,
            line=self.line,
            amount=self.amount.view(),
            reason=self.reason,
            state=self.state,
            requested_at=self.requested_at,
            sent_at=sent,
            expected_on=self.expected_on,
        )


class Refunds(Message):
    """Refunds of a customer, the newest first."""

    refunds: list[Refund]
