"""Reading a message as a correction of earlier answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.policies.forms import FormSpec, SlotSpec
from bot.policies.kinds import KindReader
from bot.policies.lexicon import begins, find, last_words, mentions, without, words
from bot.policies.message import Message
from bot.policies.values import CLOSED, DENY, NUMERIC, TYPED, without_values

WORDS_OF_A_CORRECTION = 4
_WORDS_BESIDE_A_NAME = 1


@dataclass(frozen=True)
class CorrectionReader(KindReader):
    """Reads what puts an earlier answer right."""

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
        if cued and mentions(message.text, self.lexicon.previous):
            return self._last_answer(form, requested, slots)
        if cued or at_summary or begins(message.text, self.lexicon.denying):
            rewritten = self._rewritten(form, requested, message, slots)
            if rewritten:
                return rewritten
        if not (cued or at_summary or message.intent == DENY):
            return {}
        values = self._typed_corrections(form, requested, message, slots)
        asked_about = message.is_question and not cued  # "and if a beneficiary dies?" puts nothing right
        only_options = all((spec := form.slot(name)) and spec.reads in CLOSED for name in values)
        asks = only_options and asked_about  # "is theft covered on my car?" names an option
        enough = at_summary and (cued or not only_options)
        if values and not asks and (enough or self._says_little_else(message)):
            return values
        short = cued and len(words(message.text)) <= 2 * WORDS_OF_A_CORRECTION
        if not values and not asked_about and (at_summary or short):
            return self._field_correction(form, requested, message, slots)
        return {}

    def _last_answer(self, form: FormSpec, requested: str | None, slots: Mapping[str, Any]) -> dict[str, Any]:
        """The question before the open one is asked again; none is, where nothing was asked before."""
        names = [slot.name for slot in form.slots]
        before = form.slots[: names.index(requested)] if requested in names else form.slots
        given = [s.name for s in before if s.asked and slots.get(s.name) is not None and s.applies(slots)]
        return {given[-1]: None} if given else {}

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
        if slot.reads in (*TYPED, "identifier", "policy"):
            return self._from_entities(slot, message.of_kind(*slot.entity_kinds), message)
        if slot.reads in NUMERIC:
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
        given = [s for s in before if s.reads in NUMERIC and slots.get(s.name) is not None and s.applies(slots)]
        current = form.slot(requested)
        if not given or (current and current.reads in (*NUMERIC, "choice")):
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
        text = without_values(message.text, message.entities)
        cues = (*self.lexicon.correction, *self.lexicon.negation, *self.lexicon.denying)
        return len(without(text, cues)) <= WORDS_OF_A_CORRECTION

    def _field_correction(
        self, form: FormSpec, requested: str | None, message: Message, slots: Mapping[str, Any]
    ) -> dict[str, Any]:
        answered = [s.name for s in form.slots if s.name != requested and slots.get(s.name) is not None]
        options = self.lexicon.choices.get(requested or "", {}).values()
        text = " ".join(without(message.text, [phrase for phrases in options for phrase in phrases]))
        named = self.lexicon.field(answered, text)  # "don't pay it now" answers, and names no amount
        return {named: None} if named else {}
