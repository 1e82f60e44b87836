"""Help that grows: say it again, then an example and the keypad, then a person."""

import re

from voice.ports import Kind
from voice.reading import Problem
from voice.session.call import Call, Owner
from voice.session.people import People

_SENTENCE = re.compile(r"[^.!?。！？]+[.!?。！？]*")
_ENOUGH_EAR_TROUBLE = 2
_ENOUGH_MOUTH_TROUBLE = 3


class Help:
    """The part of the machine for when nothing was said, or nothing understood, or an engine fails."""

    def __init__(self, call: Call, people: People) -> None:
        self._call = call
        self._people = people
        self._ear_trouble = 0
        self._mouth_trouble = 0

    def understood(self) -> None:
        """The caller got through: help begins at the beginning again."""
        self._call.misses = self._call.silences = self._ear_trouble = 0

    def no_match(self, problem: Problem) -> None:
        """What was said or pressed made no sense."""
        call = self._call
        call.misses += 1
        call.record("no_match", count=call.misses, problem=str(problem))
        if call.misses >= call.settings.attempts and call.question.owner is not Owner.PERSON:
            call.misses = 0
            self._people.fetch("person_help", "no_match")
            return
        call.say(call.text(f"say.{problem}"))
        if call.misses > 1:
            self.example()
        self.ask_again()

    def no_input(self) -> None:
        """Nobody says anything."""
        call = self._call
        call.silences += 1
        call.record("no_input", count=call.silences)
        if not call.ears and not call.question.has_keys and call.silences == 1:
            self._people.fetch("person_help", "no_ears")
        elif call.silences > call.settings.attempts:
            call.leave(call.text("say.silent_end"), "silent")
        elif call.silences == call.settings.attempts:
            call.say(call.text("say.no_input_last"))
        else:
            call.say(call.text("say.no_input"))
            if call.silences > 1:
                self.example()
            self.ask_again()

    def ears_failed(self, *, usable: bool) -> None:
        """Nothing came of an utterance, whoever tried to recognise it."""
        call = self._call
        was_hearing = call.hearing is not None or call.joinable is not None
        call.close_ear()
        call.ears = usable
        call.record("engine_failed", engine="ears")
        if not was_hearing:
            return
        self._ear_trouble += 1
        if usable and self._ear_trouble < _ENOUGH_EAR_TROUBLE:
            call.say(call.text("say.say_again"))
        elif self._ear_trouble > _ENOUGH_EAR_TROUBLE or not call.question.has_keys:
            self._ear_trouble = 0
            self._people.fetch("person_help", "no_ears")
        else:
            call.say(call.text("say.use_keys"))
            self.example()
            self.ask_again()

    def mouth_failed(self, *, last_words: bool) -> None:
        """A prompt could not be spoken. Its caption was shown; words made in advance may still be heard."""
        call = self._call
        self._mouth_trouble += 1
        call.record("engine_failed", engine="mouth")
        if last_words:
            return
        if self._mouth_trouble >= _ENOUGH_MOUTH_TROUBLE:
            call.end("failed")
        elif self._mouth_trouble == 1:
            call.say(call.text("say.mouth_failed"))

    def mouth_works(self) -> None:
        """A prompt was heard."""
        self._mouth_trouble = 0

    def ask_again(self) -> None:
        """Put the open question once more, without what led to it."""
        call, question = self._call, self._call.question
        if question.owner is Owner.CONSENT:
            call.say(call.text("say.consent_again"))
        elif question.owner is Owner.CONFIRM and question.draft is not None:
            call.say(call.text("say.read_back_again", value=question.draft.answer.spoken))
        elif question.owner is Owner.ASSISTANT and question.text:
            call.say(the_question_in(question.text))

    def example(self) -> None:
        """How the open question can be answered, by voice and by keys."""
        call, expectation = self._call, self._call.question.expectation
        if call.question.owner in (Owner.CONSENT, Owner.CONFIRM, Owner.NOBODY):
            return  # asking them again says it all
        if expectation.options:
            call.say(call.text("say.help.choice"))
            for number, option in enumerate(expectation.options, start=1):
                call.say(call.text("say.help.option", title=option.title, number=number))
            return
        about, kind = f"say.help.{expectation.about}", expectation.kind
        if kind is Kind.DIGITS and call.has_text(about):
            call.say(call.text(about))
        elif call.question.text == call.text("say.opening"):
            call.say(call.text("say.opening_help"))
        else:
            call.say(call.text(f"say.help.{kind}"))


def the_question_in(text: str) -> str:
    """The last question of a text, else its last sentence."""
    sentences = [sentence.strip() for sentence in _SENTENCE.findall(text) if sentence.strip()]
    questions = [sentence for sentence in sentences if sentence.endswith(("?", "？"))]
    return (questions or sentences or [text])[-1]
