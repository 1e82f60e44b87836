"""Complaints: what happened, what is wished, a summary, and a number with a deadline. And what customers think."""

import re
from typing import Any

from sqlalchemy.orm import Session

from actions import views
from actions.base import CareAction, CustomerAction
from actions.filing import NOT_GIVEN
from actions.reply import DONE, VERIFY, Reply
from actions.turn import Turn
from crm.domain import CustomerView
from crm.services import complaints, feedback

_TELLING = 3  # words from which a message says more than that there is something to say
_ANNOUNCING = 9  # words, or Chinese characters, up to which one that speaks of "feedback" says no more than that
_FEEDBACK = re.compile(
    r"\b(?:feedback|opinion|suggestions?|review|rat(?:e|ing)|comment)\b|意见|建议|反馈|评价|评分|打分", re.I
)


class AskComplaintConfirm(CustomerAction):
    """Show the complaint before it is filed; from here on it has to be clear who complains."""

    action = "action_ask_complaint_confirm"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """The summary."""
        return Reply().say("utter_complaint_summary", rows=summary_rows(turn))


class SubmitComplaint(CustomerAction):
    """File the complaint, once."""

    action = "action_submit_complaint"
    writes = True
    keeps = ("complaint_confirm",)

    def unverified(self) -> Reply:
        """Verification ran out meanwhile: verify again, then show the summary again."""
        return Reply().set(complaint_confirm=None).signal(VERIFY)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """File it; say its number and until when a person answers."""

        def file() -> dict[str, Any]:
            view = complaints.file_complaint(
                session,
                customer.id,
                category=category(turn),
                text="\n\n".join(told(turn))[: complaints.LONGEST],
                conversation_id=turn.conversation_id,
                now=turn.now,
            )
            return {"number": view.number, "due": views.day(view.answer_due_on)}

        filed = turn.once(session, self.action, file)
        return Reply().say("utter_complaint_filed", **filed).signal(DONE)


class BeginFeedback(CareAction):
    """Keep what the first sentence already says; the form asks for the rest."""

    action = "action_begin_feedback"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Words of the message, unless it only says that there is something to say."""
        text = str(turn.message.get("text") or "")
        return Reply().set(feedback_comment=text if not text.startswith("/") and is_telling(text) else None)


class SubmitFeedback(CareAction):
    """Record a score and words, once. Nobody has to say who they are."""

    action = "action_submit_feedback"
    writes = True
    keeps = ("feedback_score",)

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Record and thank; a bad score gets the offer of a complaint."""
        score, comment = int(turn.slots["feedback_score"]), turn.slots.get("feedback_comment")

        def give() -> dict[str, Any]:
            words = "" if comment in (None, NOT_GIVEN) else str(comment)
            return {
                "score": feedback.give(session, turn.conversation_id, score=score, comment=words, now=turn.now).score
            }

        given = turn.once(session, self.action, give)["score"]
        return Reply().say("utter_feedback_good" if given > 2 else "utter_feedback_bad").signal(DONE)


def is_telling(text: str) -> bool:
    """Whether a message that gives feedback says what it is, and not only that there is some."""
    length = len(text.split()) if text.isascii() else len(text)
    announces = _FEEDBACK.search(text) and length <= _ANNOUNCING
    return not announces and length > (_TELLING if text.isascii() else 2 * _TELLING)


def category(turn: Turn) -> str:
    """The category; what fits none is `other`."""
    said = str(turn.slots.get("complaint_category") or "")
    return said if said in complaints.categories() else "other"


def told(turn: Turn) -> list[str]:
    """What happened and what is wished, as the customer wrote it."""
    said = [turn.slots.get("complaint_what"), turn.slots.get("complaint_wish")]
    return [str(text) for text in said if text not in (None, NOT_GIVEN)]


def summary_rows(turn: Turn) -> list[views.Row]:
    """Every answer of the form."""
    wish = turn.slots.get("complaint_wish")
    return views.rows(
        views.row("about", category(turn), "label.complaint"),
        views.row("description", turn.slots.get("complaint_what")),
        views.row("wish", None if wish == NOT_GIVEN else wish),
    )
