"""What customers think of a conversation."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.audit_trail import reads
from crm.domain import FeedbackView, Sender
from crm.errors import OutOfRange
from crm.schema import Feedback, Handoff, Message
from crm.services._rows import conversation_row

WORST, BEST = 1, 5
LONGEST = 2_000


def give(session: Session, conversation_id: str, *, score: int, comment: str = "", now: datetime) -> FeedbackView:
    """Record an opinion; a second one of the same conversation replaces the first. Nobody has to be verified.

    Raises:
        OutOfRange: `score` is not from 1 to 5.
        NotFound: no such conversation.
    """
    if not WORST <= score <= BEST:
        raise OutOfRange("score", minimum=WORST, maximum=BEST)
    conversation = conversation_row(session, conversation_id, lock=True)
    row = session.scalars(select(Feedback).where(Feedback.conversation_id == conversation_id)).one_or_none()
    if row is None:
        row = Feedback(conversation_id=conversation_id)
        session.add(row)
    row.customer_id = conversation.customer_id if conversation.verified_at else None
    row.score, row.comment, row.at = score, comment.strip()[:LONGEST], now
    session.flush()
    return FeedbackView(conversation_id, row.score, row.comment, row.at)


@reads("feedback")
def of(session: Session, conversation_id: str) -> FeedbackView | None:
    """What was said about a conversation; None when nothing was."""
    row = session.scalars(select(Feedback).where(Feedback.conversation_id == conversation_id)).one_or_none()
    return None if row is None else FeedbackView(conversation_id, row.score, row.comment, row.at)


def is_due(session: Session, conversation_id: str) -> bool:
    """Whether to ask the customer: a colleague has been with them, said something, and they gave no mark since.

    One question in a conversation is enough: after an answer it is not asked again, unless another hand-off ended
    since then.
    """
    ended = session.scalar(
        select(func.max(Handoff.ended_at)).where(
            Handoff.conversation_id == conversation_id, Handoff.accepted_at.is_not(None)
        )
    )
    if ended is None:
        return False
    said = select(Message.id).where(Message.conversation_id == conversation_id, Message.sender == Sender.AGENT)
    given = select(Feedback.id).where(Feedback.conversation_id == conversation_id, Feedback.at >= ended)
    return session.scalar(said.limit(1)) is not None and session.scalar(given.limit(1)) is None
