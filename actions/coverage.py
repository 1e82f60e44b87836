"""Questions about cover: what the customer's own policies list, and the passage that fits. Never a decision."""

from sqlalchemy.orm import Session

from actions import views
from actions.base import CareAction
from actions.knowledge import best_passage
from actions.reply import VERIFY, Reply
from actions.turn import Turn
from crm.domain import CoverageView, PolicyStatus, PolicyView

OWN = "own"  # the button that asks to look into the customer's own policies


class AnswerCoverage(CareAction):
    """What the knowledge says; and, for a verified customer, what their own policies say about it."""

    action = "action_answer_coverage"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """A general question needs nobody's name; without a passage only the policy itself can answer."""
        passage = best_passage(turn.message)
        customer = turn.customer(session)
        reply = Reply().say("utter_knowledge", **passage) if passage else Reply()
        if customer is None:
            own = turn.entity("choice") == OWN or not passage
            return reply.signal(VERIFY) if own else reply.say("utter_coverage_look", **asked(turn))
        found = of_line(
            [
                policy
                for policy in self.records(session).policies.list_policies(customer.id)
                if policy.status is PolicyStatus.ACTIVE
            ],
            turn,
        )
        return listed(reply, found, turn.entity("coverage"))


def asked(turn: Turn) -> dict[str, str]:
    """What the question was about, so that a button can ask it again."""
    kinds = {"line": turn.entity("line_of_business"), "coverage": turn.entity("coverage")}
    return {name: str(value or "") for name, value in kinds.items()}


def of_line(found: list[PolicyView], turn: Turn) -> list[PolicyView]:
    """The policies of the line or number that was named, or of the claim being filed; all of them when none was."""
    line = turn.entity("line_of_business")
    number = turn.entity("policy_number") or (None if line else turn.slots.get("claim_policy"))
    named = views.choose(found, number)
    return [named] if named else [p for p in found if p.line.value == line] or found


def listed(reply: Reply, found: list[PolicyView], code: object) -> Reply:
    """Add what the policies list about a cover."""
    if not found:
        return reply.say("utter_no_policies")
    matching = [(policy, cover) for policy in found for cover in covers(policy) if cover.code == code]
    if matching:
        rows = [{**views.coverage(cover), "product": p.product, "number": p.number} for p, cover in matching]
        return reply.say("utter_coverage_listed", covers=rows)
    if code is None and len(found) > 1:
        items = [views.policy(policy) for policy in found]
        return reply.say("utter_coverage_which", shown=items[: views.SHOWN_AS_BUTTONS])
    if len(found) > 1:
        shown = [views.policy(policy) for policy in found]
        return reply.say("utter_coverage_not_listed", shown=shown[: views.SHOWN_AS_BUTTONS])
    rows = [views.coverage(cover) for cover in covers(found[0])]
    response = "utter_coverage_of_policy" if code is None else "utter_coverage_of_policy_without"
    return reply.say(response, covers=rows, **views.policy(found[0]))


def covers(policy: PolicyView) -> list[CoverageView]:
    """What a policy includes."""
    return [cover for cover in policy.coverages if cover.included]
