"""What customers ask to have done, and what becomes of it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from crm.domain.customers import CustomerView
from crm.domain.money import Money
from crm.domain.policies import Line, PolicyView


class RequestKind(StrEnum):
    """The kinds of service requests that the services make."""

    RENEWAL = "renewal"
    CHANGE_CONTACT = "change_contact"
    CHANGE_VEHICLE = "change_of_vehicle"
    CHANGE_BENEFICIARY = "change_of_beneficiary"
    CHANGE_COVERAGE = "change_of_coverage"
    CANCELLATION = "cancellation"
    PROOF_OF_INSURANCE = "proof_of_insurance"
    DATA_EXPORT = "data_export"
    DATA_ERASURE = "data_erasure"
    MARKETING_OPT_OUT = "marketing_opt_out"
    ADVICE = "advice"


class RequestStatus(StrEnum):
    """`open` waits for a person; `done` was carried out; `declined` and `withdrawn` end it otherwise."""

    OPEN = "open"
    DONE = "done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class RequestView:
    """A service request.

    Attributes:
        number: such as `SR-1234567`; empty for requests recorded elsewhere.
        details: what was asked for, by field.
        due_on: when it has to be answered at the latest, if there is a deadline.
    """

    number: str
    kind: str
    status: str
    policy_number: str | None
    details: dict[str, Any]
    requested_at: datetime
    due_on: date | None
    closed_at: datetime | None

    @property
    def waits_for_person(self) -> bool:
        """Whether nothing changes before a person has approved it."""
        return self.status == RequestStatus.OPEN


@dataclass(frozen=True, slots=True)
class RenewalOffer:
    """The next year of a policy.

    Attributes:
        reasons: what moved the premium, as codes with the change of the yearly premium.
        accepted: whether the customer has taken it already.
    """

    policy_number: str
    line: Line
    product: str
    starts_on: date
    ends_on: date
    current: Money
    premium: Money
    reasons: tuple[tuple[str, Money], ...]
    days_left: int
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Beneficiary:
    """Who is paid by a life policy. `relation` is free text; `share` is in percent."""

    name: str
    share: int = 100
    relation: str = ""


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change of a policy.

    Attributes:
        policy: as it stands now, with the change when `applied`.
        effective_on: the day from which the change counts, or is wished to.
        price_effect: change of the yearly premium; None where the rating cannot say. An estimate unless `applied`.
        refund_estimate: on a cancellation, what might be paid back; a person decides.
    """

    request: RequestView
    policy: PolicyView
    effective_on: date
    price_effect: Money | None = None
    refund_estimate: Money | None = None

    @property
    def applied(self) -> bool:
        """Whether the change counts already, without a person."""
        return self.request.status == RequestStatus.DONE


@dataclass(frozen=True, slots=True)
class ContactChange:
    """New contact details. `changed` names the fields that differ from before, maybe none."""

    request: RequestView | None
    changed: tuple[str, ...]
    customer: CustomerView


@dataclass(frozen=True, slots=True)
class ComplaintView:
    """A complaint; `answer_due_on` is the last day on which an answer keeps the promise."""

    number: str
    category: str
    status: str
    text: str
    received_at: datetime
    answer_due_on: date
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class FeedbackView:
    """What a customer thought of a conversation; `score` is 1 (bad) to 5 (good)."""

    conversation_id: str
    score: int
    comment: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PolicyEvent:
    """One line of a policy's history. `code` is stable, `values` what was changed."""

    at: datetime
    code: str
    values: dict[str, Any] = field(default_factory=dict)
