"""What customers think of a conversation."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.domain import FeedbackView
from crm.errors import OutOfRange
from crm.schema import Feedback
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
