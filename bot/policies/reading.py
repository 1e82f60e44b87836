"""Reading a message as answers to a form's questions, and as corrections of earlier ones."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.policies.corrections import WORDS_OF_A_CORRECTION, CorrectionReader
from bot.policies.figures import number_of
from bot.policies.forms import FormSpec, SlotSpec
from bot.policies.lexicon import begins, mentions, without, words
from bot.policies.message import Entity, Message
from bot.policies.values import AFFIRM, CLOSED, DENY, EMERGENCY, NUMERIC, STOP, Complete

__all__ = ["AFFIRM", "DENY", "STOP", "Complete", "Reader"]
PRODUCT_INFO, RECOMMENDATION = "product_info", "ask_recommendation"
_WORDS_OF_A_DESCRIPTION = 13
_WORDS_OF_AN_OPENING = 7  # beside the wish itself


@dataclass(frozen=True)
class Reader(CorrectionReader):
    """Reads messages with the phrases of a lexicon: several answers at once, and what opens a form."""

    def alert(self, message: Message) -> Message:
        """The message, as an emergency if its words tell of one: that must not hang on a classifier."""
        if message.is_command or not self.lexicon.tells_of_danger(message.text):
            return message
        return replace(message, intent=EMERGENCY, confidence=1.0)

    def for_themselves(self, message: Message) -> Message:
        """The message, as a wish for a recommendation if it asks which product suits whoever asks."""
        asks = message.intent == PRODUCT_INFO and not message.is_command and not message.of_kind("line_of_business")
        if not asks or not mentions(message.text, self.lexicon.personal):
            return message
        return replace(message, intent=RECOMMENDATION)

    def answers(self, form: FormSpec, requested: str | None, message: Message, slots: Mapping[str, Any]) -> dict:
        """Every slot of the form that the message answers, the requested one first if it does.

        A value that is already known is not touched: that is a correction's business.
        """
        found: dict[str, Any] = {}
        form = form.still_open_to(slots)
        slot = form.slot(requested)
        if slot is not None and (value := self._requested(form, slot, message)) is not None:
            found[slot.name] = value
        taken = [e for e in message.entities if slot and slot.name in found and _is_source(slot, e, found)]
        for other in form.slots:
            if other.name in found or slots.get(other.name) is not None or other.name == requested:
                continue
            left = form.still_open_to({**slots, **found})
            if message.is_command or left.slot(other.name) is None:
                continue
            if (value := self._mentioned(left, other, message, taken)) is not None:
                found[other.name] = value
        if slot is None or slot.reads != "text":
            long = len(words(message.text)) >= _WORDS_OF_A_DESCRIPTION
            found = {**(self._description(form, message, slots) if long else {}), **found}
        self._recognise_choices(form, found, slots)
        return found

    def opening(self, form: FormSpec, message: Message) -> dict[str, Any]:
        """What the message that opens a form already says."""
        found: dict[str, Any] = {}
        for slot in form.slots:
            if not slot.prefill or slot.is_ruled_out(found):
                continue
            if (value := self._mentioned(form.still_open_to(found), slot, message, [])) is not None:
                found[slot.name] = value
        if len(without(message.text, self.lexicon.wishing)) >= _WORDS_OF_AN_OPENING:
            found |= self._description(form, message, {})
        for slot in form.slots if not message.is_command else ():
            if slot.described_by and (option := self.lexicon.option(slot.name, message.text)):
                found[slot.name] = option
        self._recognise_choices(form, found, {})
        return found

    def begins_with_yes(self, message: Message) -> bool:
        """Whether the first words say yes."""
        return begins(message.text, self.lexicon.affirming)

    def declines(self, slot: SlotSpec | None, message: Message) -> bool:
        """Whether the customer wants none of what the question offers: "no, thanks" to a price."""
        if slot is None or self._option(slot, message) != STOP:
            return False
        return self._says_only(slot, message, WORDS_OF_A_CORRECTION)

    def names_an_option(self, slot: SlotSpec | None, message: Message) -> bool:
        """Whether the message answers a closed question in so many words."""
        return slot is not None and slot.reads in CLOSED and self.lexicon.option(slot.name, message.text) is not None

    def _description(self, form: FormSpec, message: Message, slots: Mapping[str, Any]) -> dict[str, Any]:
        """The whole message as the free text that describes a choice, if it names an option."""
        if message.is_command:
            return {}
        described = {
            slot.described_by
            for slot in form.slots
            if slot.described_by and self.lexicon.names_any(slot.name, message.text)
        }
        return {name: message.text.strip() for name in described if slots.get(name) is None}

    def _recognise_choices(self, form: FormSpec, found: dict[str, Any], slots: Mapping[str, Any]) -> None:
        for slot in form.slots:
            text = found.get(slot.described_by) if slot.described_by else None
            if text and slots.get(slot.name) is None and slot.name not in found:
                option = self.lexicon.option(slot.name, text)
                if option is not None:
                    found[slot.name] = option


def _is_source(slot: SlotSpec, entity: Entity, found: Mapping[str, Any]) -> bool:
    """Whether an answer comes from this entity; of several numbers in a message only one is the answer."""
    same = slot.reads not in NUMERIC or number_of(entity, slot) == found[slot.name]
    return entity.kind in slot.entity_kinds and same
