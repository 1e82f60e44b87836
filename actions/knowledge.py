"""Questions about insurance, answered with the passage that the understanding found."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from actions.base import CareAction
from actions.reply import Reply
from actions.turn import Turn


class AnswerQuestion(CareAction):
    """Quote the best passage with its title and link, or say that there is none."""

    action = "action_answer_question"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """The passage, word for word: nothing about cover is made up."""
        passage = best_passage(turn.message)
        return Reply().say("utter_knowledge", **passage) if passage else Reply().say("utter_knowledge_unknown")


def best_passage(message: Mapping[str, Any]) -> dict[str, str] | None:
    """Text, title, heading and address of the passage that answers the message; None when none does."""
    found = message.get("knowledge") or []
    return {name: str(found[0][name]) for name in ("passage", "title", "heading", "url")} if found else None
