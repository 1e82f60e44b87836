"""Reading a message as the answer to one question, by the kind of the question's slot."""

import re
from dataclasses import dataclass
from typing import Any

from bot.policies.figures import NUMBERS
from bot.policies.forms import MESSAGE_TEXT, NOT_GIVEN, FormSpec, SlotSpec
from bot.policies.lexicon import begins, words
from bot.policies.message import Entity, Message
from bot.policies.plates import answered_plate, named_plate
from bot.policies.values import AFFIRM, DENY, NUMERIC, TYPED, ValueReader, without_values

_POSTCODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9 -]{2,9}")
_DIGITS_OF_A_POSTCODE = re.compile(r"\d{5,6}")
_IDENTIFIER = re.compile(r"\S+@\S+|[A-Za-z]{0,3}[-\s]?\+?\d[\d\s()-]{4,}\d")
_EMAIL = re.compile(r"[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+")
_PHONE = re.compile(r"\+?\(?\d[\d\s()/-]{5,}\d")
_CODE = re.compile(r"(?<!\d)\d(?:[ -]?\d){3,7}(?!\d)")
_WORDS_AROUND_A_DATE = 3
_WORDS_OF_A_VEHICLE = 8  # a Chinese character counts as one


@dataclass(frozen=True)
class KindReader(ValueReader):
    """Reads the answer to one question; each kind of slot has a method of its own."""

    def _requested(self, form: FormSpec, slot: SlotSpec, message: Message) -> Any:
        if slot.optional and self._says_only(slot, message) and self._option(slot, message) == NOT_GIVEN:
            return NOT_GIVEN
        if slot.optional and slot.reads == "text" and self._answers_another(form, slot, message):
            return None
        if slot.reads in NUMERIC:
            value = self._figure(form, slot, message, alone=True)
        elif slot.reads == "field":
            value = self._read_field(form, message)
        else:
            value = getattr(self, f"_read_{slot.reads}")(slot, message)
        if value is None and message.intent and message.intent in slot.answers:
            value = slot.answers[message.intent]
            value = (message.text.strip() or None) if value == MESSAGE_TEXT else value
        if value is None and slot.optional and self._declined(message):
            return NOT_GIVEN
        return value

    def _mentioned(self, form: FormSpec, slot: SlotSpec, message: Message, taken: list[Entity]) -> Any:
        """A value said in passing: a typed entity or an unmistakable phrase, nothing else."""
        if not slot.mentioned:
            return None
        if slot.reads in NUMERIC:
            return self._figure(form, slot, message, taken=taken)
        if slot.reads == "choice" and slot.anywhere:
            return self._option_said(slot, message)
        if slot.reads in (*TYPED, "policy", "identifier"):
            return self._from_entities(
                slot, [e for e in message.of_kind(*slot.entity_kinds) if e not in taken], message
            )
        if slot.reads == "yes_no" and not message.is_command:
            option = self.lexicon.option(slot.name, message.text)
            return None if option is None else option == "true"
        if slot.reads == "address":
            return self._address(message)
        if slot.reads == "plate" and not message.is_command:
            return named_plate(message.text, self.lexicon.fields.get(slot.name, ()))
        return None

    def _read_text(self, slot: SlotSpec, message: Message) -> str | None:
        if message.is_command or not words(message.text):
            return None
        only_yes_or_no = message.intent in (AFFIRM, DENY) and len(words(message.text)) <= 3
        when = message.of_kind("date", "time")
        only_when = bool(when) and len(words(without_values(message.text, when))) <= _WORDS_AROUND_A_DATE
        return None if only_yes_or_no or only_when else message.text.strip()

    _read_address = _read_text

    def _read_date(self, slot: SlotSpec, message: Message) -> Any:
        return self._from_entities(slot, message.of_kind(*slot.entity_kinds), message)

    _read_time = _read_date

    def _read_phone(self, slot: SlotSpec, message: Message) -> str | None:
        return self._shaped(slot, message, _PHONE, message.text)

    def _read_email(self, slot: SlotSpec, message: Message) -> str | None:
        return self._shaped(slot, message, _EMAIL, message.text)

    def _read_policy(self, slot: SlotSpec, message: Message) -> Any:
        value = self._from_entities(slot, message.of_kind("policy_number"), message)
        return value if value is not None else self._read_text(slot, message)

    def _read_identifier(self, slot: SlotSpec, message: Message) -> str | None:
        return self._shaped(slot, message, _IDENTIFIER, without_values(message.text, message.of_kind("date", "time")))

    def _read_yes_no(self, slot: SlotSpec, message: Message) -> bool | None:
        option = None if message.is_command else self.lexicon.option(slot.name, message.text)
        if option is not None:
            return option == "true"
        if not message.is_command:
            if begins(message.text, self.lexicon.denying):
                return False
            if begins(message.text, self.lexicon.affirming):
                return True
        if message.intent in (AFFIRM, DENY) and message.confidence >= message.even:
            return message.intent == AFFIRM
        return None

    def _read_choice(self, slot: SlotSpec, message: Message) -> str | None:
        options = self.options(slot)
        chosen = next((e.value for e in message.of_kind("choice") if e.value in options), None)
        chosen = chosen or self._option_said(slot, message)
        return chosen or next((str(e.value) for e in message.of_kind(*NUMBERS) if str(e.value) in options), None)

    def _read_postcode(self, slot: SlotSpec, message: Message) -> str | None:
        value = self._from_entities(slot, message.of_kind("postcode"), message)
        if value is not None or message.is_command:
            return value
        # Digits alone are a number to whoever does not know the question ("it's 62704").
        digits = (message.text[e.start : e.end] for e in message.of_kind("number"))
        typed = _POSTCODE.fullmatch(message.text.strip(" .!"))
        shaped = next((said for said in digits if _DIGITS_OF_A_POSTCODE.fullmatch(said)), None)
        return shaped or (typed.group().upper() if typed else None)

    def _read_vehicle(self, slot: SlotSpec, message: Message) -> str | None:
        value = self._from_entities(slot, message.of_kind("vehicle"), message)
        short = len(words(message.text)) <= _WORDS_OF_A_VEHICLE  # then nothing else is said, and no year is lost
        return self._read_text(slot, message) if value is None or short else value

    def _read_code(self, slot: SlotSpec, message: Message) -> str | None:
        """The digits of a one-time code, or what the customer wants instead of typing it."""
        typed = None if message.is_command else _CODE.search(message.text)
        if typed is None:
            return self._read_choice(slot, message)
        return "".join(str(int(character)) for character in typed.group() if character.isdecimal())

    def _read_field(self, form: FormSpec, message: Message) -> str | None:
        chosen = next((e.value for e in message.of_kind("field")), None)
        names = [slot.name for slot in form.slots]
        return chosen if chosen or message.is_command else self.lexicon.field(names, message.text)

    def _read_files(self, slot: SlotSpec, message: Message) -> bool | None:
        """Files themselves are gathered elsewhere; this answers whether the customer is done with them."""
        if message.attachments:
            return None
        said = self._read_yes_no(slot, message)
        return False if said is False else None

    def _read_plate(self, slot: SlotSpec, message: Message) -> str | None:
        text = self._read_text(slot, message)
        return text and answered_plate(text, self.lexicon.fields.get(slot.name, ()))

    def _shaped(self, slot: SlotSpec, message: Message, shape: re.Pattern[str], text: str) -> Any:
        """The typed value, else what looks like one."""
        value = self._from_entities(slot, message.of_kind(*slot.entity_kinds), message)
        if value is not None or message.is_command:
            return value
        typed = shape.search(text)
        return typed.group().strip(" .,;") if typed else None

    def _address(self, message: Message) -> str | None:
        """The part of the message that is an address, with the postcode beside it."""
        parts = message.of_kind("address", "postcode")
        if message.is_command or not message.of_kind("address"):
            return None
        return message.text[parts[0].start : max(part.end for part in parts)]

    def _answers_another(self, form: FormSpec, slot: SlotSpec, message: Message) -> bool:
        """Whether the words are hardly more than an option of another question: "still drives" is nobody's name."""
        others = (s for s in form.slots if s.mentioned and s.reads == "yes_no" and s.described_by != slot.name)
        return any(self._option(other, message) is not None and self._says_only(other, message) for other in others)
