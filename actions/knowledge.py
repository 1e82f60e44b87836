"""Questions about insurance, answered with the passage that the understanding found."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from actions.base import CareAction
from actions.reply import Reply
from actions.turn import Turn

CHOSEN = "passage"
"""The entity of a button that names a passage by its id; any other value means that none was the right one."""


class AnswerQuestion(CareAction):
    """Quote the passage that answers, with its title and link; or ask which of a few was meant; or know nothing."""

    action = "action_answer_question"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """The passage, word for word: nothing about cover is made up."""
        chosen = turn.entity(CHOSEN)
        if chosen is not None:
            return _quoted(_offered_before(turn.events, str(chosen)))
        passage = best_passage(turn.message)
        return _quoted(passage) if passage else offer(turn.message) or _quoted(None)


def best_passage(message: Mapping[str, Any]) -> dict[str, str] | None:
    """Text, title, heading and address of the passage that certainly answers the message; None when none does."""
    found = message.get("knowledge") or []
    return _values(found[0]) if found and found[0].get("certain", True) else None


def offer(message: Mapping[str, Any]) -> Reply | None:
    """The question which passage was meant, with the likeliest as buttons; None when nothing is likely."""
    found = message.get("knowledge") or []
    if not found:
        return None
    passages = [{"id": str(passage["id"]), "heading": str(passage["heading"])} for passage in found]
    return Reply().say("utter_knowledge_choice", passages=passages)


def _quoted(passage: Mapping[str, str] | None) -> Reply:
    return Reply().say("utter_knowledge", **passage) if passage else Reply().say("utter_knowledge_unknown")


def _offered_before(events: Sequence[Mapping[str, Any]], chosen: str) -> dict[str, str] | None:
    """The passage of that id, as the understanding gave it for an earlier message of this conversation."""
    for event in reversed(events):
        heard = event.get("parse_data") or {}
        for passage in heard.get("knowledge") or ():
            if passage["id"] == chosen:
                return _values(passage)
    return None


def _values(passage: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(passage[name]) for name in ("passage", "title", "heading", "url")}
