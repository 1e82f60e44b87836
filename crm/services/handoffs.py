"""From the bot to a person and back: the verbs of a hand-off. Every one is one transaction's work.

Who routes is `dispatch`; how it looks from the queue is for `crm.services.queue`.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from crm.audit_trail import note_read, reads
from crm.domain import HandoffEvent, HandoffReason, HandoffState, HandoffView, Line
from crm.domain.handoffs import WITH_PERSON
from crm.errors import InvalidInput, NotEligible, NotFound
from crm.schema import Conversation, Handoff, HandoffTransition, Team
from crm.services import _handoff_steps as steps
from crm.services import presence, routing
from crm.services._handoff_steps import Taken, limits, locked, name_of, step, view
from crm.services._rows import conversation_row
from crm.services._slots import book_callback
from crm.services.routing import dispatch

__all__ = [
    "Taken",
    "abandon",
    "begin",
    "book_callback",
    "close",
    "concerns",
    "decline",
    "dispatch",
    "expire",
    "get",
    "give_back",
    "had_by",
    "has",
    "of_employee",
    "open_in",
    "request",
    "take",
    "take_over",
    "transfer",
    "transitions",
]


def request(
    session: Session,
    conversation_id: str,
    *,
    reason: HandoffReason | str,
    summary: str,
    now: datetime,
    line: Line | None = None,
    about_claim: bool = False,
    skills: Sequence[str] = (),
) -> HandoffView:
    """Ask for a person. A conversation that waits already keeps its place, with the newer summary; a more urgent
    reason moves it up.

    Args:
        summary: what a colleague needs to know before taking over.
        line: the line of business it is about; with `about_claim` a handler of its claims is wanted.
        skills: further skills the employee has to have.

    Raises:
        InvalidInput: the reason is none of ours.
        NotFound: no such conversation.
    """
    conversation = conversation_row(session, conversation_id, lock=True)
    row = _open(session, conversation_id)
    reason = _reason(reason)
    if row is None:
        row = Handoff(
            conversation_id=conversation_id,
            state=HandoffState.REQUESTED,
            reason=reason,
            priority=steps.priority(reason),
            line=line,
            about_claim=about_claim,
            skills=list(skills),
            summary=summary,
            requested_at=now,
            waiting_since=now,
        )
        session.add(row)
        session.flush()
        steps.record(session, row, now=now)
    else:
        row.summary = summary
        if steps.priority(reason) < row.priority:
            row.reason, row.priority = reason, steps.priority(reason)
        if line is not None:
            row.line, row.about_claim = line, about_claim
    session.flush()
    return view(session, row, conversation)


def take(session: Session, handoff_id: int, employee_id: int, *, now: datetime, force: bool = False) -> HandoffView:
    """Take a customer who waits; taking one's own customer again changes nothing.

    Args:
        force: a supervisor's: whoever it is offered to, and whether or not the employee fits or has room.

    Raises:
        Taken: somebody else has the customer, or is just being offered them.
        NotEligible: it is over, or the employee does not fit or has no room.
        NotFound: no such hand-off or employee.
    """
    row, conversation = locked(session, handoff_id)
    if row.state.is_over:
        raise NotEligible("The customer does not wait any more.")
    if row.state.is_with_person:
        if row.employee_id != employee_id:
            raise Taken(name_of(session, row.employee_id))
        return view(session, row, conversation)
    if not force and _is_offered_to_another(row, employee_id, now):
        raise Taken(name_of(session, row.offered_to))
    presence.acts(session, employee_id, now=now)
    if not force:
        _check(session, row, conversation, employee_id, now)
    if row.state is HandoffState.REQUESTED:
        step(session, row, conversation, HandoffState.QUEUED, now=now)
    step(session, row, conversation, HandoffState.ACCEPTED, now=now, employee_id=employee_id)
    return view(session, row, conversation)


def decline(session: Session, handoff_id: int, employee_id: int, *, now: datetime) -> HandoffView:
    """Not take what was offered; it waits for somebody else. Raises `NotEligible` when it is not offered to them."""
    row, conversation = locked(session, handoff_id)
    if row.state is not HandoffState.OFFERED or row.offered_to != employee_id:
        raise NotEligible("This customer is not offered to this employee any more.")
    step(session, row, conversation, HandoffState.QUEUED, now=now, by=employee_id)
    return view(session, row, conversation)


def begin(session: Session, handoff_id: int, employee_id: int, *, now: datetime) -> HandoffView:
    """The employee is with the customer; a second time changes nothing. Raises `Taken`, `NotEligible`, `NotFound`."""
    row, conversation = _held(session, handoff_id, employee_id)
    if row.state is HandoffState.ACCEPTED:
        presence.acts(session, employee_id, now=now)
        step(session, row, conversation, HandoffState.ACTIVE, now=now, by=employee_id)
    return view(session, row, conversation)


def transfer(
    session: Session,
    handoff_id: int,
    *,
    by: int,
    to_employee: int | None = None,
    to_team: str | None = None,
    note: str,
    now: datetime,
) -> HandoffView:
    """Pass a customer on to a colleague, who is offered them, or to a team, for which they wait.

    Args:
        by: the employee who has the customer.
        to_team: code of a team.
        note: what the colleague has to know.

    Raises:
        InvalidInput: not exactly one of `to_employee` and `to_team`, or no such team.
        NotEligible: the colleague is not at the desk, or has no room.
        Taken, NotFound.
    """
    if (to_employee is None) == (to_team is None):
        raise InvalidInput("to_employee", "Pass a customer on to a colleague or to a team.")
    row, conversation = _held(session, handoff_id, by)
    if to_team is not None:
        team_id = session.scalar(select(Team.id).where(Team.code == to_team))
        if team_id is None:
            raise InvalidInput("to_team", "There is no such team.")
        row.team_id = team_id
        step(session, row, conversation, HandoffState.QUEUED, now=now, by=by, note=note)
        return view(session, row, conversation)
    _check_colleague(session, to_employee or 0, by, now)
    row.team_id = None
    until = now + limits().offer
    step(
        session, row, conversation, HandoffState.OFFERED, now=now, employee_id=to_employee, offered_until=until,
        note=note,
    )  # fmt: skip
    return view(session, row, conversation)


def take_over(session: Session, handoff_id: int, employee_id: int, *, now: datetime) -> HandoffView:
    """A supervisor takes a customer from whoever has them, or from the queue. Raises `NotEligible`, `NotFound`."""
    row, conversation = locked(session, handoff_id)
    if not row.state.is_with_person or row.employee_id == employee_id:
        return take(session, handoff_id, employee_id, now=now, force=True)
    presence.acts(session, employee_id, now=now)
    step(session, row, conversation, HandoffState.ACCEPTED, now=now, employee_id=employee_id)
    return view(session, row, conversation)


def give_back(session: Session, handoff_id: int, employee_id: int, *, now: datetime) -> HandoffView:
    """Let the bot go on; a second time changes nothing. Raises `Taken`, `NotEligible`, `NotFound`."""
    return _end(session, handoff_id, employee_id, HandoffState.RETURNED, None, now)


def close(session: Session, handoff_id: int, employee_id: int, *, disposition: str, now: datetime) -> HandoffView:
    """The matter is settled; a second time changes nothing.

    Args:
        disposition: how, as a code of at most 64 characters.

    Raises:
        Taken, NotEligible, NotFound.
    """
    return _end(session, handoff_id, employee_id, HandoffState.CLOSED, disposition, now)


def abandon(session: Session, handoff_id: int, *, now: datetime) -> HandoffView:
    """The customer no longer wants a person, or has left. Raises `NotFound`, `NotEligible` when it is over already."""
    row, conversation = locked(session, handoff_id)
    step(session, row, conversation, HandoffState.ABANDONED, now=now)
    return view(session, row, conversation)


def expire(session: Session, handoff_id: int, *, now: datetime) -> HandoffView:
    """Nobody came: give up, with a call-back booked where a number is known. Raises `NotFound`, `NotEligible`."""
    row, conversation = locked(session, handoff_id)
    steps.expire(session, row, conversation, now)
    return view(session, row, conversation)


def get(session: Session, handoff_id: int) -> HandoffView:
    """A hand-off. Raises `NotFound`."""
    row = session.get(Handoff, handoff_id)
    if row is None:
        raise NotFound("There is no such hand-off.")
    note_read(session, "handoffs", conversation_id=row.conversation_id)
    return view(session, row, conversation_row(session, row.conversation_id))


@reads("handoffs")
def open_in(session: Session, conversation_id: str) -> HandoffView | None:
    """The hand-off of a conversation that is not over, if there is one."""
    row = _open(session, conversation_id)
    return view(session, row, conversation_row(session, conversation_id)) if row else None


def has(session: Session, conversation_id: str, employee_id: int) -> bool:
    """Whether an employee talks to the customer of a conversation now."""
    row = _open(session, conversation_id)
    return row is not None and row.state.is_with_person and row.employee_id == employee_id


def had_by(employee_id: int) -> Select[str]:
    """The conversations that an employee had at any time."""
    taken = select(HandoffTransition.handoff_id).where(
        HandoffTransition.employee_id == employee_id, HandoffTransition.state.in_(WITH_PERSON)
    )
    return select(Handoff.conversation_id).where(or_(Handoff.employee_id == employee_id, Handoff.id.in_(taken)))


def of_employee(employee_id: int) -> Select[str]:
    """Those that an employee had at any time, and all of the customers whom they talk to now."""
    had = had_by(employee_id)
    talking = select(Conversation.customer_id).join(Handoff, Handoff.conversation_id == Conversation.id)
    talking = talking.where(Handoff.employee_id == employee_id, Handoff.state.in_(WITH_PERSON))
    return select(Conversation.id).where(or_(Conversation.id.in_(had), Conversation.customer_id.in_(talking)))


def concerns(session: Session, conversation_id: str, employee_id: int) -> bool:
    """Whether an employee had a conversation at any time, or talks to its customer now. Raises `NotFound`."""
    conversation_row(session, conversation_id)
    query = of_employee(employee_id).where(Conversation.id == conversation_id)
    return session.scalar(query) is not None


def transitions(session: Session, handoff_id: int) -> list[HandoffEvent]:
    """What happened to a hand-off, in order."""
    row = session.get(Handoff, handoff_id)
    if row is None:
        raise NotFound("There is no such hand-off.")
    note_read(session, "handoff_transitions", conversation_id=row.conversation_id)
    query = select(HandoffTransition).where(HandoffTransition.handoff_id == handoff_id)
    rows = session.scalars(query.order_by(HandoffTransition.id))
    return [HandoffEvent(row.state, row.at, row.employee_id, row.note) for row in rows]


def _reason(code: str) -> HandoffReason:
    try:
        return HandoffReason(code)
    except ValueError as error:
        raise InvalidInput("reason", f"A reason is one of {', '.join(HandoffReason)}.") from error


def _open(session: Session, conversation_id: str) -> Handoff | None:
    query = select(Handoff).where(Handoff.conversation_id == conversation_id, Handoff.ended_at.is_(None))
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _held(session: Session, handoff_id: int, employee_id: int) -> tuple[Handoff, Conversation]:
    """A hand-off that this employee has."""
    row, conversation = locked(session, handoff_id)
    if not row.state.is_with_person:
        raise NotEligible("Nobody has this customer now; take them first.")
    if row.employee_id != employee_id:
        raise Taken(name_of(session, row.employee_id))
    return row, conversation


def _end(
    session: Session,
    handoff_id: int,
    employee_id: int,
    state: HandoffState,
    disposition: str | None,
    now: datetime,
) -> HandoffView:
    row, conversation = locked(session, handoff_id)
    if row.state is not state or row.employee_id != employee_id:  # else this was done already
        row, conversation = _held(session, handoff_id, employee_id)
        presence.acts(session, employee_id, now=now)
        row.disposition = disposition
        step(session, row, conversation, state, now=now, by=employee_id)
    return view(session, row, conversation)


def _is_offered_to_another(row: Handoff, employee_id: int, now: datetime) -> bool:
    return row.offered_to not in (None, employee_id) and row.offered_until is not None and row.offered_until > now


def _check(session: Session, row: Handoff, conversation: Conversation, employee_id: int, now: datetime) -> None:
    """Whether an employee may take this customer by themselves."""
    agent = next(iter(routing.agents(session, now, [employee_id])), None)
    need = routing.need_of(row, conversation.language)
    if agent is None or not agent.speaks(need):
        raise NotEligible("This employee does not take customers who speak this language.")
    is_offered = row.offered_to == employee_id
    if not is_offered and not agent.fits(need, row.team_id) and not routing.is_open_to_all(row, now):
        raise NotEligible("This customer waits for somebody with other skills.")
    if agent.room + is_offered < 1:  # an offer holds a place already
        raise NotEligible("This employee has no room for another customer.")


def _check_colleague(session: Session, employee_id: int, by: int, now: datetime) -> None:
    if employee_id == by:
        raise NotEligible("This employee has the customer already.")
    presence.hold(session, employee_id)
    agent = next(iter(routing.agents(session, now, [employee_id])), None)
    if agent is None or not agent.is_there:
        raise NotEligible("This colleague is not at the desk; pass the customer on to a team.")
    if agent.room < 1:
        raise NotEligible("This colleague has no room for another customer.")
