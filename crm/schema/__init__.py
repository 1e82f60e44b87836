"""The tables, by area. Importing this package makes the metadata complete."""

from crm.schema.audit import AuditEntry, AuditHead, AuditKey
from crm.schema.base import Base
from crm.schema.billing import Invoice, Payment
from crm.schema.calls import Call, CallAudio
from crm.schema.changes import PolicyBeneficiary, PolicyHistory, Renewal
from crm.schema.claims import Claim, ClaimDocument, ClaimHistory
from crm.schema.codes import OneTimeCode, OutboxMessage
from crm.schema.conversations import (
    Attachment,
    Conversation,
    Message,
    PerformedWrite,
    VerificationCounter,
)
from crm.schema.customers import Customer
from crm.schema.desk import CannedReply, ConversationNote, ConversationTag, IntentMark, MessageReading
from crm.schema.handoffs import Callback, Handoff, HandoffTransition, Presence
from crm.schema.imports import ImportedRow, ImportJob
from crm.schema.live import GatewayProcess, TurnLease
from crm.schema.organisation import (
    Absence,
    Branch,
    BusinessInformation,
    ClosedDay,
    Employee,
    EmployeeLanguage,
    EmployeeSkill,
    ExternalCustomer,
    KeyFigure,
    OpeningHours,
    ProductSheet,
    Team,
    TeamMember,
    Unit,
    WorkingHours,
)
from crm.schema.payments import AutopayMandate, Checkout, CheckoutItem, Refund
from crm.schema.policies import Plan, PlanCoverage, Policy, PolicyCoverage, Product
from crm.schema.quotes import Quote
from crm.schema.relays import HandoffRelay, RelayAgent
from crm.schema.rights import Erasure, HousekeepingRun, TrackerForget
from crm.schema.search import MessageToken
from crm.schema.service import Complaint, Feedback, Interaction, Recommendation, ServiceRequest
from crm.schema.staff import StaffAccount, StaffRecoveryCode, StaffSession
from crm.schema.types import bind_places
from crm.schema.webhooks import ApiToken, Webhook, WebhookDelivery

bind_places(Base.metadata)

__all__ = [
    "Absence",
    "ApiToken",
    "Attachment",
    "AuditEntry",
    "AuditHead",
    "AuditKey",
    "AutopayMandate",
    "Base",
    "Branch",
    "BusinessInformation",
    "Call",
    "CallAudio",
    "Callback",
    "CannedReply",
    "Checkout",
    "CheckoutItem",
    "Claim",
    "ClaimDocument",
    "ClaimHistory",
    "ClosedDay",
    "Complaint",
    "Conversation",
    "ConversationNote",
    "ConversationTag",
    "Customer",
    "Employee",
    "EmployeeLanguage",
    "EmployeeSkill",
    "Erasure",
    "ExternalCustomer",
    "Feedback",
    "GatewayProcess",
    "Handoff",
    "HandoffRelay",
    "HandoffTransition",
    "HousekeepingRun",
    "ImportJob",
    "ImportedRow",
    "IntentMark",
    "Interaction",
    "Invoice",
    "KeyFigure",
    "Message",
    "MessageReading",
    "MessageToken",
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
    "Presence",
    "Product",
    "ProductSheet",
    "Quote",
    "Recommendation",
    "Refund",
    "RelayAgent",
    "Renewal",
    "ServiceRequest",
    "StaffAccount",
    "StaffRecoveryCode",
    "StaffSession",
    "Team",
    "TeamMember",
    "TrackerForget",
    "TurnLease",
    "Unit",
    "VerificationCounter",
    "Webhook",
    "WebhookDelivery",
    "WorkingHours",
]
