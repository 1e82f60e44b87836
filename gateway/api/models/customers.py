"""The customer beside a conversation."""

from datetime import date, datetime

from crm.domain.billing import InvoiceState
from crm.domain.claims import ClaimStatus
from crm.domain.policies import Line, PolicyStatus
from crm.services.recommendations import Answer
from gateway.api.callers import AnyNumber, Key, Moment, Sent, Shown, Word


class Money(Shown):
    """An amount in minor units (cents, pence) of an ISO 4217 currency."""

    minor: int
    currency: str


class MaskedField(Shown):
    """A field of the customer as it stands hidden; `code` names it when it is unmasked."""

    code: str
    hidden: str


class Coverage(Shown):
    """One thing a policy covers; without a `limit` there is no upper one."""

    code: str
    name: str
    limit: Money | None
    deductible: Money
    included: bool


class Policy(Shown):
    """A policy; the premium is per year."""

    number: str
    line: Line
    product: str
    status: PolicyStatus
    starts_on: date
    ends_on: date
    premium: Money
    coverages: list[Coverage]


class Claim(Shown):
    """An open claim."""

    number: str
    policy_number: str
    line: Line
    kind: str
    status: ClaimStatus
    incident_on: date
    estimate: Money | None
    filed_at: datetime
    missing_documents: list[str]


class Invoice(Shown):
    """One unpaid instalment."""

    policy_number: str
    issued_on: date
    due_on: date
    amount: Money
    outstanding: Money
    state: InvoiceState


class Balance(Shown):
    """What the customer owes."""

    outstanding: Money
    overdue: Money
    next_due_on: date | None
    next_amount: Money | None
    invoices: list[Invoice]


class Request(Shown):
    """A service request."""

    number: str
    kind: str
    status: str
    policy_number: str | None
    requested_at: datetime
    due_on: date | None


class Complaint(Shown):
    """A complaint, with the last day on which an answer keeps the promise."""

    number: str
    category: str
    status: str
    received_at: datetime
    answer_due_on: date
    answered_at: datetime | None


class Task(Shown):
    """Something that waits to be done; `kind` is request, complaint, document, invoice or call."""

    kind: str
    code: str
    number: str
    due: date | None
    late: bool


class Contact(Shown):
    """A contact with the customer lately."""

    channel: str
    topic: str
    at: datetime


class Call(Shown):
    """A call-back that is booked."""

    reference: str
    at_start: datetime
    at_end: datetime
    phone_masked: str


class Offer(Shown):
    """What to offer now, or why nothing: `because` may be said to the customer, `reasons` are for the colleague."""

    product_id: int | None
    line: str
    product: str
    because: str
    reasons: list[str]
    why_not: list[str]
    is_waiting: bool
    """The customer has heard of it, and has not answered."""


class Leaving(Shown):
    """How likely the customer is to leave: `score` 0 to 100, `level` low, medium or high."""

    score: int
    level: str


class Person(Shown):
    """The customer with all that belongs to them."""

    since: datetime
    marketing: bool
    policies: list[Policy]
    open_claims: list[Claim]
    balance: Balance
    requests: list[Request]
    complaints: list[Complaint]
    leaving: Leaving
    agent: str | None
    branch: str | None


class Customer(Shown):
    """Everything beside a conversation; `person` is null when nobody was ever verified in it."""

    verified: bool
    """Whether the customer is verified now."""
    fields: list[MaskedField]
    person: Person | None
    contacts: list[Contact]
    tasks: list[Task]
    offer: Offer | None
    calls: list[Call]


class CallWish(Sent):
    """A call to book: to `phone`, else to the number on record; at `wished`, else as soon as possible."""

    phone: Word = ""
    wished: Moment | None = None
    """With a time zone; the free slot then or next after it is booked."""
    message_id: Key


class BookedCall(Shown):
    """The call that was booked."""

    reference: str
    at_start: datetime
    at_end: datetime


class NewAddress(Sent):
    """A postal address."""

    line: Word
    city: Word
    postcode: Word
    country: Word = ""


class ContactWish(Sent):
    """What changes; what is left out stays."""

    phone: Word = ""
    email: Word = ""
    address: NewAddress | None = None
    message_id: Key


class ContactChanged(Shown):
    """The names of the fields that differ from before."""

    changed: list[str]


class OfferAnswer(Sent):
    """What the customer said to an offer."""

    product_id: AnyNumber
    answer: Answer
    message_id: Key


class OfferAnswered(Shown):
    """The offer that was answered."""

    offer: int
