"""Makers of conversations as the desk sees them: what was said, what the bot made of it, who took over."""

from datetime import datetime, timedelta
from itertools import count

from sqlalchemy.orm import Session

from crm.domain import HandoffState, Reading, Sender
from crm.schema import BusinessInformation, Customer, Employee, Handoff, StaffAccount, Unit
from crm.services import conversations, readings
from tests.factories import crm as make

_numbers = count(1)


def a_talk(
    session: Session,
    *said: str | tuple[str, str],
    customer: Customer | None = None,
    language: str = "en",
    now: datetime = make.NOW,
) -> str:
    """A conversation in which the customer said these things; a pair gives the intent the bot found. Returns its id."""
    view = conversations.open_conversation(session, channel="chat", browser="b", language=language, now=now)
    if customer is not None:
        from crm.schema import Conversation

        row = session.get_one(Conversation, view.id)
        row.customer_id, row.verified_at = customer.id, now
    for number, each in enumerate(said):
        text, intent = each if isinstance(each, tuple) else (each, None)
        says(session, view.id, text, intent=intent, now=now + timedelta(seconds=number))
    return view.id


def says(
    session: Session,
    conversation_id: str,
    text: str,
    *,
    intent: str | None = None,
    confidence: float = 0.9,
    actions: tuple[str, ...] = (),
    answer: str | None = None,
    data: dict | None = None,
    now: datetime = make.NOW,
) -> str:
    """One message of the customer, with what the bot made of it and said to it. Returns its id."""
    message_id = f"message-{next(_numbers)}"
    conversations.add_customer_message(session, conversation_id, message_id=message_id, text=text, now=now)
    if answer is not None:
        conversations.add_reply(
            session, conversation_id, in_reply_to=message_id, ordinal=0, text=answer, data=data, now=now
        )
    conversations.mark_answered(session, conversation_id, message_id, outcome="answered", now=now)
    if intent is not None:
        reading = Reading(intent, confidence, ((intent, confidence),), actions)
        readings.keep(session, conversation_id, message_id, reading, now=now)
    return message_id


def agent_says(session: Session, conversation_id: str, text: str, *, now: datetime = make.NOW) -> None:
    """A colleague's words."""
    conversations.add_reply(
        session, conversation_id, in_reply_to=None, ordinal=None, sender=Sender.AGENT, text=text, now=now
    )


def an_account(session: Session, name: str = "Ada Moreau", employee: Employee | None = None) -> StaffAccount:
    """An account of staff without a password."""
    username = f"user{next(_numbers)}"
    row = StaffAccount(
        employee_id=employee.id if employee else None,
        username=username,
        username_index=username,
        name=name,
        role="agent",
        language="en",
        theme="auto",
        must_change_password=False,
        created_at=make.NOW,
    )
    session.add(row)
    session.flush()
    return row


def an_employee(session: Session, name: str = "Ada Moreau") -> Employee:
    """Somebody who works in a unit of their own."""
    unit = Unit(code=f"unit-{next(_numbers)}", name="Care")
    session.add(unit)
    session.flush()
    row = Employee(unit_id=unit.id, name=name, title="Adviser", email="a@example.com", phone="+15550100", active=True)
    session.add(row)
    session.flush()
    return row


def a_handoff(
    session: Session,
    conversation_id: str,
    *,
    reason: str = "asked_for",
    employee: Employee | None = None,
    requested: datetime = make.NOW,
    waited: timedelta = timedelta(minutes=2),
    lasted: timedelta | None = timedelta(minutes=10),
    disposition: str | None = "solved",
) -> Handoff:
    """A hand-off that was taken after `waited` (if an employee is given), and closed `lasted` later."""
    taken = requested + waited if employee else None
    ended = taken + lasted if taken and lasted else None
    state = HandoffState.QUEUED if not employee else HandoffState.CLOSED if ended else HandoffState.ACTIVE
    row = Handoff(
        conversation_id=conversation_id,
        employee_id=employee.id if employee else None,
        state=state,
        reason=reason,
        summary="",
        requested_at=requested,
        waiting_since=None if employee else requested,
        accepted_at=taken,
        active_at=taken,
        ended_at=ended,
        disposition=disposition if ended else None,
    )
    session.add(row)
    session.flush()
    return row


def a_fact(session: Session, key: str, value: str) -> None:
    """A fact about the insurer."""
    session.merge(BusinessInformation(key=key, value=value))
    session.flush()
