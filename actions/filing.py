"""Filing a claim: which policy, the summary, and the claim itself."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any

from sqlalchemy.orm import Session

from actions import views
from actions.base import CareAction, CustomerAction
from actions.reply import ABANDON, DONE, VERIFY, Reply
from actions.turn import Turn
from crm.domain import ClaimReport, CustomerView, Line, PolicyView
from crm.errors import InvalidInput

LINES_TAKEN = (Line.AUTO, Line.HOME)
NOT_GIVEN = "not_given"
_DETAILS = ("injured", "other_party", "other_details", "drivable", "habitable", "report")


class AskClaimPolicy(CustomerAction):
    """Ask which policy it is about, unless only one can be meant."""

    action = "action_ask_claim_policy"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Choose or ask."""
        found = usable(self.records(session).policies.list_policies(customer.id))
        if not found:
            return Reply().say("utter_no_policy_to_claim_on").signal(ABANDON)
        named = views.choose(found, turn.focus.get("policy_number"))
        if named:
            return assumed(named)
        line = turn.focus.get("line_of_business") or line_told(turn.slots)
        taken = [policy for policy in found if policy.line in LINES_TAKEN]
        meant = [policy for policy in found if policy.line.value == line] or taken or found
        if len(meant) == 1:
            return assumed(meant[0])
        return Reply().say("utter_ask_claim_policy", policies=[views.policy(p) for p in meant])


class CheckClaimPolicy(CustomerAction):
    """Find the policy that the customer named, by number, line, product or what it insures."""

    action = "action_check_claim_policy"

    def unverified(self) -> Reply:
        """The answer is asked for again after verification."""
        return Reply().set(claim_policy=None).signal(VERIFY)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Settle on one policy, or ask again."""
        found = self.records(session).policies.list_policies(customer.id)
        said = str(turn.slots.get("claim_policy") or "")
        chosen = views.choose(found, said) or meant_by(said, usable(found), turn.entity("line_of_business"))
        if chosen is None:
            return Reply().say("utter_claim_policy_unclear").set(claim_policy=None, claim_line=None)
        return settled(Reply(), chosen) if chosen.number == said else assumed(chosen)


class AskClaimConfirm(CareAction):
    """Show everything before it is filed."""

    action = "action_ask_claim_confirm"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """The summary, from the answers alone."""
        return Reply().say("utter_claim_summary", rows=summary_rows(turn.slots))


class SubmitClaim(CustomerAction):
    """File the claim, once."""

    action = "action_submit_claim"
    writes = True
    keeps = ("claim_confirm",)

    def unverified(self) -> Reply:
        """Verification ran out meanwhile: verify again, then show the summary again."""
        return Reply().set(claim_confirm=None).signal(VERIFY)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """File it and say what comes next."""

        def file() -> dict[str, Any]:
            view = self.records(session).claims.file_claim(
                customer.id, report(turn), key=turn.key(session, self.action), now=turn.now
            )
            return {
                "claim_number": view.number,
                "missing": list(view.missing_documents),
                "handler": view.handler.name if view.handler else None,
            }

        try:
            filed = turn.once(session, self.action, file)
        except InvalidInput as wrong:
            if wrong.field != "incident_on":
                raise
            return Reply().say("utter_claim_date_in_future").set(claim_date=None, claim_confirm=None)
        with_handler = "handler" if filed["handler"] else "plain"
        missing = "_documents" if filed["missing"] else ""
        reply = Reply().say(f"utter_claim_filed_{with_handler}{missing}", **filed)
        return reply.set(claim_in_focus=filed["claim_number"]).signal(DONE)


def line_told(slots: Mapping[str, Any]) -> str | None:
    """The line that the story so far can only be about: its kind of incident was recognised in one line alone."""
    lines = [line.value for line in LINES_TAKEN if slots.get(f"claim_{line.value}_kind")]
    return lines[0] if len(lines) == 1 else None


def usable(found: list[PolicyView]) -> list[PolicyView]:
    """The policies a claim can go to: the active ones, or all when none is."""
    return [policy for policy in found if policy.status.value == "active"] or found


def assumed(policy: PolicyView) -> Reply:
    """Take the only policy that can be meant, and say so."""
    reply = Reply()
    if policy.line in LINES_TAKEN:
        reply.say("utter_claim_policy_assumed", **views.policy(policy))
    return settled(reply, policy)


def settled(reply: Reply, policy: PolicyView) -> Reply:
    """The claim goes to this policy, if claims of its line are taken here."""
    if policy.line not in LINES_TAKEN:
        return reply.say("utter_claim_line_not_yet", line=policy.line.value).signal(ABANDON)
    return reply.set(claim_policy=policy.number, claim_line=policy.line.value)


def meant_by(said: str, found: list[PolicyView], line: object) -> PolicyView | None:
    """The one policy that the words fit."""
    words = said.casefold()
    by_line = [policy for policy in found if policy.line.value == line]
    by_name = [p for p in found if any(name in words for name in _names(p))]
    for candidates in (by_name, by_line):
        if len(candidates) == 1:
            return candidates[0]
    return None


def _names(policy: PolicyView) -> list[str]:
    insured = [part for value in policy.insured.values() for part in (value, *value.split()) if len(part) > 2]
    return [name.casefold() for name in (policy.number, policy.product, *insured)]


def summary_rows(slots: Mapping[str, Any]) -> list[views.Row]:
    """Every answer of the form, as the customer sees it before filing."""

    def said(name: str) -> Any:
        value = slots.get(f"claim_{name}")
        return None if value == NOT_GIVEN else value

    def flag(name: str) -> views.Row:
        return views.row(name, said(name), "label.yes_no")

    return views.rows(
        views.row("policy", said("policy")),
        views.row("kind", said(f"{slots.get('claim_line')}_kind"), "label.kind"),
        views.row("description", said("what")),
        views.row("incident_on", said("date"), "date"),
        views.row("incident_time", said("time"), "time"),
        views.row("place", said("place")),
        flag("injured"),
        flag("other_party"),
        views.row("other_details", said("other_details")),
        flag("drivable"),
        flag("habitable"),
        views.row("report", said("report")),
        views.row("photos", len(slots.get("files") or ()) or None),
    )


def report(turn: Turn) -> ClaimReport:
    """The report, from the answers."""
    slots = turn.slots
    details = {name: slots.get(f"claim_{name}") for name in _DETAILS}
    return ClaimReport(
        policy_number=str(slots.get("claim_policy")),
        kind=str(slots.get(f"claim_{slots.get('claim_line')}_kind") or "other"),
        incident_on=date.fromisoformat(str(slots.get("claim_date"))),
        incident_time=time.fromisoformat(slots["claim_time"]) if slots.get("claim_time") else None,
        description=str(slots.get("claim_what") or ""),
        place=str(slots.get("claim_place") or ""),
        details={name: _code(value) for name, value in details.items() if value is not None},
        attachments=tuple(slots.get("files") or ()),
        conversation_id=turn.conversation_id,
    )


def _code(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
