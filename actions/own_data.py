"""Erasing a customer's data, on request, and ending marketing."""

from typing import Any

from sqlalchemy.orm import Session

from actions import views
from actions.base import CustomerAction
from actions.reply import ABANDON, DONE, VERIFY, Reply
from actions.turn import Turn
from crm.domain import CustomerView, ErasureView, RequestKind, RequestStatus
from crm.services import erasure, own_data, policies, service_requests


class AskErasureConfirm(CustomerAction):
    """Say what erasure means for this customer, before anything is asked for."""

    action = "action_ask_erasure_confirm"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """The consequences; a request that waits already is shown instead."""
        waiting = _waiting(session, customer)
        if waiting:
            return Reply().say("utter_erasure_waiting", **waiting).signal(ABANDON)
        if not erasure.obstacles(session, customer.id):
            return Reply().say("utter_ask_erasure_confirm_now")
        running = [p.number for p in policies.list_policies(session, customer.id) if p.status.value == "active"]
        response = "utter_ask_erasure_confirm_policies" if running else "utter_ask_erasure_confirm"
        return Reply().say(response, count=len(running))


class SubmitErasure(CustomerAction):
    """The erasure: carried out at once where nothing forbids it, else a request that a person carries out."""

    action = "action_submit_erasure"
    writes = True
    needs_code = True
    keeps = ("erasure_confirm",)

    def unverified(self) -> Reply:
        """Verification ran out meanwhile: verify again, then ask again."""
        return Reply().set(erasure_confirm=None).signal(VERIFY)

    def perform(self, session: Session, turn: Turn) -> Reply:
        """A no needs neither verification nor a code."""
        if not turn.slots.get("erasure_confirm"):
            return Reply().say("utter_erasure_not_wished").signal(DONE)
        return super().perform(session, turn)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Begin or record it, once."""

        def request() -> dict[str, Any]:
            if not erasure.obstacles(session, customer.id):
                return _begun(erasure.request(session, customer.id, conversation_id=turn.conversation_id, now=turn.now))
            view = own_data.request_erasure(session, customer.id, conversation_id=turn.conversation_id, now=turn.now)
            return {"number": view.number, "due_on": view.due_on.isoformat() if view.due_on else None}

        done = turn.once(session, self.action, request)
        if "kept" not in done:
            return Reply().say("utter_erasure_requested", **done).signal(DONE)
        reply = Reply().say("utter_erasure_begun")
        if done["kept"]:
            reply.say("utter_erasure_kept", kept=done["kept"])
        return reply.say("utter_erasure_farewell").signal(DONE)


class AskMarketingConfirm(CustomerAction):
    """Ask whether marketing is to end, unless it has ended already."""

    action = "action_ask_marketing_confirm"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Ask once; who gets none is told so."""
        if not customer.marketing_consent:
            return Reply().say("utter_marketing_off_already").signal(ABANDON)
        return Reply().say("utter_ask_marketing_confirm")


class SubmitMarketing(CustomerAction):
    """No more marketing, at once.

    It asks for no code: to take a consent back has to be as easy as to give it, and nobody is harmed by it.
    """

    action = "action_submit_marketing"
    writes = True
    keeps = ("marketing_confirm",)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Write it down, once."""
        if not turn.slots.get("marketing_confirm"):
            return Reply().say("utter_marketing_stays").signal(DONE)

        def stop() -> dict[str, Any]:
            own_data.marketing_opt_out(session, customer.id, conversation_id=turn.conversation_id, now=turn.now)
            return {}

        turn.once(session, self.action, stop)
        return Reply().say("utter_marketing_off").signal(DONE)


def _begun(view: ErasureView) -> dict[str, Any]:
    """What the law keeps, in one line for each law."""
    until: dict[str, str] = {}
    for part in view.kept:
        until[part.law] = max(until.get(part.law, ""), part.until.isoformat())
    return {"kept": [{"law": law, "until": day} for law, day in until.items()]}


def _waiting(session: Session, customer: CustomerView) -> dict[str, Any] | None:
    found = service_requests.list_requests(session, customer.id)
    open_ones = [r for r in found if r.kind == RequestKind.DATA_ERASURE and r.status == RequestStatus.OPEN]
    due_on = open_ones[0].due_on if open_ones else None
    return {"number": open_ones[0].number, "due_on": views.day(due_on)} if due_on else None
