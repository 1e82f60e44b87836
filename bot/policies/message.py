"""What a customer said, as the dialogue sees it; nothing here depends on Rasa."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Entity:
    """A typed value found in a message; `start` and `end` are offsets in its text, equal for a button's value."""

    kind: str
    value: Any
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Message:
    """One message of the customer.

    Attributes:
        text: as typed; empty for a button.
        intent: the name the classifier gave, None when it gave none.
        confidence: of that intent, 0 to 1.
        even: the confidence at which the classifier is as often right as wrong: enough to leave a form's question that
            the message does not answer.
        sure: from it on it is hardly ever wrong: enough to leave a question although the message would be an answer.
            Both come from the training's cross-validation, for the script of the message.
        is_command: a button was pressed; its intent and values are certain.
        attachments: ids of uploaded files.
        today: the day it was said, to complete "the 12th".
        known: the knowledge holds a passage that answers it.
        offered: the intent that the assistant's last words offered, which a bare "yes" accepts.
        otherwise: the response for a bare "no" to that offer.
        asked: the intent of the latest request before this message, which a mere value goes on with ("and theft?").
    """

    text: str
    intent: str | None
    confidence: float
    entities: tuple[Entity, ...] = ()
    is_command: bool = False
    attachments: tuple[dict[str, Any], ...] = ()
    today: date = field(default_factory=lambda: date(1970, 1, 1))
    known: bool = False
    offered: str | None = None
    otherwise: str | None = None
    asked: str | None = None
    even: float = 0.5
    sure: float = 0.85

    @property
    def is_question(self) -> bool:
        """Whether it is written as a question: by its mark, or by a Chinese particle, after which many leave it out."""
        return self.text.rstrip(" .!~\u3002\uff01").endswith(("?", "\uff1f", "吗", "么", "呢"))

    def of_kind(self, *kinds: str) -> list[Entity]:
        """The entities of these kinds, in the order they were said."""
        return sorted((e for e in self.entities if e.kind in kinds), key=lambda e: e.start)
