"""Reading a message as answers to a form's questions, and as corrections of earlier ones."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from bot.policies.figures import NUMBERS, number_of
from bot.policies.forms import MESSAGE_TEXT, NOT_GIVEN, FormSpec, SlotSpec
from bot.policies.lexicon import Lexicon, begins, find, last_words, mentions, without, words
from bot.policies.message import Entity, Message
from bot.policies.plates import answered_plate, named_plate

AFFIRM, DENY, EMERGENCY, STOP = "affirm", "deny", "emergency", "stop"
Complete = Callable[[str, Any, date, str], str | None]
"""(kind: date or time, partial value, today, what the slot expects) -> ISO text, None when it means no such one."""

_CLOSED = ("yes_no", "choice", "files", "code")
_TYPED = ("date", "time", "phone", "postcode", "email", "vehicle")
_NUMERIC = ("amount", "number")
_BREAK = re.compile(r"[,.;:!?\u3001\u3002\uff0c\uff1a\uff1b\uff01\uff1f]")
_POSTCODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9 -]{2,9}")
_IDENTIFIER = re.compile(r"\S+@\S+|[A-Za-z]{0,3}[-\s]?\+?\d[\d\s()-]{4,}\d")
_EMAIL = re.compile(r"[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+")
_PHONE = re.compile(r"\+?\(?\d[\d\s()/-]{5,}\d")
_CODE = re.compile(r"(?<!\d)\d(?:[ -]?\d){3,7}(?!\d)")
_WORDS_OF_A_CORRECTION = 4
_WORDS_AROUND_A_DATE = 3
_WORDS_BESIDE_AN_OPTION = 2
_WORDS_BESIDE_A_NAME = 1
_WORDS_OF_A_VEHICLE = 8  # a Chinese character counts as one
_WORDS_OF_A_DESCRIPTION = 13
_WORDS_BEFORE_A_NUMBER, _WORDS_AFTER_A_NUMBER = 4, 3


@dataclass(frozen=True)
class Reader:
    """Reads messages with the phrases of a lexicon.

    Attributes:
        complete: turns a partial date or time into a whole one.
    """

    lexicon: Lexicon
    complete: Complete

    def alert(self, message: Message) -> Message:
        """The message, as an emergency if its words tell of one: that must not hang on a classifier."""
        if message.is_command or not self.lexicon.tells_of_danger(message.text):
            return message
        return replace(message, intent=EMERGENCY, confidence=1.0)

    def answers(self, form: FormSpec, requested: str | None, message: Message, slots: Mapping[str, Any]) -> dict:
        """Every slot of the form that the message answers, the requested one first if it does.

        A value that is already known is not touched: that is a correction's business.
        """
        found: dict[str, Any] = {}
        form = form.still_open_to(slots)
        slot = form.slot(requested)
        if slot is not None and (value := self._requested(form, slot, message)) is not None:
            found[slot.name] = value
        taken = [e for e in message.entities if slot and slot.name in found and e.kind in slot.entity_kinds]
        for other in form.slots:
            if other.name in found or slots.get(other.name) is not None or other.name == requested:
                continue
            left = form.still_open_to({**slots, **found})
            if message.is_command or left.slot(other.name) is None:
                continue
            if (value := self._mentioned(left, other, message, taken)) is not None:
                found[other.name] = value
        if slot is None or slot.reads != "text":
            found = {**self._description(form, message, slots), **found}
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
        found |= self._description(form, message, {})
        for slot in form.slots if not message.is_command else ():
            if slot.described_by and (option := self.lexicon.option(slot.name, message.text)):
                found[slot.name] = option
        self._recognise_choices(form, found, {})
        return found

    def correction(
        self, form: FormSpec, requested: str | None, message: Message, slots: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Earlier answers that the message puts right; a value of None means: ask that again."""
        if message.is_command or not message.text:
            return {}
        form = form.still_open_to(slots)
        slot = form.slot(requested)
        at_summary = slot is not None and self._is_summary(form, slot, slots)
        cued = mentions(message.text, (*self.lexicon.correction, *self.lexicon.negation))
        if cued or at_summary or begins(message.text, self.lexicon.denying):
            rewritten = self._rewritten(form, requested, message, slots)
            if rewritten:
                return rewritten
        if not (cued or at_summary or message.intent == DENY):
            return {}
        values = self._typed_corrections(form, requested, message, slots)
        asked_about = message.is_question and not cued  # "and if a beneficiary dies?" puts nothing right
        only_options = all((spec := form.slot(name)) and spec.reads in _CLOSED for name in values)
        asks = only_options and asked_about  # "is theft covered on my car?" names an option
        enough = at_summary and (cued or not only_options)
        if values and not asks and (enough or self._says_little_else(message)):
            return values
        short = cued and len(words(message.text)) <= 2 * _WORDS_OF_A_CORRECTION
        if not values and not asked_about and (at_summary or short):
            return self._field_correction(form, requested, message, slots)
        return {}

    def begins_with_yes(self, message: Message) -> bool:
        """Whether the first words say yes."""
        return begins(message.text, self.lexicon.affirming)

    def declines(self, slot: SlotSpec | None, message: Message) -> bool:
        """Whether the customer wants none of what the question offers: "no, thanks" to a price."""
        if slot is None or self._option(slot, message) != STOP:
            return False
        return self._says_only(slot, message, _WORDS_OF_A_CORRECTION)

    def options(self, slot: SlotSpec) -> Iterable[str]:
        """The options of a choice."""
        return self.lexicon.choices.get(slot.name, {})

    def names_an_option(self, slot: SlotSpec | None, message: Message) -> bool:
        """Whether the message answers a closed question in so many words."""
        return slot is not None and slot.reads in _CLOSED and self.lexicon.option(slot.name, message.text) is not None

    # One slot

    def _requested(self, form: FormSpec, slot: SlotSpec, message: Message) -> Any:
        if slot.optional and self._says_only(slot, message) and self._option(slot, message) == NOT_GIVEN:
            return NOT_GIVEN
        if slot.optional and slot.reads == "text" and self._answers_another(form, slot, message):
            return None
        if slot.reads in _NUMERIC:
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

    def _answers_another(self, form: FormSpec, slot: SlotSpec, message: Message) -> bool:
        """Whether the words are hardly more than an option of another question: "still drives" is nobody's name."""
        others = (s for s in form.slots if s.mentioned and s.reads == "yes_no" and s.described_by != slot.name)
        return any(self._option(other, message) is not None and self._says_only(other, message) for other in others)

    def _option(self, slot: SlotSpec, message: Message) -> str | None:
        return None if message.is_command else self.lexicon.option(slot.name, message.text)

    def _says_only(self, slot: SlotSpec, message: Message, beside: int = _WORDS_BESIDE_AN_OPTION) -> bool:
        """Whether hardly anything is left beside the options of the slot."""
        phrases = [phrase for listed in self.lexicon.choices.get(slot.name, {}).values() for phrase in listed]
        return len(without(message.text, phrases)) <= beside

    def _mentioned(self, form: FormSpec, slot: SlotSpec, message: Message, taken: list[Entity]) -> Any:
        """A value said in passing: a typed entity or an unmistakable phrase, nothing else."""
        if not slot.mentioned:
            return None
        if slot.reads in _NUMERIC:
            return self._figure(form, slot, message, taken=taken)
        if slot.reads == "choice" and slot.anywhere:
            return self._option_said(slot, message)
        if slot.reads in (*_TYPED, "policy", "identifier"):
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

    def _description(self, form: FormSpec, message: Message, slots: Mapping[str, Any]) -> dict[str, Any]:
        """The whole message as the free text that describes a choice, if it is long and names an option."""
        if message.is_command or len(words(message.text)) < _WORDS_OF_A_DESCRIPTION:
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
        before = words(message.text[: entity.start])[-3:]
        phrases = [words(phrase) for phrase in self.lexicon.negation]
        return any(phrase and before[-len(phrase) :] == phrase for phrase in phrases)

    def _declined(self, message: Message) -> bool:
        said_no = message.intent == DENY and message.confidence >= message.even
        return said_no or begins(message.text, self.lexicon.denying) or mentions(message.text, self.lexicon.unknown)

    # By kind of slot

    def _read_text(self, slot: SlotSpec, message: Message) -> str | None:
        if message.is_command or not words(message.text):
            return None
        only_yes_or_no = message.intent in (AFFIRM, DENY) and len(words(message.text)) <= 3
        when = message.of_kind("date", "time")
        only_when = bool(when) and len(words(_cut(message.text, when))) <= _WORDS_AROUND_A_DATE
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
        return self._shaped(slot, message, _IDENTIFIER, _cut(message.text, message.of_kind("date", "time")))

    def _shaped(self, slot: SlotSpec, message: Message, shape: re.Pattern[str], text: str) -> Any:
        """The typed value, else what looks like one."""
        value = self._from_entities(slot, message.of_kind(*slot.entity_kinds), message)
        if value is not None or message.is_command:
            return value
        typed = shape.search(text)
        return typed.group().strip(" .,;") if typed else None

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

    def _option_said(self, slot: SlotSpec, message: Message) -> str | None:
        """The option that the words or their typed values name."""
        said = None if message.is_command else self.lexicon.option(slot.name, message.text)
        kinds = (slot.named_by,) if slot.named_by else ()
        return said or next((e.value for e in message.of_kind(*kinds) if e.value in self.options(slot)), None)

    def _read_postcode(self, slot: SlotSpec, message: Message) -> str | None:
        value = self._from_entities(slot, message.of_kind("postcode"), message)
        if value is not None or message.is_command:
            return value
        typed = _POSTCODE.fullmatch(message.text.strip(" .!"))
        return typed.group() if typed else None

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

    def _address(self, message: Message) -> str | None:
        """The part of the message that is an address, with the postcode beside it."""
        parts = message.of_kind("address", "postcode")
        if message.is_command or not message.of_kind("address"):
            return None
        return message.text[parts[0].start : max(part.end for part in parts)]

    def _read_plate(self, slot: SlotSpec, message: Message) -> str | None:
        text = self._read_text(slot, message)
        return text and answered_plate(text, self.lexicon.fields.get(slot.name, ()))

    # Numbers and amounts

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

    # Corrections

    def _is_summary(self, form: FormSpec, slot: SlotSpec, slots: Mapping[str, Any]) -> bool:
        """Whether the slot asks for a last yes, or what to change after a no."""
        last = slot.reads == "yes_no" and form.next_slot({**slots, slot.name: True}) is None
        return last or slot.reads == "field"

    def _typed_corrections(
        self, form: FormSpec, requested: str | None, message: Message, slots: Mapping[str, Any]
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for slot in form.slots:
            known = slots.get(slot.name)
            if slot.name == requested or (known is None and slot.asked):
                continue
            value = self._corrected(form, slot, message)
            if value is not None and value != known:
                values[slot.name] = value
        return values or self._last_figure(form, requested, message, slots)

    def _corrected(self, form: FormSpec, slot: SlotSpec, message: Message) -> Any:
        if slot.reads in _TYPED:
            return self._from_entities(slot, message.of_kind(*slot.entity_kinds), message)
        if slot.reads in _NUMERIC:
            return self._figure(form, slot, message)
        if slot.reads == "yes_no" and slot.anywhere:
            option = self.lexicon.option(slot.name, message.text)
            return None if option is None else option == "true"
        return self._option_said(slot, message) if slot.reads == "choice" else None

    def _last_figure(
        self, form: FormSpec, requested: str | None, message: Message, slots: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A bare number puts the number right that was given last, if it is clear which one that is."""
        names = [slot.name for slot in form.slots]
        before = form.slots[: names.index(requested)] if requested in names else ()
        given = [s for s in before if s.reads in _NUMERIC and slots.get(s.name) is not None and s.applies(slots)]
        current = form.slot(requested)
        if not given or (current and current.reads in (*_NUMERIC, "choice")):
            return {}
        if current and self._is_summary(form, current, slots) and len(given) > 1:
            return {}
        value = self._figure(form, given[-1], message, alone=True)
        return {given[-1].name: value} if value is not None and value != slots[given[-1].name] else {}

    def _rewritten(
        self, form: FormSpec, requested: str | None, message: Message, slots: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A free text that is named and said anew: "no, the place is Mill Street"."""
        texts = [s for s in form.slots if s.reads == "text" and s.name != requested and slots.get(s.name) is not None]
        said, being = words(message.text), [words(phrase) for phrase in self.lexicon.being]
        at, phrase = min(
            ((at, phrase) for phrase in being if (at := find(said, phrase)) >= 0),
            key=lambda found: (found[0], -len(found[1])),
            default=(0, []),
        )
        cues = (*self.lexicon.correction, *self.lexicon.negation, *self.lexicon.denying)
        name, value = " ".join(said[:at]), last_words(message.text, len(said) - at - len(phrase))
        if not name or not without(value, cues):
            return {}
        for slot in texts:
            phrases = self.lexicon.fields.get(slot.name, ())
            if mentions(name, phrases) and len(without(name, (*phrases, *cues))) <= _WORDS_BESIDE_A_NAME:
                return {slot.name: value}
        return {}

    def _says_little_else(self, message: Message) -> bool:
        """Whether hardly anything is left beside the typed values and the cue, so that it answers nothing else."""
        text = _cut(message.text, message.entities)
        cues = (*self.lexicon.correction, *self.lexicon.negation, *self.lexicon.denying)
        return len(without(text, cues)) <= _WORDS_OF_A_CORRECTION

    def _field_correction(
        self, form: FormSpec, requested: str | None, message: Message, slots: Mapping[str, Any]
    ) -> dict[str, Any]:
        answered = [s.name for s in form.slots if s.name != requested and slots.get(s.name) is not None]
        named = self.lexicon.field(answered, message.text)
        return {named: None} if named else {}


def _cut(text: str, entities: Iterable[Entity]) -> str:
    """The text without its typed values."""
    for entity in sorted(entities, key=lambda e: -e.start):
        text = f"{text[: entity.start]} {text[entity.end :]}"
    return text
