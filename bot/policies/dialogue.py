"""The dialogue itself: one deterministic step from where it stands to the next action.

A customer's message is taken, in this order, as: a wish to stop or start over; a correction of an earlier answer;
something else altogether, which is answered before the form goes on; an answer to the form's question. What fits
the question is an answer unless the classifier is very sure of something else.

After an action, its signal decides: `done` and `abandon` close the form it belongs to, the name of a form opens
that form first and comes back to the action by itself. Then the plan of the turn goes on, then the form's next
question, then whatever was paused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.policies.forms import FormSpec, SlotSpec
from bot.policies.lexicon import length, words
from bot.policies.message import Message
from bot.policies.reading import AFFIRM, DENY, STOP
from bot.policies.stack import FILES_SLOT, LISTEN, START_OVER, FormStack
from bot.policies.state import ABANDON, DONE, DUE, FAILED, FOCUS, MISSES, NEVER, OFFER, REQUESTED, SIGNAL, State, Turn

REPEAT, INFORM, TALK_TO_HUMAN = "repeat", "inform", "talk_to_human"
ATTACH_FILES = "attach_files"
PERSON_LEFT = "person_left"  # the gateway's word that a colleague has closed the matter; nothing is said to it
OUT_OF_SCOPE, KNOWLEDGE = "out_of_scope", "ask_knowledge"
OTHER = "other"  # the option that a choice ends with when the customer's words name none
_WORDS_OF_A_STOP = 4
_WORDS_OF_A_WISH = 7  # "I want to file a claim" in the middle of one is a wish; a longer text is an answer
ONLY_ANSWERS = (AFFIRM, DENY, INFORM)
_NO_TIME_FOR_OFFERS = ("emergency", "complaint", "cancel_policy", "erase_my_data", "marketing_opt_out")
_ASKED_ABOUT_AN_OFFER = ("get_quote", "product_info")
_FOCUS_KINDS = ("policy_number", "claim_number", "line_of_business", "coverage", "document_type")


@dataclass(frozen=True)
class Thresholds:
    """What an intent needs to count, beside the confidences that come with the message itself.

    Attributes:
        understood: below this confidence, a message outside of forms was not understood.
        longest_digression: a longer message (in words) that would be an answer is one.
    """

    understood: float = 0.3
    longest_digression: int = 30


@dataclass(frozen=True)
class Dialogue(FormStack):
    """The rules of the conversation; see the module."""

    thresholds: Thresholds = Thresholds()

    # The two doors

    def hear(self, state: State, message: Message) -> tuple[str, Turn] | None:
        """The first action after a message and what changes; None leaves the choice to plain rules."""
        turn = Turn.of(state)
        turn.plan = []
        if message.is_command and message.intent == PERSON_LEFT:
            return self._after_a_person(turn)
        if turn.slots.get(OFFER) == DUE:
            turn.set(OFFER, None)  # its turn is over
        self._keep_files(turn, message)
        heard = self._in_form(turn, message) if turn.form in self.forms else self._outside(turn, message)
        return (self._next_action(turn, message), turn) if heard else None

    def go_on(self, state: State, message: Message) -> tuple[str, Turn]:
        """The next action after one that was executed; `message` is the one that began the turn."""
        turn = Turn.of(state)
        signal = turn.slots.get(SIGNAL)
        turn.set(SIGNAL, None)
        if signal == FAILED and self._asks(turn, state.last_action):
            turn.set(REQUESTED, None)  # nothing was shown that a "yes" could mean
            turn.plan = []
            return LISTEN, turn
        if signal in self.forms:
            self._need(turn, str(signal), message)
        elif signal in (DONE, ABANDON) and self._belongs(turn, state.last_action):
            self._finish(turn, self.forms[str(turn.form)], completed=signal == DONE)
        elif signal == ABANDON:
            turn.plan = []
        elif turn.form in self.forms and state.last_action == self.forms[str(turn.form)].submit:
            self._submit_again(turn, self.forms[str(turn.form)])
        return self._next_action(turn, message), turn

    # A message

    def _after_a_person(self, turn: Turn) -> tuple[str, Turn]:
        """A colleague has settled it: what was open here before they came is not asked for any more."""
        self._drop_all(turn)
        turn.set(MISSES, None)
        return LISTEN, turn

    def _outside(self, turn: Turn, message: Message) -> bool:
        intent = message.asked if self._goes_on(message) else self._accepted(message)
        if self._brings_files(turn, message, intent):
            self._follow(turn, message, ATTACH_FILES)
        elif intent == DENY and message.otherwise:
            turn.plan = [message.otherwise]
        elif intent == START_OVER:
            self._start_over(turn)
        elif intent == OUT_OF_SCOPE and turn.slots.get(MISSES):
            return self._missed(turn)
        elif intent in self.routes and self._certain(message, intent, self.thresholds.understood):
            self._follow(turn, message, str(intent))
        else:
            return self._missed(turn)
        turn.set(MISSES, 1 if intent == OUT_OF_SCOPE else None)
        return True

    def _brings_files(self, turn: Turn, message: Message, intent: str | None) -> bool:
        """Whether the message brings files or says what waiting ones are; a form that its words begin takes them."""
        begins = any(action in self.forms for action in self.routes.get(str(intent), ()))
        named = bool(turn.slots.get(FILES_SLOT)) and bool(message.of_kind("document_type")) and not message.is_question
        return (named or (bool(message.attachments) and not begins)) and ATTACH_FILES in self.routes

    def _in_form(self, turn: Turn, message: Message) -> bool:
        form = self.forms[str(turn.form)]
        requested = turn.slots.get(REQUESTED)
        wanted = self._certain(message, message.intent, self._limit(message))
        corrected = self.reader.correction(form, requested, message, turn.slots)
        if message.intent == START_OVER and wanted:
            self._start_over(turn)
        elif self._stops(form.slot(requested), message, wanted):
            self._stop(turn, form)
        elif corrected:
            self._correct(turn, form, corrected)
        else:
            answers = self.reader.answers(form, requested, message, turn.slots)
            accepted = self._accepted(message)
            if requested not in answers and accepted != message.intent:
                self._follow(turn, message, str(accepted))
            elif self._only_files(form.slot(requested), message):
                turn.plan = ["utter_files_received"]
            elif self._digresses(form, form.slot(requested), message, fits=requested in answers):
                self._digress(turn, form, message)
            elif answers:
                self._answer(turn, form, answers)
            elif message.known and message.is_question and KNOWLEDGE in self.routes:
                self._follow(turn, message, KNOWLEDGE)
            elif requested is None:
                turn.plan = []  # the question could not be put the turn before: it is put now
            else:
                return self._missed(turn)
        turn.set(MISSES, None)
        return True

    def _accepted(self, message: Message) -> str | None:
        """The intent that counts: an offer that is accepted, or the message's own."""
        return message.offered if message.offered and self._says_yes(message) else message.intent

    def _goes_on(self, message: Message) -> bool:
        """Whether it only names another thing to ask the last question about: "and theft?", "the life one"."""
        asked = self.routes.get(str(message.asked), ("",))
        answered_by_actions = all(a.startswith("action_") for a in asked)
        return message.intent == INFORM and answered_by_actions and bool(message.of_kind(*_FOCUS_KINDS))

    def _says_yes(self, message: Message) -> bool:
        """Whether it is a yes: for the classifier, or by its first word where the classifier knows no better."""
        if message.intent == AFFIRM or message.is_command:
            return message.intent == AFFIRM
        unsure = message.intent not in self.routes or message.confidence < message.even
        return unsure and self.reader.begins_with_yes(message)

    def _certain(self, message: Message, intent: str | None, threshold: float) -> bool:
        return intent is not None and (
            message.is_command or intent != message.intent or message.confidence >= threshold
        )

    def _limit(self, message: Message) -> float:
        """How sure a wish to stop, or for a person, has to be: "I couldn't stop in time" is a story, "stop" is not."""
        short = length(message.text) <= _WORDS_OF_A_STOP
        return message.even if short else message.sure

    def _stops(self, slot: SlotSpec | None, message: Message, wanted: bool) -> bool:
        """Whether the form is given up: by a wish to stop, or by declining what the question offers."""
        wishes = message.intent == STOP and wanted and not self.reader.names_an_option(slot, message)
        return wishes or self.reader.declines(slot, message)

    def _digress(self, turn: Turn, form: FormSpec, message: Message) -> None:
        if message.intent == STOP:
            self._stop(turn, form)
        else:
            self._follow(turn, message, str(message.intent))

    def _only_files(self, slot: SlotSpec | None, message: Message) -> bool:
        """Whether the message brings files and its words, if any, are about them."""
        return bool(message.attachments) and (message.is_command or (slot is not None and slot.reads == "files"))

    def _digresses(self, form: FormSpec, slot: SlotSpec | None, message: Message, fits: bool) -> bool:
        if not message.intent or message.intent not in self.routes or message.intent in ONLY_ANSWERS:
            return False
        if message.intent == ATTACH_FILES and any(s.reads == "files" for s in form.slots):
            return False  # the form takes files itself
        if fits and not message.is_command:
            means_this_form = self.routes[message.intent] == (form.name,)
            if means_this_form or message.intent == OUT_OF_SCOPE or (slot and message.intent in slot.answers):
                return False
            if len(words(message.text)) > self.thresholds.longest_digression:
                return False
            if self.reader.names_an_option(slot, message) and not message.is_question:
                return False
        if self.routes[message.intent] == (form.name,) and len(words(message.text)) > _WORDS_OF_A_WISH:
            return False
        answers_it = fits and not message.is_question
        limit = message.sure if answers_it else message.even
        if message.intent == TALK_TO_HUMAN:
            limit = min(limit, self._limit(message))  # a person is to be had at any time
        return self._certain(message, message.intent, limit)

    # What a message can do

    def _follow(self, turn: Turn, message: Message, intent: str) -> None:
        """Answer an intent, then come back to the form if one was being filled."""
        actions = list(self.routes[intent])
        if intent in _NO_TIME_FOR_OFFERS:
            turn.set(OFFER, NEVER)
        form = self.forms.get(turn.form or "")
        if form and intent == REPEAT:
            return
        if form:
            actions = [] if actions == [form.name] else [self._in_form_version(a) for a in actions]
        comes_back = form is not None and not any(action in self.forms for action in actions)
        if form and comes_back:
            actions.append(form.reminder)
        turn.plan = actions
        focus = {e.kind: e.value for e in reversed(message.entities) if e.kind in _FOCUS_KINDS}
        # What was offered is about the same thing, as is its price, and the form after a question in the middle.
        of_the_offer = message.offered and intent in (message.offered, *_ASKED_ABOUT_AN_OFFER)
        if focus or not (comes_back or of_the_offer):
            turn.set(FOCUS, focus or None)

    def _answer(self, turn: Turn, form: FormSpec, answers: Mapping[str, Any]) -> None:
        for name, value in answers.items():
            slot = form.slot(name)
            if slot and slot.reads == "field":
                self._ask_again(turn, form, value)
                self._reopen_summary(turn, form)
            else:
                turn.set(name, value)
        turn.plan = [*self._checks(form, answers), *self._said_about(form, answers)]

    def _correct(self, turn: Turn, form: FormSpec, corrected: Mapping[str, Any]) -> None:
        for name, value in corrected.items():
            turn.set(name, value)
            self._reopen_summary(turn, form)
            if value is not None:
                turn.plan += [*self._checks(form, [name]), *self._known(f"utter_corrected_{name}", "utter_corrected")]

    def _ask_again(self, turn: Turn, form: FormSpec, name: str) -> None:
        """Forget an answer, and take as given what its question hangs on, which may never have been asked."""
        turn.set(name, None)
        slot = form.slot(name)
        for condition, wanted in slot.when.items() if slot else ():
            if turn.slots.get(condition) is None and not isinstance(wanted, list):
                turn.set(condition, wanted)

    def _reopen_summary(self, turn: Turn, form: FormSpec) -> None:
        """Forget that something was to be changed, and the "no" to the summary that led there."""
        for slot in form.slots:
            if slot.reads == "field":
                for name in (slot.name, *slot.when):
                    turn.set(name, None)

    def _said_about(self, form: FormSpec, answers: Mapping[str, Any]) -> list[str]:
        said: list[str] = []
        for name, value in answers.items():
            slot = form.slot(name)
            follows = slot.then.get(value) if slot and slot.then else None
            said += follows or self._known(f"utter_noted_{name}")
        return said

    def _in_form_version(self, action: str) -> str:
        shorter = f"{action}_in_form"
        return shorter if shorter in self.known_actions else action

    def _missed(self, turn: Turn) -> bool:
        misses = int(turn.slots.get(MISSES) or 0) + 1
        turn.set(MISSES, misses)
        form = self.forms.get(turn.form or "")
        slot = form.slot(turn.slots.get(REQUESTED)) if form else None
        if misses > 1 and slot and slot.reads == "choice" and OTHER in self.reader.options(slot):
            turn.set(slot.name, OTHER)
            turn.set(MISSES, None)
        elif misses > 1:
            turn.plan = ["utter_offer_person"]
        elif form:
            turn.plan = self._known(f"utter_hint_{turn.slots.get(REQUESTED)}", "utter_not_an_answer")
        else:
            turn.plan = ["action_ask_affirmation"]
        return True

    def _keep_files(self, turn: Turn, message: Message) -> None:
        if message.attachments:
            kept = list(turn.slots.get(FILES_SLOT) or ())
            turn.set(FILES_SLOT, kept + [a["id"] for a in message.attachments if a["id"] not in kept])
