"""Nothing personal is plain: a column of text, JSON or bytes is sealed, blind, or here with the reason why not."""

from fnmatch import fnmatch

import pytest
from sqlalchemy import JSON, LargeBinary, String

from crm.schema import Base
from crm.schema.types import Blind, Code, Sealed

RANDOM_ID = "drawn at random"
CODE = "one of a fixed list of codes, which services check"
INSURER = "of the insurer's own business"
LANGUAGE = "a language code"
CHANNEL = "how somebody reached us"
MADE_BY_BROWSER = "a UUID that the browser makes for a message; the gateway takes nothing but letters, digits, - and _"
KEYED = "keyed, under a key of its own that is sealed in audit_keys"

PLAIN = {
    "api_tokens.name": "the name of another system",
    "api_tokens.hint": "the last four of 43 random characters",
    "api_tokens.scopes": CODE,
    "audit_entries.actor": "the kind of who acted; a colleague's name is in the sealed note",
    "audit_entries.actor_index": KEYED,
    "audit_entries.channel": CHANNEL,
    "audit_entries.verb": CODE,
    "audit_entries.area": CODE,
    "audit_entries.fields": "names of columns, numbers of staff accounts",
    "audit_entries.subject": KEYED,
    "audit_entries.hash": KEYED,
    "audit_heads.*_hash": KEYED,
    "audit_heads.mac": KEYED,
    "branches.name": INSURER,
    "branches.time_zone": INSURER,
    "business_information.*": INSURER,
    "closed_days.name": INSURER,
    "housekeeping_runs.task": CODE,
    "import_jobs.entity": CODE,
    "import_jobs.source": "the name of another system",
    "imported_rows.entity": CODE,
    "imported_rows.source": "the name of another system",
    "key_figures.*": INSURER,
    "plan_coverages.*": INSURER,
    "plans.*": INSURER,
    "policy_coverages.*": "as in the plan: what is covered, not who",
    "product_sheets.*": INSURER,
    "products.*": INSURER,
    "teams.*": INSURER,
    "units.*": INSURER,
    "employees.title": "a post, not a person",
    "employees.time_zone": INSURER,
    "employee_languages.language": LANGUAGE,
    "employee_skills.skill": CODE,
    "*.conversation_id": RANDOM_ID,
    "conversations.id": RANDOM_ID,
    "attachments.id": RANDOM_ID,
    "claim_documents.attachment_id": RANDOM_ID,
    "*.message_id": MADE_BY_BROWSER,
    "messages.in_reply_to": MADE_BY_BROWSER,
    "attachments.media_type": "one of those that the gateway takes",
    "*.language": LANGUAGE,
    "*.channel": CHANNEL,
    "*.currency": "a currency code",
    "calls.transport": CODE,
    "calls.why": CODE,
    "checkouts.provider": "the name of the payment provider",
    "claim_documents.document_type": CODE,
    "claim_documents.status": CODE,
    "claim_history.code": CODE,
    "claims.kind": CODE,
    "complaints.topic": CODE,
    "complaints.status": CODE,
    "gateway_processes.id": "a random number of a process",
    "gateway_processes.place": "a hash of the machine a gateway runs on",
    "turn_leases.gateway_id": "a random number of a process",
    "handoffs.disposition": CODE,
    "handoffs.skills": CODE,
    "interactions.topic": CODE,
    "invoices.status": CODE,
    "outbox_messages.kind": CODE,
    "payments.method": CODE,
    "performed_writes.action": CODE,
    "policy_history.code": CODE,
    "recommendations.outcome": CODE,
    "refunds.reason": CODE,
    "service_requests.kind": CODE,
    "service_requests.status": CODE,
    "staff_sessions.id": RANDOM_ID,
    "staff_sessions.method": CODE,
    "handoff_relays.target": CODE,
    "relay_agents.target": CODE,
    "webhooks.events": CODE,
    "canned_replies.*": "words for any customer, about nobody",
    "conversation_notes.note_id": RANDOM_ID,
    "conversation_tags.tag": "a kind of conversation, such as `fraud-check`, under which many are filed",
    "intent_marks.taken_for": CODE,
    "intent_marks.right_intent": CODE,
    "message_readings.intent": CODE,
    "message_readings.ranking": "names of intents with confidences",
    "message_readings.actions": "names of actions",
    "webhook_deliveries.message_id": RANDOM_ID,
    "webhook_deliveries.event": CODE,
    "webhook_deliveries.payload": "ids, states, reasons and times of a hand-off",
    "webhook_deliveries.error": CODE,
}  # fmt: skip

PERSONAL = (
    *("customers.given_name", "customers.family_name", "customers.birth_date", "customers.email", "customers.phone"),
    *("customers.address", "customers.gender", "customers.marital_status", "customers.education"),
    *("customers.income_minor", "policies.number", "policies.insured", "policy_beneficiaries.name", "claims.number"),
    *("claims.incident_on", "claims.place", "claims.description", "claims.details", "claim_history.note"),
    *(
        "messages.body",
        "attachments.name",
        "attachments.content",
        "performed_writes.result",
        "handoffs.summary",
        "handoff_transitions.note",
    ),
    *("callbacks.phone", "callbacks.note", "outbox_messages.destination", "outbox_messages.text", "quotes.answers"),
    *("complaints.text", "feedback.comment", "service_requests.details", "service_requests.data", "payments.reference"),
    *("interactions.summary", "employees.name", "employees.email", "employees.phone", "audit_keys.secret"),
    *("staff_accounts.username", "staff_accounts.name", "staff_accounts.password_hash", "staff_accounts.totp_secret"),
    *("staff_accounts.totp_pending", "staff_accounts.identity", "staff_sessions.address", "staff_sessions.browser"),
)


def columns_of(*kinds: type) -> list:
    found = [column for table in Base.metadata.sorted_tables for column in table.columns]
    return [column for column in found if isinstance(column.type, kinds)]


@pytest.mark.parametrize(
    "column",
    [c for c in columns_of(String, JSON, LargeBinary) if not isinstance(c.type, Sealed | Blind | Code)],
    ids=str,
)
def test_a_plain_column_says_why_it_is_not_personal(column):
    assert [reason for pattern, reason in PLAIN.items() if fnmatch(str(column), pattern)], (
        f"Seal {column} (crm.schema.types), or say here why it is not personal."
    )


@pytest.mark.parametrize("name", PERSONAL)
def test_what_is_personal_is_sealed(name):
    table, column = name.split(".")
    assert isinstance(Base.metadata.tables[table].columns[column].type, Sealed)


def test_what_is_looked_up_is_blind():
    assert {str(column) for column in columns_of(Blind)} >= {
        *("customers.email_index", "customers.phone_index", "policies.number_index", "claims.number_index"),
        *("conversations.browser_index", "verification_counters.subject_index", "one_time_codes.code_index"),
    }


def test_no_reason_is_left_without_a_column():
    plain = [str(column) for column in columns_of(String, JSON, LargeBinary)]
    assert [pattern for pattern in PLAIN if not any(fnmatch(name, pattern) for name in plain)] == []
