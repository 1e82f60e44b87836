"""Talking to a person: the hand-off, and a call-back when nobody is there to take over in the chat."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy.orm import Session

from actions import views
from actions.base import CareAction
from actions.filing import NOT_GIVEN
from actions.matters import matter
from actions.phones import dialled
from actions.reply import ABANDON, DONE, Reply
from actions.turn import Turn
from crm import normalise
from crm.domain import CallbackView, Outlook
from crm.errors import InvalidInput, NotEligible, OutOfRange
from crm.services import callbacks, handoffs, organisation, queue, summaries


class RequestPerson(CareAction):
    """Ask for a person. While somebody is at the desk they take over here; else the call-back form follows, which needs
    to know whether there is a number on record.
    """

    action = "action_request_person"
    writes = True

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Record the wish; a call that is booked already is not booked twice."""

        def request() -> dict[str, Any]:
            about = matter(session, turn, self.records(session))
            view = handoffs.request(
                session,
                turn.conversation_id,
                reason=about.reason,
                summary=summaries.wish(session, turn.conversation_id),
                line=about.line,
                about_claim=about.about_claim,
                now=turn.now,
            )
            return {"handoff": view.id}

        booked = turn.slots.get("callback_booked") or {}
        if booked and datetime.fromisoformat(booked["at_start"]) > turn.now:
            return Reply().say("utter_callback_already_booked", **booked).signal(ABANDON)
        handoff = turn.once(session, self.action, request)["handoff"]
        ahead = queue.outlook(session, handoff, turn.now)
        if not ahead.callback_offered:
            return coming(ahead).set(callback_handoff=handoff).signal(ABANDON)
        return known_number(session, turn, Reply().say("utter_person_requested").set(callback_handoff=handoff))


def coming(ahead: Outlook) -> Reply:
    """That somebody takes over in this conversation, with the place in the queue and the wait if it is known."""
    response = "utter_person_busy" if ahead.all_busy else "utter_person_coming"
    if ahead.minutes is None:
        return Reply().say(response, position=ahead.position or 1)
    return Reply().say(f"{response}_in", position=ahead.position or 1, minutes=ahead.minutes)


class SubmitCallback(CareAction):
    """Book the next free call, once."""

    action = "action_submit_callback"
    writes = True
    keeps = ("callback_use_known", "callback_phone")

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Book it and say when."""
        known = turn.customer(session) if turn.slots.get("callback_use_known") else None
        typed = dialled(turn, turn.slots.get("callback_phone"))
        if not typed and known is None:  # verification ran out meanwhile: the number on record is out of reach
            return Reply().set(callback_known=False, callback_use_known=None)
        wish = wished(session, turn, "callback_day", "callback_time")
        insurer_phone = views.phone(organisation.business_information(session).get("phone", ""))

        def book() -> dict[str, Any]:
            view = callbacks.book(
                session,
                turn.conversation_id,
                handoff_id=turn.slots.get("callback_handoff"),
                phone=str(typed or (known and known.phone)),
                now=turn.now,
                wished=wish,
            )
            return booking(view)

        try:
            booked = turn.once(session, self.action, book)
        except OutOfRange:
            return Reply().say("utter_callback_day_wrong").set(callback_day=None, callback_time=None)
        except InvalidInput:
            return Reply().say("utter_callback_phone_wrong").set(callback_phone=None, callback_known=False)
        except NotEligible:
            return Reply().say("utter_callback_not_possible", insurer_phone=insurer_phone).signal(DONE)
        response = "utter_callback_booked_wished" if wish else "utter_callback_booked"
        reply = Reply().say(response, insurer_phone=insurer_phone, **booked)
        return reply.set(callback_booked=booked).signal(DONE)


def known_number(session: Session, turn: Turn, reply: Reply) -> Reply:
    """Note whether there is a number on record, and its end."""
    customer = turn.customer(session)
    if customer is None or not customer.phone:
        return reply.set(callback_known=False)
    return reply.set(callback_known=True, callback_phone_ending=ending(normalise.mask_phone(customer.phone)))


def wished(session: Session, turn: Turn, day: str, moment: str) -> datetime | None:
    """The wished start from two slots, in the business's time zone; None when there is no wish."""
    said_day, said_time = turn.slots.get(day), turn.slots.get(moment)
    if said_day in (None, NOT_GIVEN) and not said_time:
        return None
    now = turn.now.astimezone(organisation.business_hours(session).zone)
    on = now.date() if said_day in (None, NOT_GIVEN) else date.fromisoformat(str(said_day))
    at = time.fromisoformat(str(said_time)) if said_time else time()
    start = datetime.combine(on, at, tzinfo=now.tzinfo)
    return None if not said_time and on == now.date() else start


def booking(view: CallbackView) -> dict[str, Any]:
    """A booked call as values of a response."""
    return {
        "reference": view.reference,
        "at_start": view.at_start.isoformat(timespec="minutes"),
        "phone_ending": ending(view.phone_masked),
    }


def ending(masked: str) -> str:
    """The digits of a masked number that are not hidden."""
    return masked.lstrip("*")
