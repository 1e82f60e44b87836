"""What an action answers: names of responses with values, slots, and a signal for the dialogue."""

from typing import Any, Self

from rasa_sdk.events import SlotSet

DONE, ABANDON, FAILED = "done", "abandon", "failed"
VERIFY, ONE_TIME_CODE = "verify", "one_time_code"
"""Signals to `bot/policies`: the form is done, given up with what waits for it, or has met a store that failed; or a
form is needed first."""

DUE, MADE = "due", "made"
"""Of the slot `offer`, as in `bot/policies/state.py`."""


class Reply:
    """Collects an answer; every method returns the reply."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.slots: dict[str, Any] = {}
        self.is_satisfying = False

    def say(self, response: str, **values: Any) -> Self:
        """Utter a response of data/responses with these values (as JSON can hold them)."""
        self.messages.append({"response": response, **values})
        return self

    def again(self, text: str | None, buttons: list[dict[str, str]] | None, data: dict[str, Any] | None) -> Self:
        """Utter words that were said before."""
        self.messages.append({"text": text, "buttons": buttons or [], "json_message": data or {}})
        return self

    def set(self, **slots: Any) -> Self:
        """Set slots."""
        self.slots.update(slots)
        return self

    def signal(self, what: str) -> Self:
        """Tell the dialogue how to go on: `DONE`, `ABANDON`, or the name of a form that is needed first."""
        return self.set(signal=what)

    def satisfied(self) -> Self:
        """The customer has what they wished for, and nothing was asked of them: an offer may follow."""
        self.is_satisfying = True
        return self

    @property
    def events(self) -> list[dict[str, Any]]:
        """The slots as events."""
        return [SlotSet(name, value) for name, value in self.slots.items()]
