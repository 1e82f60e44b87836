"""The customer's policies, and what one of them covers."""

from sqlalchemy.orm import Session

from actions import views
from actions.base import CustomerAction
from actions.reply import Reply
from actions.turn import Turn
from crm.domain import CustomerView, PolicyView


class ListPolicies(CustomerAction):
    """All policies of the customer."""

    action = "action_list_policies"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """The policies, or those of the line that was asked for."""
        found = self.records(session).policies.list_policies(customer.id)
        of_line = [policy for policy in found if policy.line.value == turn.entity("line_of_business")]
        return listed(Reply(), of_line or found)


class PolicyDetails(CustomerAction):
    """One policy: its terms and what it covers."""

    action = "action_policy_details"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """The policy that was meant; a question or a list when that is not clear."""
        found = self.records(session).policies.list_policies(customer.id)
        number, line = turn.entity("policy_number"), turn.entity("line_of_business")
        if number:
            chosen = views.choose(found, number)
            if chosen is None:
                return listed(Reply().say("utter_policy_not_found", policy_number=number), found)
            return detailed(chosen)
        of_line = [policy for policy in found if policy.line.value == line]
        if line and found and not of_line:
            return listed(Reply().say("utter_no_policy_of_line", line=line), found)
        meant = of_line or found
        if len(meant) == 1:
            return detailed(meant[0])
        if not meant:
            return listed(Reply(), meant)
        return Reply().say("utter_which_policy", shown=[views.policy(p) for p in meant[: views.SHOWN_AS_BUTTONS]])


def listed(reply: Reply, found: list[PolicyView]) -> Reply:
    """Add the list of policies."""
    if not found:
        return reply.say("utter_no_policies")
    items = [views.policy(policy) for policy in found]
    response = "utter_one_policy" if len(items) == 1 else "utter_policies"
    return reply.say(response, count=len(items), policies=items, shown=items[: views.SHOWN_AS_BUTTONS])


def detailed(policy: PolicyView) -> Reply:
    """One policy in full."""
    covered = [views.coverage(coverage) for coverage in policy.coverages if coverage.included]
    reply = Reply().say(
        "utter_policy_details", **views.policy(policy), rows=views.policy_rows(policy), coverages=covered
    )
    return reply.satisfied()
