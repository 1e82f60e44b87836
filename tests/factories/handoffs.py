"""Makers for the way to a person: employees at the desk, customers who wait."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.domain import HandoffView, PresenceStatus
from crm.schema import Conversation, Customer, Employee, EmployeeLanguage, Team, TeamMember
from crm.services import handoffs, presence
from tests.factories import crm as make


def an_agent(
    session: Session,
    *skills: str,
    languages: tuple[str, ...] = ("en",),
    status: PresenceStatus | None = PresenceStatus.AVAILABLE,
    now: datetime = make.NOW,
    **values: object,
) -> Employee:
    """An employee who takes chats and is at the desk; with `status` None they never were."""
    row = make.an_employee(session, "chat", *skills, **values)
    session.add_all(EmployeeLanguage(employee_id=row.id, language=language) for language in languages)
    session.flush()
    if status is not None:
        presence.set(session, row.id, status, now=now)
    session.expire(row)
    return row


def a_wish(
    session: Session,
    *,
    reason: str = "asked_for",
    customer: Customer | None = None,
    language: str = "en",
    now: datetime = make.NOW,
    **values: object,
) -> HandoffView:
    """A customer who asks for a person in a conversation of their own."""
    chat = make.a_conversation(session)
    row = session.get_one(Conversation, chat.id)
    row.language, row.customer_id = language, customer.id if customer else None
    return handoffs.request(session, chat.id, reason=reason, summary="wants to talk", now=now, **values)


def with_agent(session: Session, employee: Employee, now: datetime = make.NOW, **values: object) -> HandoffView:
    """A customer whom this employee has."""
    wish = a_wish(session, now=now, **values)
    return handoffs.take(session, wish.id, employee.id, now=now, force=True)


def a_team(session: Session, code: str, *members: Employee) -> Team:
    """A team of customer care."""
    team = Team(unit_id=make.care_unit(session).id, code=code, name=code.title())
    session.add(team)
    session.flush()
    session.add_all(TeamMember(team_id=team.id, employee_id=row.id) for row in members)
    session.flush()
    return team


def owner_of(session: Session, view: HandoffView) -> str:
    """Who answers in the conversation of a hand-off."""
    query = select(Conversation.owner).where(Conversation.id == view.conversation_id)
    return str(session.scalar(query))
