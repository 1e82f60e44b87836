"""Where a dialogue stands, and a turn's changes to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.policies.forms import FormSpec

REQUESTED = "requested_slot"
PAUSED, PLAN, SIGNAL, AWAITED, MISSES, FOCUS = "paused", "plan", "signal", "awaited", "misses", "focus"
OFFER = "offer"
"""The slots the dialogue keeps itself in; see `State`."""

DONE, ABANDON, FAILED = "done", "abandon", "failed"
"""What an action may put in the slot `signal`, beside the name of a form it needs first."""

DUE, NEVER = "due", "never"
"""Of the slot `offer`: an action has done what was wished for, so that an offer may follow in this turn; or the
conversation is about something beside which nothing is offered. Actions set `made` themselves: once is enough."""


@dataclass(frozen=True)
class State:
    """What the tracker says.

    Attributes:
        form: the form that is being filled, None outside of forms.
        slots: every slot's value.
        last_action: the action just executed, None when the customer has just spoken.
    """

    form: str | None
    slots: Mapping[str, Any]
    last_action: str | None = None

    @property
    def paused(self) -> tuple[str, ...]:
        """Names of forms and actions to come back to, the next one last."""
        return tuple(self.slots.get(PAUSED) or ())


@dataclass
class Turn:
    """The changes a prediction makes, collected; `changes` and `form` become events.

    The paused things are a stack without duplicates: a thing that is paused again moves to the top, and the form
    being filled is never in it.
    """

    state: State
    form: str | None = None
    slots: dict[str, Any] = field(default_factory=dict)
    paused: list[str] = field(default_factory=list)
    plan: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, state: State) -> "Turn":
        """A turn that has changed nothing yet."""
        return cls(state, state.form, dict(state.slots), list(state.paused), list(state.slots.get(PLAN) or ()))

    def set(self, name: str, value: Any) -> None:
        """Change a slot."""
        self.slots[name] = value

    def pause(self, name: str | None) -> None:
        """Put a form or an action on top of the stack; pausing the current form leaves it."""
        if name is None:
            return
        if name == self.form:
            self.form = None
            self.slots[REQUESTED] = None
        self.paused = [*(frame for frame in self.paused if frame != name), name]

    def enter(self, form: str) -> None:
        """Make `form` the current one, pausing another and taking it off the stack if it waits there."""
        if self.form != form:
            self.pause(self.form)
        self.paused = [frame for frame in self.paused if frame != form]
        self.form = form
        self.slots[REQUESTED] = None

    def close(self, form: FormSpec) -> None:
        """Leave the form and forget its answers."""
        self.forget(form)
        self.paused = [frame for frame in self.paused if frame != form.name]
        if self.form == form.name:
            self.form = None
            self.slots[REQUESTED] = None

    def forget(self, form: FormSpec) -> None:
        """Clear the answers of a form."""
        for slot in form.slots:
            self.slots[slot.name] = None

    def changes(self) -> dict[str, Any]:
        """The slots whose value differs from the state's."""
        self.slots[PAUSED] = self.paused or None
        self.slots[PLAN] = self.plan or None
        known = self.state.slots
        return {name: value for name, value in self.slots.items() if known.get(name) != value}
