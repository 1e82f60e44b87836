"""A conversation between the bot and a person: whose it is, what the customer is told of it."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from crm.domain import HandoffState, HandoffView, MessageView, Outlook, Sender
from crm.errors import NotEligible
from crm.schema import Employee, Handoff, Message, MessageReading
from crm.services import conversations, feedback, handoffs, queue
from crm.services._rows import conversation_row

_IDS_AT_ONCE = 500
_OFFER_AFTER = timedelta(seconds=30)
_ASKS_ABOUT_CALL = ("utter_ask_callback_", "action_ask_callback_")  # the questions of the bot's form for a call-back

OutlookOf = Callable[[Session, int, datetime], Outlook]


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands between a customer and a person, as the customer may know it.

    Attributes:
        state: of the hand-off that is not over; None without one.
        position: 1 is next; None when the customer does not wait.
        minutes: how long it will take; None when nobody can tell.
        open_now: whether anybody is there.
        all_busy: whether everybody who is there takes no new customers just now.
        agent: the name of the person who has the conversation.
        rating_due: whether to ask what the customer thought of it.
    """

    state: HandoffState | None = None
    position: int | None = None
    minutes: int | None = None
    open_now: bool = True
    all_busy: bool = False
    agent: str | None = None
    rating_due: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A hand-off that is not over, in short: what changes of it, somebody should be told."""

    conversation_id: str
    state: HandoffState
    employee_id: int | None
    place: int | None


def in_hand(session: Session, conversation_id: str, employee_id: int) -> HandoffView:
    """The hand-off by which an employee has a conversation; nobody else gets it before this transaction ends.

    Raises:
        NotFound: there is no such conversation.
        handoffs.Taken: a colleague has it.
        NotEligible: no person has it.
    """
    conversation_row(session, conversation_id, lock=True)
    view = handoffs.open_in(session, conversation_id)
    if view is None or not view.state.is_with_person:
        raise NotEligible("No person has this conversation; take it first.")
    if view.employee_id != employee_id:
        raise handoffs.Taken(view.employee_name or "")
    return view


def standings(
    session: Session, conversation_ids: Collection[str], now: datetime, outlook_of: OutlookOf = queue.outlook
) -> dict[str, Standing]:
    """How it stands between the customers of conversations and a person, by conversation.

    Args:
        outlook_of: says what somebody who waits may be told.
    """
    found: dict[str, Standing] = {}
    query = select(Handoff.id, Handoff.conversation_id, Handoff.state, Employee.name)
    query = query.outerjoin(Employee, Employee.id == Handoff.employee_id).where(Handoff.ended_at.is_(None))
    for handoff_id, conversation_id, state, name in _of(session, query, conversation_ids):
        if state.is_with_person:
            found[conversation_id] = Standing(state, agent=name)
        else:
            outlook = outlook_of(session, handoff_id, now)
            found[conversation_id] = Standing(
                state, outlook.position, outlook.minutes, outlook.open_now, outlook.all_busy
            )
    others = [each for each in conversation_ids if each not in found]
    over = select(Handoff.conversation_id).where(Handoff.accepted_at.is_not(None)).distinct()
    served = {row.conversation_id for row in _of(session, over, others)}
    return found | {each: Standing(rating_due=each in served and feedback.is_due(session, each)) for each in others}


def _of(session: Session, query: Any, conversation_ids: Collection[str]) -> Iterator[Any]:
    """The rows of a query about the hand-offs of conversations, which may be more than fit into one statement."""
    wanted = list(conversation_ids)
    for start in range(0, len(wanted), _IDS_AT_ONCE):
        yield from session.execute(query.where(Handoff.conversation_id.in_(wanted[start : start + _IDS_AT_ONCE]))).all()


def open_ones(session: Session) -> dict[int, Waiting]:
    """All hand-offs that are not over, by id."""
    query = (
        select(Handoff.id, Handoff.conversation_id, Handoff.state, Handoff.employee_id)
        .where(Handoff.ended_at.is_(None))
        .order_by(Handoff.priority, Handoff.requested_at, Handoff.id)
    )
    found: dict[int, Waiting] = {}
    place = 0
    for handoff_id, conversation_id, state, employee_id in session.execute(query):
        place += state.is_waiting
        found[handoff_id] = Waiting(conversation_id, state, employee_id, place if state.is_waiting else None)
    return found


def callbacks_to_offer(session: Session, now: datetime) -> list[HandoffView]:
    """Those who have waited for a while, would be better served by a call-back, and were not asked by the bot yet."""
    query = select(Handoff.id, Handoff.waiting_since).where(
        Handoff.ended_at.is_(None), Handoff.waiting_since.is_not(None)
    )
    waiting = [key for key, since in session.execute(query) if since and now - since >= _OFFER_AFTER]
    ahead = queue.outlooks(session, now, waiting) if waiting else {}
    better = [handoffs.get(session, key) for key in waiting if ahead[key].callback_offered]
    return [view for view in better if not _was_asked(session, view)]


def is_call_being_arranged(session: Session, conversation_id: str) -> bool:
    """Whether the bot's last question is one about a call-back."""
    query = _readings(conversation_id).order_by(Message.seq.desc()).limit(1)
    actions = session.scalars(query).first() or ()
    return any(action.startswith(_ASKS_ABOUT_CALL) for action in actions)


def _was_asked(session: Session, view: HandoffView) -> bool:
    """Whether the bot has asked about a call-back since the customer wished for a person."""
    query = _readings(view.conversation_id).where(MessageReading.at >= view.requested_at)
    return any(action.startswith(_ASKS_ABOUT_CALL) for actions in session.scalars(query) for action in actions)


def _readings(conversation_id: str) -> Select[list[str]]:
    """What the bot did for each message of a conversation."""
    query = select(MessageReading.actions).join(Message, Message.id == MessageReading.message_id)
    return query.where(MessageReading.conversation_id == conversation_id)


def announce(
    session: Session,
    conversation_id: str,
    key: str,
    text: str,
    *,
    offers: Sequence[dict[str, str]] = (),
    now: datetime,
) -> tuple[MessageView, bool]:
    """Say something about the hand-off in its conversation; the same `key` (at most 64 characters) once.

    Returns:
        The message, and whether it is new.
    """
    return conversations.add_reply(
        session, conversation_id, in_reply_to=key, ordinal=0, sender=Sender.SYSTEM, text=text, quick_replies=offers,
        now=now,
    )  # fmt: skip
