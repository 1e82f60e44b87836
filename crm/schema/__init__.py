"""The tables, by area. Importing this package makes the metadata complete."""

from crm.schema.base import Base
from crm.schema.billing import Invoice, Payment
from crm.schema.claims import Claim, ClaimDocument, ClaimHistory
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
from crm.schema.policies import Plan, PlanCoverage, Policy, PolicyCoverage, Product
from crm.schema.service import Complaint, Interaction, Recommendation, ServiceRequest
from crm.schema.types import bind_places

bind_places(Base.metadata)

__all__ = [
    "Attachment",
    "Base",
    "Branch",
    "BusinessInformation",
    "Callback",
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
    "Handoff",
    "HandoffTransition",
    "Interaction",
    "Invoice",
    "Message",
    "OpeningHours",
    "Payment",
    "PerformedWrite",
    "Plan",
    "PlanCoverage",
    "Policy",
    "PolicyCoverage",
    "Product",
    "Recommendation",
    "ServiceRequest",
    "Unit",
    "VerificationCounter",
]
