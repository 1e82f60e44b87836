"""What a wish for a person is about, for those who route it: the reason, the line of business, whether a claim."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from actions.turn import Turn
from crm import reference
from crm.domain import ClaimView, HandoffReason, Line
from crm.errors import CrmError
from crm.ports import Records
from crm.services import summaries

_LOOKED_AT = 5  # of what the customer wanted; what was wanted before has passed
_NOT_UNDERSTOOD = frozenset({"nlu_fallback", "out_of_scope"})
_FAILED_TWICE = 2
_REASONS = {
    "emergency": HandoffReason.EMERGENCY,
    "complaint": HandoffReason.COMPLAINT,
    "cancel_policy": HandoffReason.CANCELLATION,
    "cancellation": HandoffReason.CANCELLATION,
    "change_coverage": HandoffReason.POLICY_DECISION,
    "cover": HandoffReason.POLICY_DECISION,
    "renew_policy": HandoffReason.POLICY_DECISION,
    "renewal": HandoffReason.POLICY_DECISION,
    "change_beneficiary": HandoffReason.POLICY_DECISION,
    "beneficiary": HandoffReason.POLICY_DECISION,
}
"""By what the customer wants, or the form that was open."""
_CLAIMS = frozenset({"claim", "file_claim", "claim_status", "claim_documents"})


@dataclass(frozen=True, slots=True)
class Matter:
    """What `handoffs.request` wants to know."""

    reason: HandoffReason
    line: Line | None
    about_claim: bool


def matter(session: Session, turn: Turn, records: Records) -> Matter:
    """What a wish for a person is about, from what was said and asked last."""
    topics = _topics(session, turn)
    claim = _claim(session, turn, records) if _CLAIMS & {*topics} else None
    about_claim = claim is not None or bool(_CLAIMS & {*topics[:2]})
    return Matter(_reason(turn, topics, claim), _line(turn, claim), about_claim)


def _reason(turn: Turn, topics: list[str], claim: ClaimView | None) -> HandoffReason:
    if "emergency" in topics:
        return HandoffReason.EMERGENCY
    if claim is not None and claim.estimate is not None and claim.estimate.minor >= _high_value():
        return HandoffReason.HIGH_VALUE
    for topic in topics:
        if topic in _REASONS:
            return _REASONS[topic]
    missed = 0
    for intent in _intents(turn)[1:]:  # the first is the wish itself
        if intent not in _NOT_UNDERSTOOD:
            break
        missed += 1
    return HandoffReason.BOT_FAILED if missed >= _FAILED_TWICE else HandoffReason.ASKED_FOR


def _line(turn: Turn, claim: ClaimView | None) -> Line | None:
    if claim is not None:
        return claim.line
    said = turn.entity("line_of_business") or turn.slots.get("claim_line")
    return Line(str(said)) if said in {*Line} else None


def _claim(session: Session, turn: Turn, records: Records) -> ClaimView | None:
    """The claim that was spoken of last."""
    customer, number = turn.customer(session), turn.slots.get("claim_in_focus")
    if customer is None or not number:
        return None
    try:
        return records.claims.claim(customer.id, str(number))
    except CrmError:
        return None  # a wish for a person never fails for want of its subject


def _topics(session: Session, turn: Turn) -> list[str]:
    """Forms that are open, those that wait last, and then what was wanted lately, the newest first: now, and before."""
    paused = [str(name) for name in reversed(turn.slots.get("paused") or ())]
    before = summaries.topics(session, turn.conversation_id, _LOOKED_AT)
    return [*([turn.form] if turn.form else []), *paused, *_intents(turn)[:1], *before]


def _intents(turn: Turn) -> list[str]:
    heard: list[dict[str, Any]] = [event for event in turn.events if event.get("event") == "user"]
    intents = [((event.get("parse_data") or {}).get("intent") or {}).get("name") for event in reversed(heard)]
    return [str(intent) for intent in intents if intent]


def _high_value() -> int:
    return int(reference.table("handoffs")["high_value_minor"])
