"""The tables, by area. Importing this package makes the metadata complete."""

from crm.schema.base import Base
from crm.schema.billing import Invoice, Payment
from crm.schema.changes import PolicyBeneficiary, PolicyHistory, Renewal
from crm.schema.claims import Claim, ClaimDocument, ClaimHistory
from crm.schema.codes import OneTimeCode, OutboxMessage
from crm.schema.conversations import (
    Attachment,
    Callback,
    Conversation,
    Handoff,
    HandoffTransition,
    Message,
    PerformedWrite,
    VerificationCounter,
)
from crm.schema.customers import Customer
from crm.schema.organisation import (
    Branch,
    BusinessInformation,
    ClosedDay,
    Employee,
    EmployeeLanguage,
    EmployeeSkill,
    OpeningHours,
    Unit,
)
from crm.schema.payments import AutopayMandate, Checkout, CheckoutItem, Refund
from crm.schema.policies import Plan, PlanCoverage, Policy, PolicyCoverage, Product
from crm.schema.quotes import Quote
from crm.schema.service import Complaint, Feedback, Interaction, Recommendation, ServiceRequest
from crm.schema.types import bind_places

bind_places(Base.metadata)

__all__ = [
    "Attachment",
    "AutopayMandate",
    "Base",
    "Branch",
    "BusinessInformation",
    "Callback",
    "Checkout",
    "CheckoutItem",
    "Claim",
    "ClaimDocument",
    "ClaimHistory",
    "ClosedDay",
    "Complaint",
    "Conversation",
    "Customer",
    "Employee",
    "EmployeeLanguage",
    "EmployeeSkill",
    "Feedback",
    "Handoff",
    "HandoffTransition",
    "Interaction",
    "Invoice",
    "Message",
    "OneTimeCode",
    "OpeningHours",
    "OutboxMessage",
    "Payment",
    "PerformedWrite",
    "Plan",
    "PlanCoverage",
    "Policy",
    "PolicyBeneficiary",
    "PolicyCoverage",
    "PolicyHistory",
    "Product",
    "Quote",
    "Recommendation",
    "Refund",
    "Renewal",
    "ServiceRequest",
    "Unit",
    "VerificationCounter",
]
