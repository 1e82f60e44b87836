"""The language of the conversation, when the customer asks for one."""

from sqlalchemy.orm import Session

from actions.base import CareAction
from actions.reply import Reply
from actions.turn import Turn
from crm.services import conversations

SPOKEN = ("en", "zh")


class ChangeLanguage(CareAction):
    """Go on in the language that was asked for; the gateway's own words follow."""

    action = "action_change_language"
    writes = True

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Say so in that language, or which ones there are."""
        heard = turn.message.get("language") or {}
        asked = turn.entity("language") or (heard.get("code") if heard.get("asked") else None)
        if asked not in SPOKEN:
            return Reply().say("utter_languages")
        conversations.set_language(session, turn.conversation_id, str(asked))
        return Reply().set(language=asked).say("utter_language_changed")
