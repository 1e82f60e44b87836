"""Branches near the customer, and the employee who looks after them."""

from typing import Any

from sqlalchemy.orm import Session

from actions import views
from actions.base import CareAction, CustomerAction
from actions.reply import ABANDON, DONE, Reply
from actions.turn import Turn
from crm.domain import BranchNearby, CustomerView
from crm.errors import InvalidInput
from crm.services import agents, branches


class FindBranch(CareAction):
    """The nearest branches, when the message says where the customer is; else the form of that name asks."""

    action = "action_find_branch"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Answer at once for a place that is named, or for the address of a verified customer."""
        customer = turn.customer(session)
        named = str(turn.entity("postcode") or turn.message.get("text") or "")
        found = near(session, turn, named)
        if not found and customer and customer.address and turn.entity("choice") != "elsewhere":
            found = near(session, turn, f"{customer.address.postcode} {customer.address.city}")
        return told(Reply(), found).signal(ABANDON) if found else Reply()


class SubmitBranch(CareAction):
    """The branches nearest to the place that was asked for."""

    action = "action_submit_branch"
    keeps = ("branch_place",)

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Show them, or ask for another place."""
        found = near(session, turn, str(turn.slots.get("branch_place") or ""))
        if not found:
            return Reply().say("utter_branch_place_unknown").set(branch_place=None)
        return told(Reply(), found).signal(DONE)


class MyAgent(CustomerAction):
    """Name, phone and branch of the customer's own agent."""

    action = "action_my_agent"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Say who it is, or offer a call when there is none."""
        found = agents.my_agent(session, customer.id, turn.now)
        if found is None:
            return Reply().say("utter_no_agent")
        person = {"name": found.agent.name, "phone": views.phone(found.agent.phone), "email": found.agent.email}
        reply = Reply().say("utter_my_agent", **person)
        return reply.say("utter_my_agent_branch", **branch(found.branch)) if found.branch else reply


def near(session: Session, turn: Turn, place: str) -> list[BranchNearby]:
    """The branches nearest to a place; none when nobody knows it."""
    if not place.strip() or place.startswith("/"):
        return []
    try:
        return branches.nearest(session, now=turn.now, place=place)
    except InvalidInput:
        return []


def told(reply: Reply, found: list[BranchNearby]) -> Reply:
    """Add the list of branches."""
    return reply.say("utter_branches", branches=[branch(one) for one in found])


def branch(view: BranchNearby) -> dict[str, Any]:
    """A branch as values of a response."""
    until = view.closes_at or view.opens_at
    state = "open" if view.is_open else "closed" if until else "shut"
    return {
        "name": view.branch.name,
        "street": view.branch.address.line,
        "city": view.branch.address.city,
        "postcode": view.branch.address.postcode,
        "branch_phone": views.phone(view.branch.phone),
        "distance": f"{view.distance_km:.1f}" if view.distance_km is not None else "",
        "distance_kind": "known" if view.distance_km else "unknown",
        "state": state,
        "until": until.isoformat(timespec="minutes") if until else "",
    }
