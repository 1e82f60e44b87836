"""What the customer reads in the conversation itself when a person comes, goes, or does not come."""

from datetime import datetime

from sqlalchemy.orm import Session

from crm.domain import HandoffState, HandoffView, MessageView
from crm.services import callbacks, conversations, takeovers
from gateway.speech import LEFT
from gateway.texts import Texts

_BOOK = "/book_callback"


class Announcer:
    """Says it in the transaction that changes the hand-off, so that neither happens without the other."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def changed(self, session: Session, view: HandoffView, now: datetime) -> list[MessageView]:
        """Words for the state that a hand-off has come to; none where there is nothing to say, or it was said."""
        match view.state:
            case HandoffState.ACCEPTED | HandoffState.ACTIVE if view.accepted_at is not None:
                key = f"accepted-{view.id}-{int(view.accepted_at.timestamp() * 1000)}"
                return self._say(session, view, key, "person_joined", now, agent=view.employee_name)
            case HandoffState.CLOSED:
                return self._left(session, view, now)
            case HandoffState.EXPIRED:
                return self._nobody_came(session, view, now)
        return []

    def _left(self, session: Session, view: HandoffView, now: datetime) -> list[MessageView]:
        """Told to the customer, and to the bot: it has to begin afresh before it hears the customer again."""
        text = self._texts.words(view.language, "person_left", view.channel, agent=view.employee_name)
        message, created = conversations.add_errand(
            session, view.conversation_id, message_id=f"closed-{view.id:08}", text=text, command=LEFT, now=now
        )
        return [message] if created else []

    def passed_on(self, session: Session, view: HandoffView, now: datetime) -> list[MessageView]:
        """Words for a customer who waits again, for somebody else."""
        return self._say(session, view, f"passed-{view.id}-{int(now.timestamp() * 1000)}", "passed_on", now)

    def offer_callback(self, session: Session, view: HandoffView, now: datetime) -> list[MessageView]:
        """Offer a call-back to a customer who waits, once, unless one is booked."""
        if callbacks.upcoming(session, view.conversation_id, now):
            return []
        return self._say(session, view, f"callback-{view.id}", "callback_offered", now, offers=True)

    def out_of_reach(self, session: Session, view: HandoffView, now: datetime) -> list[MessageView]:
        """Words for a customer whom no person can read just now, once; who only waits is offered a call-back."""
        offers = view.state.is_waiting and not callbacks.upcoming(session, view.conversation_id, now)
        return self._say(session, view, f"unreached-{view.id}", "out_of_reach", now, offers=offers)

    def _nobody_came(self, session: Session, view: HandoffView, now: datetime) -> list[MessageView]:
        booked = callbacks.upcoming(session, view.conversation_id, now)
        if booked:
            phone, start = booked[0].phone_masked, booked[0].at_start
            return self._say(session, view, f"expired-{view.id}", "nobody_came_booked", now, phone=phone, start=start)
        return self._say(session, view, f"expired-{view.id}", "nobody_came", now, offers=True)

    def _say(
        self, session: Session, view: HandoffView, key: str, words: str, now: datetime, *, offers: bool = False,
        **values: object,
    ) -> list[MessageView]:  # fmt: skip
        text = self._texts.words(view.language, words, view.channel, **values)
        replies = [{"title": self._texts.get(view.language, "replies.callback"), "payload": _BOOK}] if offers else []
        message, created = takeovers.announce(session, view.conversation_id, key, text, offers=replies, now=now)
        return [message] if created else []
