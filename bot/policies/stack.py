"""Forms and what waits: opening, asking, closing and resuming, with a stack of paused forms and actions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.policies.forms import FormSpec, SlotSpec
from bot.policies.message import Message
from bot.policies.reading import Reader
from bot.policies.state import AWAITED, DUE, FOCUS, OFFER, REQUESTED, Turn

START_OVER = "start_over"
FILES_SLOT = "files"
TROUBLE = "utter_service_trouble"
LISTEN = "action_listen"
NEXT_OFFER = "action_next_offer"


@dataclass(frozen=True)
class FormStack:
    """The forms of a domain and the actions around them.

    Attributes:
        routes: the actions that answer an intent, from `data/rules`.
        known_actions: names of everything that can be uttered or run.
    """

    forms: Mapping[str, FormSpec]
    routes: Mapping[str, tuple[str, ...]]
    known_actions: frozenset[str]
    reader: Reader

    def _checks(self, form: FormSpec, names: Mapping[str, Any] | list[str]) -> list[str]:
        checks = [slot.check for slot in form.slots if slot.name in names and slot.check]
        return list(dict.fromkeys(checks))

    def _known(self, *names: str) -> list[str]:
        return [next(name for name in names if name in self.known_actions)] if self.known_actions & set(names) else []

    def _stop(self, turn: Turn, form: FormSpec) -> None:
        turn.plan = self._known(f"utter_stopped_{form.name}", "utter_stopped")
        self._finish(turn, form, completed=False)

    def _start_over(self, turn: Turn) -> None:
        self._drop_all(turn)
        turn.plan = list(self.routes.get(START_OVER, ()))

    def _drop_all(self, turn: Turn) -> None:
        """Leave every form and whatever waits."""
        for form in self.forms.values():
            turn.close(form)
        turn.paused = []
        for name in (AWAITED, FOCUS, FILES_SLOT):
            turn.set(name, None)

    def _need(self, turn: Turn, needed: str, message: Message) -> None:
        """An action cannot go on without a form: do the form first, then the action or its form again."""
        turn.plan = []
        last = turn.state.last_action
        belongs = self._belongs(turn, last)
        waiting = self.forms.get(turn.form or "")
        kept = [turn.slots.get(slot.name) for slot in waiting.slots] if waiting else []
        if turn.form != needed:
            turn.pause(turn.form)
        if not belongs:
            turn.pause(last)
        self._open(turn, needed, message, kept)
        turn.set(AWAITED, needed)

    def _belongs(self, turn: Turn, action: str | None) -> bool:
        """Whether the action is one of the current form: it asks, checks or submits."""
        form = self.forms.get(turn.form or "")
        if form is None:
            return False
        checks = [slot.check for slot in form.slots if slot.check]
        return action in (form.submit, *checks) or self._asks(turn, action)

    def _asks(self, turn: Turn, action: str | None) -> bool:
        """Whether the action puts a question of the current form."""
        form = self.forms.get(turn.form or "")
        return form is not None and action in [self._ask(form, slot) for slot in form.slots]

    def _finish(self, turn: Turn, form: FormSpec, completed: bool) -> None:
        """Close a form; what waited for it goes on, or is dropped with it."""
        turn.close(form)
        if any(slot.reads == "files" for slot in form.slots):
            turn.set(FILES_SLOT, None)
        if turn.slots.get(AWAITED) != form.name:
            return
        turn.set(AWAITED, None)
        if not turn.paused:
            return
        waiting = turn.paused.pop()
        if not completed:
            if waiting in self.forms:
                turn.close(self.forms[waiting])
        elif waiting in self.forms:
            turn.enter(waiting)
        else:
            turn.plan = [*turn.plan, waiting]

    def _submit_again(self, turn: Turn, form: FormSpec) -> None:
        """The action did not say that it was done: ask the last question again rather than lose the form."""
        if form.next_slot(turn.slots) is None and form.slots:
            answered = [slot for slot in form.slots if slot.asked and turn.slots.get(slot.name) is not None]
            turn.set(answered[-1].name if answered else form.slots[-1].name, None)
            turn.plan = [TROUBLE]

    def _next_action(self, turn: Turn, message: Message) -> str:
        while True:
            if turn.plan:
                action = turn.plan.pop(0)
                if action not in self.forms:
                    return action
                self._open(turn, action, message)
            elif turn.form in self.forms:
                return self._question(turn, self.forms[str(turn.form)])
            elif turn.paused:
                self._resume(turn)
            elif turn.slots.get(OFFER) == DUE and NEXT_OFFER in self.known_actions:
                turn.set(OFFER, None)
                return NEXT_OFFER  # nothing is open and nothing waits: it is the last thing said in this turn
            else:
                return LISTEN

    def _open(self, turn: Turn, name: str, message: Message, taken: Sequence[Any] = ()) -> None:
        """Begin a form, or go on with it if it was paused, with what the message says beside what is `taken`.

        A new phone number that is to be changed to is not the number that tells who the customer is.
        """
        form = self.forms[name]
        began_before = name in turn.paused or turn.form == name
        wished_anew = turn.form != name and name in self.routes.get(str(message.intent), ())
        turn.enter(name)
        turn.plan = []
        if began_before and not wished_anew:
            return
        said = self.reader.opening(form, message).items()
        known = {} if began_before else turn.slots  # who asks for it again may want something else this time
        opening = {slot: value for slot, value in said if known.get(slot) is None and value not in taken}
        turn.slots.update(opening)
        turn.plan = [*([] if began_before else self._known(form.opening)), *self._checks(form, opening)]

    def _resume(self, turn: Turn) -> None:
        frame = turn.paused.pop()
        if frame in self.forms:
            turn.enter(frame)
            turn.plan = [self.forms[frame].reminder]
        else:
            turn.plan = [frame]

    def _question(self, turn: Turn, form: FormSpec) -> str:
        slot = form.next_slot(turn.slots)
        if slot is None:
            turn.set(REQUESTED, None)
            failed = turn.state.last_action in (form.submit, TROUBLE)
            return LISTEN if failed else form.submit
        asked = turn.state.last_action == self._ask(form, slot) and turn.slots.get(REQUESTED) == slot.name
        turn.set(REQUESTED, slot.name)
        return LISTEN if asked else self._ask(form, slot)

    def _ask(self, form: FormSpec, slot: SlotSpec) -> str:
        names = [f"{kind}_ask_{scope}{slot.name}" for scope in (f"{form.name}_", "") for kind in ("action", "utter")]
        return next((name for name in names if name in self.known_actions), f"utter_ask_{slot.name}")
