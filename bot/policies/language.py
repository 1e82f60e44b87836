"""The `language` slot follows the language of each message, before anything is said in answer to it."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from rasa.core.policies.policy import PolicyPrediction
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.turn import LANGUAGE

Predict = TypeVar("Predict", bound=Callable[..., PolicyPrediction])


def in_the_language_of_the_message(predict: Predict) -> Predict:
    """Wraps a policy's `predict_action_probabilities`: its prediction also keeps the slot right."""

    @functools.wraps(predict)
    def wrapped(self: Any, tracker: DialogueStateTracker, *args: Any, **kwargs: Any) -> PolicyPrediction:
        prediction = predict(self, tracker, *args, **kwargs)
        language = language_of(tracker)
        if language and LANGUAGE in tracker.slots and tracker.get_slot(LANGUAGE) != language:
            prediction.events.append(SlotSet(LANGUAGE, language))
        return prediction

    return wrapped  # type: ignore[return-value]


def language_of(tracker: DialogueStateTracker) -> str | None:
    """The language in which the latest message is to be answered; None when nothing speaks for one.

    A button that names a language comes first, then the words of the message, then what the channel knows of the
    conversation.
    """
    heard = tracker.latest_message
    if heard is None:
        return None
    chosen = next((e["value"] for e in heard.entities if e.get("entity") == LANGUAGE), None)
    found = (heard.parse_data or {}).get(LANGUAGE) or {}
    said = found.get("code") if found.get("certain") else None
    known = (heard.metadata or {}).get(LANGUAGE)
    return chosen or said or known or None
