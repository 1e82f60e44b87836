"""The turn in hand: what the channel, the patches and the tracker store tell each other about it."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

LANGUAGE = "language"  # the slot, and its name in messages to and from the channel


@dataclass
class Turn:
    """One customer message on its way through Rasa.

    Attributes:
        conversation_id: tracker it belongs to.
        message_id: id under which a repeated request is answered from what was stored.
        utterances: how many utterances have gone out so far.
        broken: whether an action could not be run, or Rasa stopped before it was the customer's turn again.
        may_be_silent: whether no utterance is right: the bot is paused, was only told something, or the
            stored answer had none.
        language: the language in which the conversation goes on, known once the turn is stored.
        reading: what the message was taken for and what was done, as `bot.reading` tells it; known with that.
    """

    conversation_id: str
    message_id: str
    utterances: int = 0
    broken: bool = False
    may_be_silent: bool = False
    language: str | None = None
    reading: dict[str, Any] | None = None

    @property
    def failed(self) -> bool:
        """Whether the turn must leave no trace, so that the same message can be tried again.

        Rasa goes on after an action that could not be run and stores the conversation as if the action had done
        nothing. The customer would then repeat the message into a form that has already moved on. A turn that ended at
        Rasa's limit of actions even leaves a conversation in which every later turn stands at that limit.
        """
        return self.broken or (self.utterances == 0 and not self.may_be_silent)


current_turn: ContextVar[Turn | None] = ContextVar("current_turn", default=None)
