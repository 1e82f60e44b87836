"""What the forms of `domain.yml` ask for, read from their slots' mappings.

A form's slot has one mapping of type `custom`, which keeps Rasa's own extraction away from it; further keys of
that mapping tell how an answer is read:

    reads: text | date | time | yes_no | choice | phone | policy | identifier | code | files | field
           | email | vehicle | plate | address
    expects: past | birth | future        which day an incomplete date means
    when: {other_slot: value}             ask only if every one of these holds
    unless: {other_slot: value}           nor if one of these does; a list holds several values
    optional: true                        "no" and "I don't know" are answers, kept as `not_given`
    asked: false                          never asked for, filled when mentioned
    prefill: false                        not taken from the message that opens the form
    mentioned: false                      only filled when it has been asked: the last word before filing
    described_by: slot                    a choice that may be recognised in that slot's free text
    answers: {intent: value}              intents that answer the question, and with which value
                                          (`$text` stands for the message itself)
    then: {value: [actions]}              what follows an answer, before the next question
    check: action_name                    runs when the slot has been answered
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

NOT_GIVEN = "not_given"
MESSAGE_TEXT = "$text"

ENTITIES_READ = {
    "date": ("date",),
    "time": ("time",),
    "phone": ("phone_number",),
    "policy": ("policy_number",),
    "identifier": ("policy_number", "phone_number", "email"),
    "choice": ("choice",),
    "code": ("choice",),
    "field": ("field",),
    "amount": ("amount_of_money", "number"),
    "number": ("number", "amount_of_money", "date"),
    "postcode": ("postcode",),
    "email": ("email",),
    "vehicle": ("vehicle",),
}
"""The kinds of entity that answer a slot of a kind; the other kinds are read from the text or the intent."""


@dataclass(frozen=True)
class SlotSpec:
    """How one answer of a form is read; see the module for the keys."""

    name: str
    reads: str = "text"
    expects: str = "past"
    when: Mapping[str, Any] = field(default_factory=dict)
    unless: Mapping[str, Any] = field(default_factory=dict)
    optional: bool = False
    asked: bool = True
    prefill: bool = True
    mentioned: bool = True
    anywhere: bool = False
    named_by: str | None = None
    sums: bool = False
    described_by: str | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    then: Mapping[Any, list[str]] = field(default_factory=dict)
    check: str | None = None

    @property
    def entity_kinds(self) -> tuple[str, ...]:
        """The kinds of entity that can fill it."""
        return ENTITIES_READ.get(self.reads, ())

    def applies(self, slots: Mapping[str, Any]) -> bool:
        """Whether this form, as answered so far, needs it."""
        wanted = all(_is(slots.get(name), value) for name, value in self.when.items())
        return wanted and not any(_is(slots.get(name), value) for name, value in self.unless.items())

    def is_ruled_out(self, slots: Mapping[str, Any]) -> bool:
        """Whether what is known already shows that this form will not need it."""
        known = {name: value for name, value in slots.items() if value is not None}
        otherwise = any(name in known and not _is(known[name], value) for name, value in self.when.items())
        return otherwise or any(_is(known.get(name), value) for name, value in self.unless.items() if name in known)


@dataclass(frozen=True)
class FormSpec:
    """A form: its slots in the order they are asked."""

    name: str
    slots: tuple[SlotSpec, ...]

    @property
    def submit(self) -> str:
        """The action that uses the answers."""
        return f"action_submit_{self.name}"

    @property
    def opening(self) -> str:
        """The response that begins the form, if there is one."""
        return f"utter_begin_{self.name}"

    @property
    def reminder(self) -> str:
        """The response that leads back to the form after something else."""
        return f"utter_resume_{self.name}"

    def slot(self, name: str | None) -> SlotSpec | None:
        """The slot of that name, None when it is not one of this form."""
        return next((slot for slot in self.slots if slot.name == name), None)

    def still_open_to(self, slots: Mapping[str, Any]) -> "FormSpec":
        """The form without the slots that what is known rules out."""
        return replace(self, slots=tuple(slot for slot in self.slots if not slot.is_ruled_out(slots)))

    def next_slot(self, slots: Mapping[str, Any]) -> SlotSpec | None:
        """The first question still open."""
        open_slots = (s for s in self.slots if s.asked and slots.get(s.name) is None and s.applies(slots))
        return next(open_slots, None)


def read_forms(
    required: Mapping[str, Iterable[str]], mappings: Mapping[str, list[dict[str, Any]]]
) -> dict[str, FormSpec]:
    """The forms of a domain.

    Args:
        required: slot names by form, in order.
        mappings: the domain's mappings by slot.

    Raises:
        ValueError: a key of a mapping is not one of the module's list.
    """
    return {
        form: FormSpec(form, tuple(_slot_spec(name, mappings.get(name, [])) for name in names))
        for form, names in required.items()
    }


def _slot_spec(name: str, mappings: list[dict[str, Any]]) -> SlotSpec:
    keys = {key: value for key, value in (mappings[0] if mappings else {}).items() if key != "type"}
    unknown = keys.keys() - SlotSpec.__dataclass_fields__.keys()
    if unknown:
        raise ValueError(f"domain.yml: slot {name}: unknown keys {sorted(unknown)}; see bot/policies/forms.py.")
    return SlotSpec(name=name, **keys)


def _is(value: Any, named: Any) -> bool:
    return value in named if isinstance(named, list) else value == named
