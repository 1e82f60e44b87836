"""Plain objects of the business; nothing here knows a database."""

from crm.domain.claims import (
    ClaimDocument,
    ClaimEvent,
    ClaimReport,
    ClaimStatus,
    ClaimView,
    Handler,
    NextStep,
)
from crm.domain.conversations import (
    AttachmentView,
    ConversationView,
    MessageStatus,
    MessageView,
    Owner,
    Sender,
)
from crm.domain.customers import Address, CustomerView, Education, Gender, MaritalStatus
from crm.domain.handoffs import CallbackView, HandoffState, HandoffView
from crm.domain.money import Money
from crm.domain.organisation import BranchView, BusinessHours, OpeningSpan
from crm.domain.policies import CoverageView, Line, PolicyStatus, PolicyView

__all__ = [
    "Address",
    "AttachmentView",
    "BranchView",
    "BusinessHours",
    "CallbackView",
    "ClaimDocument",
    "ClaimEvent",
    "ClaimReport",
    "ClaimStatus",
    "ClaimView",
    "ConversationView",
    "CoverageView",
    "CustomerView",
    "Education",
    "Gender",
    "Handler",
    "HandoffState",
    "HandoffView",
    "Line",
    "MaritalStatus",
    "MessageStatus",
    "MessageView",
    "Money",
    "NextStep",
    "OpeningSpan",
    "Owner",
    "PolicyStatus",
    "PolicyView",
    "Sender",
]
