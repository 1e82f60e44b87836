"""Typed values and numbers in a message, and the options that its words name."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.policies.figures import number_of
from bot.policies.forms import FormSpec, SlotSpec
from bot.policies.lexicon import Lexicon, begins, find, mentions, without, words
from bot.policies.message import Entity, Message

AFFIRM, DENY, EMERGENCY, STOP = "affirm", "deny", "emergency", "stop"
Complete = Callable[[str, Any, date, str], str | None]
"""(kind: date or time, partial value, today, what the slot expects) -> ISO text, None when it means no such one."""

CLOSED = ("yes_no", "choice", "files", "code")
TYPED = ("date", "time", "phone", "postcode", "email", "vehicle")
NUMERIC = ("amount", "number")
_BREAK = re.compile(r"[,.;:!?\u3001\u3002\uff0c\uff1a\uff1b\uff01\uff1f]")
_WORDS_BESIDE_AN_OPTION = 2
_WORDS_BEFORE_A_NUMBER, _WORDS_AFTER_A_NUMBER = 4, 3


@dataclass(frozen=True)
class ValueReader:
    """Finds values with the phrases of a lexicon.

    Attributes:
        complete: turns a partial date or time into a whole one.
    """

    lexicon: Lexicon
    complete: Complete

    def options(self, slot: SlotSpec) -> Iterable[str]:
        """The options of a choice."""
        return self.lexicon.choices.get(slot.name, {})

    def _option(self, slot: SlotSpec, message: Message) -> str | None:
        return None if message.is_command else self.lexicon.option(slot.name, message.text)

    def _says_only(self, slot: SlotSpec, message: Message, beside: int = _WORDS_BESIDE_AN_OPTION) -> bool:
        """Whether hardly anything is left beside the options of the slot."""
        phrases = [phrase for listed in self.lexicon.choices.get(slot.name, {}).values() for phrase in listed]
        return len(without(message.text, phrases)) <= beside

    def _option_said(self, slot: SlotSpec, message: Message) -> str | None:
        """The option that the words or their typed values name."""
        said = None if message.is_command else self.lexicon.option(slot.name, message.text)
        said = None if said == STOP else said
        kinds = (slot.named_by,) if slot.named_by else ()
        return said or next((e.value for e in message.of_kind(*kinds) if e.value in self.options(slot)), None)

    def _from_entities(self, slot: SlotSpec, entities: list[Entity], message: Message) -> Any:
        for entity in entities:
            if not self._is_negated(entity, message):
                value = self._value(slot, entity, message)
                if value is not None:
                    return value
        return None

    def _value(self, slot: SlotSpec, entity: Entity, message: Message) -> Any:
        if slot.reads in ("date", "time"):
            return self.complete(slot.reads, entity.value, message.today, slot.expects)
        return entity.value

    def _is_negated(self, entity: Entity, message: Message) -> bool:
        before = words(_BREAK.split(message.text[: entity.start])[-1])[-3:]  # "不是，12号": the no stands alone
        phrases = [words(phrase) for phrase in self.lexicon.negation]
        return any(phrase and before[-len(phrase) :] == phrase for phrase in phrases)

    def _declined(self, message: Message) -> bool:
        said_no = message.intent == DENY and message.confidence >= message.even
        return said_no or begins(message.text, self.lexicon.denying) or mentions(message.text, self.lexicon.unknown)

    def _figure(
        self, form: FormSpec, slot: SlotSpec, message: Message, taken: Iterable[Entity] = (), alone: bool = False
    ) -> Any:
        """The number that stands with a slot's names; with `alone`, one that nothing else claims will do.

        An amount of money needs no name where no other question of the form claims it.
        """
        option = self.lexicon.option(slot.name, message.text) if slot.anywhere and not message.is_command else None
        if option is not None:
            return int(option)
        figures = [(e, n) for e in message.entities if e not in taken and (n := number_of(e, slot)) is not None]
        figures = [(e, n) for e, n in figures if not self._is_negated(e, message)]
        called = [(e, n, self._called(form, e, message)) for e, n in figures]
        named = [n for _, n, name in called if name == slot.name]
        free = [(e, n) for e, n, name in called if name is None]
        if named:
            return sum(named) if slot.sums else named[0]
        money = [n for e, n in free if e.kind == "amount_of_money" and slot.reads == "amount"]
        if money:
            return money[0]
        return free[0][1] if alone and free else None

    def _called(self, form: FormSpec, entity: Entity, message: Message) -> str | None:
        """The slot whose name stands nearest to a value, looked for up to the next value or comma."""
        before_it = max((e.end for e in message.entities if e.end <= entity.start), default=0)
        behind_it = min((e.start for e in message.entities if e.start >= entity.end), default=len(message.text))
        before = words(_BREAK.split(message.text[before_it : entity.start])[-1])[-_WORDS_BEFORE_A_NUMBER:]
        behind = words(_BREAK.split(message.text[entity.end : behind_it])[0])[:_WORDS_AFTER_A_NUMBER]
        near = [
            (distance, slot.name)
            for slot in form.slots
            for name in self.lexicon.fields.get(slot.name, ())
            for distance in (find(behind, words(name)), find(before[::-1], words(name)[::-1]))
            if distance >= 0
        ]
        return min(near)[1] if near else None


def without_values(text: str, entities: Iterable[Entity]) -> str:
    """The text without its typed values."""
    for entity in sorted(entities, key=lambda e: -e.start):
        text = f"{text[: entity.start]} {text[entity.end :]}"
    return text
