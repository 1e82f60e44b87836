"""What is done with an answer, depending on whose question it answers."""

from voice.ports import By, Expectation, Kind, Who
from voice.reading import Answer, Misread, Problem, Reading, Wish, Wished
from voice.session.call import Call, Draft, Owner, Phase, Question
from voice.session.helping import Help
from voice.session.people import People
from voice.session.speaking import Prompt
from voice.session.turns import Turns

_YES_NO = Expectation(Kind.YES_NO)
_ENOUGH_SILENCE = 2  # about the consent; who says nothing has not given it


class Answers:
    """The part of the machine that acts upon what was said or pressed."""

    def __init__(self, call: Call, people: People, helper: Help, turns: Turns) -> None:
        self._call = call
        self._people = people
        self._help = helper
        self._turns = turns
        self._refused = 0  # read-backs of one question

    def begin(self, company: str) -> None:
        """Greet, say what is kept, ask what may be kept, and begin."""
        call = self._call
        greeting = call.text("say.greeting_of", company=company) if company else call.text("say.greeting")
        call.say(greeting, passing=False)
        call.say(call.text("say.notice"), passing=False, interruptible=False)
        if call.settings.recording:
            call.question = Question(Owner.CONSENT, _YES_NO)
            call.say(call.text("say.consent"), passing=False)
        else:
            self._open()

    def take(self, reading: Reading, draft: Draft | None) -> None:
        """Act upon a reading; `draft` goes with every `Answer`."""
        call = self._call
        if isinstance(reading, Wish):
            self._wish(reading.what, draft)
        elif isinstance(reading, Misread) or draft is None:
            call.speaker.forget_interrupted(mute=False)
            self._misread(reading.problem if isinstance(reading, Misread) else Problem.NO_MATCH)
        elif call.question.owner is Owner.CONSENT:
            self._consent(draft)
        elif call.question.owner is Owner.CONFIRM:
            self._confirm(draft)
        elif self._to_be_confirmed(draft):
            self._read_back(draft, call.question)
        else:
            self._turns.ask(draft)

    def no_input(self) -> None:
        """Nothing comes."""
        call = self._call
        if call.question.owner is Owner.CONSENT and call.silences + 1 >= _ENOUGH_SILENCE:
            call.record("no_input", count=call.silences + 1)
            self._consented(False)
        else:
            self._help.no_input()

    # --- consent

    def _consent(self, draft: Draft) -> None:
        value = draft.answer.value
        if value is None:  # straight to the point; the sound is kept only of who said yes
            self._call.consent = False
            self._call.record("consent", given=False)
            self._turns.ask(draft)
        else:
            self._call.caption(draft.answer, draft.heard)
            self._consented(value)

    def _consented(self, given: bool) -> None:
        call = self._call
        call.consent = given
        call.record("consent", given=given)
        self._help.understood()
        call.speaker.forget_interrupted(mute=True)
        call.speaker.new_batch()
        call.say(call.text("say.consent_given" if given else "say.consent_refused"))
        self._open()

    def _open(self) -> None:
        call = self._call
        call.question = Question(Owner.ASSISTANT, Expectation(), call.text("say.opening"))
        call.say(call.text("say.opening"), passing=False)

    # --- numbers read back

    def _to_be_confirmed(self, draft: Draft) -> bool:
        """Spoken numbers and all dates: the keys of a number are exact, a day and a month are easily swapped."""
        expectation = self._call.question.expectation
        if not (expectation.confirm and draft.answer.confirmable):
            return False
        return draft.by is By.SPEECH or expectation.kind is Kind.DATE

    def _read_back(self, draft: Draft, question: Question) -> None:
        call = self._call
        call.speaker.forget_interrupted(mute=True)
        call.speaker.new_batch()
        call.question = Question(Owner.CONFIRM, _YES_NO, draft=draft, before=question)
        call.say(call.text("say.read_back", value=draft.answer.spoken), passing=False)

    def _confirm(self, draft: Draft) -> None:
        call, question = self._call, self._call.question
        if draft.answer.value is True and question.draft is not None:
            self._refused = 0
            call.question = question.before or question
            self._turns.ask(question.draft)
        elif draft.answer.value is False:
            self._wrong(question)
        else:
            self._instead(draft, question)

    def _instead(self, draft: Draft, question: Question) -> None:
        """ "No, it is one two three ...": the number itself, said again."""
        before = question.before
        if before is not None and draft.heard is not None:
            reading = self._call.reader.heard(draft.heard, before.expectation)
            if isinstance(reading, Answer) and reading.confirmable:
                again = Draft(reading, draft.by, draft.started, draft.ended, draft.heard, draft.utterance)
                self._read_back(again, before)
                return
        self._call.speaker.forget_interrupted(mute=False)
        self._misread(Problem.NO_MATCH)

    def _wrong(self, question: Question) -> None:
        """What was read back is wrong: the question again, then with an example, then a person."""
        call = self._call
        self._refused += 1
        call.record("read_back_refused", count=self._refused)
        call.speaker.forget_interrupted(mute=True)
        call.speaker.new_batch()
        call.question = question.before or Question(Owner.ASSISTANT)
        if self._refused >= call.settings.attempts:
            self._refused = 0
            self._people.fetch("person_help", "read_back")
            return
        call.say(call.text("say.read_back_wrong"))
        if self._refused > 1:
            self._help.example()
        self._help.ask_again()

    # --- wishes

    def person(self, why: str) -> None:
        """The caller wants a person, also instead of answering about the sound."""
        call = self._call
        if call.question.owner is Owner.CONSENT:
            call.record("consent", given=False)
            call.question = Question(Owner.ASSISTANT)
        self._people.fetch("person", why)

    def _wish(self, what: Wished, draft: Draft | None) -> None:
        if what is Wished.PERSON:
            self.person("asked")
        elif what is Wished.BACK:
            self.go_back(draft)
        else:
            self._again(what)

    def _again(self, what: Wished) -> None:
        call, speaker, settings = self._call, self._call.speaker, self._call.settings
        call.record(str(what))
        if what is Wished.SLOWER:
            speaker.speed = max(settings.slowest, speaker.speed * settings.slower)
        elif what is Wished.FASTER:
            speaker.speed = min(settings.fastest, speaker.speed * settings.faster)
        speaker.drop_own()
        if not speaker.repeat():
            self._help.ask_again()
        if what is not Wished.REPEAT:
            speaker.add_first(
                Prompt(speaker.number(), call.text(f"say.{what}"), call.language, Who.SYSTEM, passing=True)
            )

    def go_back(self, draft: Draft | None) -> None:
        """To the question before: from a read-back to what was asked, else by telling the assistant."""
        call, owner = self._call, self._call.question.owner
        if owner is Owner.CONFIRM:
            self._wrong(call.question)
        elif owner is Owner.ASSISTANT and self._turns.any and call.phase is Phase.BOT:
            told = call.text("tell.back")
            at = call.elapsed(call.now)
            by = draft.by if draft else By.KEYS
            self._turns.ask(Draft(Answer(told, told), by, draft.started if draft else at, at))
        else:
            self._again(Wished.REPEAT)

    def _misread(self, problem: Problem) -> None:
        call = self._call
        if call.question.owner is Owner.CONSENT and call.misses + 1 >= _ENOUGH_SILENCE:
            call.record("no_match", count=call.misses + 1, problem=str(problem))
            self._consented(False)
        else:
            self._help.no_match(problem)
