"""Which policy a change is about: asked for, understood, or assumed when only one can be meant."""

from typing import Any, ClassVar

from sqlalchemy.orm import Session

from actions import views
from actions.base import CustomerAction
from actions.filing import meant_by
from actions.reply import ABANDON, VERIFY, Reply
from actions.turn import Turn
from crm.domain import CustomerView, Line, PolicyView
from crm.services import policies


class ChoosePolicy(CustomerAction):
    """Fill a form's policy slot. It asks the question, and is also the `check:` of what the customer answers.

    Attributes:
        slot: the slot that the number goes to.
        lines: the lines of business that come into question; empty for all.
    """

    slot: ClassVar[str]
    lines: ClassVar[tuple[Line, ...]] = ()
    own_store_only = True

    def unverified(self) -> Reply:
        """Asked again after verification."""
        return Reply().set(**{self.slot: None}).signal(VERIFY)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Settle on one policy, or ask."""
        found = self.candidates(session, turn, customer)
        if not found:
            return self.none_found(session, turn, customer)
        said = turn.slots.get(self.slot)
        if said is not None:
            return self._check(found, str(said), turn)
        number = turn.focus.get("policy_number")
        named = views.choose(found, number)
        if named is None and number:
            return self._asked(Reply().say("utter_policy_not_suitable", policy_number=number), found)
        line = turn.focus.get("line_of_business")
        meant = [p for p in found if p.line.value == line] or found
        if named is None and line and meant[0].line.value != line:
            return self.none_of_line(session, turn, customer, str(line))
        if named or len(meant) == 1:
            return self.settle(named or meant[0])
        return self._asked(Reply(), meant)

    def candidates(self, session: Session, turn: Turn, customer: CustomerView) -> list[PolicyView]:
        """The policies that come into question: active ones, unless a skill knows better."""
        found = policies.list_policies(session, customer.id)
        return [p for p in found if p.status.value == "active" and (not self.lines or p.line in self.lines)]

    def none_found(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """What is said when no policy comes into question."""
        return Reply().say("utter_no_suitable_policy").signal(ABANDON)

    def none_of_line(self, session: Session, turn: Turn, customer: CustomerView, line: str) -> Reply:
        """What is said when others come into question, but none of the line that was named."""
        return self._asked(Reply().say("utter_line_not_suitable", line=line), self.candidates(session, turn, customer))

    def settle(self, policy: PolicyView) -> Reply:
        """Go on with this policy."""
        return Reply().set(**{self.slot: policy.number})

    def _check(self, found: list[PolicyView], said: str, turn: Turn) -> Reply:
        chosen = views.choose(found, said) or meant_by(said, found, turn.entity("line_of_business"))
        if chosen is not None:
            return self.settle(chosen)
        return self._asked(Reply().say("utter_policy_unclear"), found).set(**{self.slot: None})

    def _asked(self, reply: Reply, found: list[PolicyView]) -> Reply:
        items: list[dict[str, Any]] = [views.policy(policy) for policy in found]
        return reply.say(f"utter_ask_{self.slot}", policies=items)
