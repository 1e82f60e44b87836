"""Turns of the assistant: what it is asked, and what comes back."""

from collections.abc import Sequence

from voice.ports import Expectation, Kind, Option, Utterance, Who
from voice.session.call import Call, Draft, Owner, Phase, Question
from voice.session.deadlines import Due
from voice.session.events import Ask, WantPerson
from voice.session.helping import Help
from voice.session.people import People
from voice.session.speaking import Prompt

_ENOUGH_TROUBLE = 3


class Turns:
    """The part of the machine that talks to the assistant. Nothing is asked twice."""

    def __init__(self, call: Call, people: People, helper: Help) -> None:
        self._call = call
        self._people = people
        self._help = helper
        self._count = 0
        self._said_in = 0  # the turn that something was said in
        self._held_on = False
        self._before: dict[int, Question] = {}  # what was open when a turn began, should it not be taken
        self._trouble = 0
        self._for_person = 0  # the turn in which a person was asked for

    @property
    def any(self) -> bool:
        """Whether the assistant was ever asked."""
        return bool(self._count)

    def ask(self, draft: Draft) -> None:
        """Hand in what the caller said."""
        call = self._call
        self._begin()
        self._help.understood()
        call.caption(draft.answer, draft.heard)
        keep_sound = call.consent and draft.utterance is not None
        call.emit(Ask(self._count, draft.said(), draft.utterance if keep_sound else None))
        if call.person is None:
            self._expect_answer()

    def want_person(self) -> None:
        """It was announced that a person is asked for: do it."""
        self._people.fetching = False
        self._begin()
        self._for_person = self._count
        self._call.emit(WantPerson(self._count))
        self._expect_answer()

    def said(self, utterance: Utterance) -> None:
        """The other side says something."""
        call = self._call
        if call.phase in (Phase.ENDING, Phase.OVER):
            return
        turn = call.turns[0] if call.turns else 0
        if utterance.who is not Who.AGENT:
            call.switch(utterance.language)
            self._note_question(utterance, turn)
        call.comfort(False)
        if turn:
            self._said_in, self._trouble = turn, 0
            self._hold_later(call.settings.hold_after)
        expectation = utterance.expectation
        call.speaker.add(
            Prompt(
                call.speaker.number(),
                utterance.text,
                utterance.language,
                utterance.who,
                turn=turn,
                interruptible=expectation is None or expectation.interruptible,
                expectation=expectation,
            )
        )
        if expectation is not None and expectation.kind in (Kind.CHOICE, Kind.FREE):
            self._offer(expectation.options, turn)

    def _offer(self, options: Sequence[Option], turn: int) -> None:
        """What can be chosen, with its keys: the assistant's own words leave it out, so that it is said in one way."""
        call = self._call
        lines = [call.text("say.help.option", title=o.title, number=n) for n, o in enumerate(options, start=1)]
        if lines:
            call.speaker.add(Prompt(call.speaker.number(), " ".join(lines), call.language, turn=turn))

    def working(self, on: bool) -> None:
        """An answer is being prepared that nobody asked for here, or no more."""
        call = self._call
        call.working = on and call.phase is Phase.BOT
        if not call.turns:
            if call.working:
                call.deadlines.set(Due.ANSWER, call.now + call.settings.answer_timeout)
            else:
                call.deadlines.cancel(Due.ANSWER)

    def over(self) -> None:
        """Everything was said to the oldest turn."""
        call = self._call
        if not call.turns:
            return
        self._forget(call.turns[0])
        if not call.turns:
            call.working = False
            if call.question.owner is Owner.NOBODY:
                call.question = Question(Owner.ASSISTANT)

    def not_taken(self, turn: int) -> None:
        """The assistant could not take it: the caller may say it again, but not for ever."""
        call = self._call
        if turn not in call.turns and call.person is None:
            return
        before = self._before.get(turn, Question(Owner.ASSISTANT))
        self._forget(turn)
        if not call.turns:
            call.question = before
        self._trouble += 1
        call.record("unavailable", count=self._trouble)
        if self._trouble >= _ENOUGH_TROUBLE:
            call.leave(call.text("say.unavailable_end"), "failed")
        else:
            call.say(call.text("say.person_failed" if turn == self._for_person else "say.unavailable"))
            self._help.ask_again()

    # --- slow answers

    def hold(self) -> None:
        """The answer takes long: say so, then let tones tell that the line is alive."""
        call = self._call
        if not call.turns:
            return
        self._hold_later(call.settings.hold_again)
        if call.speaker or call.hearing or call.keypad:
            return
        call.say(call.text("say.hold_again" if self._held_on else "say.hold"))
        self._held_on = True

    def no_answer(self) -> None:
        """No answer comes any more; what comes nevertheless is still said."""
        call = self._call
        call.working = False
        if not call.turns:
            return
        call.record("no_answer")
        for turn in tuple(call.turns):
            self._forget(turn)
        call.question = Question(Owner.ASSISTANT)
        call.say(call.text("say.no_answer"))

    def silent_while_busy(self) -> None:
        """Nothing is being said while an answer is waited for: tones, once words were said about it."""
        call = self._call
        quiet = not call.speaker and call.hearing is None and not call.keypad and call.phase is Phase.BOT
        if quiet and (call.waiting or (call.turns and self._held_on)):
            call.comfort(True)
        else:
            call.comfort(False)

    # --- inside

    def _begin(self) -> None:
        call = self._call
        call.close_ear()
        call.keypad.clear()
        call.speaker.forget_interrupted(mute=True)
        call.speaker.new_batch()
        self._count += 1
        self._before = {turn: question for turn, question in self._before.items() if turn in call.turns}
        self._before[self._count] = call.question
        self._held_on = False

    def _expect_answer(self) -> None:
        call = self._call
        call.turns.append(self._count)
        call.question = Question()
        self._hold_later(call.settings.hold_after)
        call.deadlines.set(Due.ANSWER, call.now + call.settings.answer_timeout)

    def _note_question(self, utterance: Utterance, turn: int) -> None:
        """The last question of a turn is the open one; without any, the caller may say what they like."""
        call = self._call
        first = turn != 0 and turn != self._said_in
        if utterance.expectation is not None:
            call.question = Question(Owner.ASSISTANT, utterance.expectation, utterance.text)
            return
        free = call.question.owner is Owner.ASSISTANT and call.question.expectation == Expectation()
        if first or free or call.question.owner is Owner.NOBODY:
            call.question = Question(Owner.ASSISTANT, Expectation(), utterance.text)

    def _forget(self, turn: int) -> None:
        call = self._call
        self._before.pop(turn, None)
        if turn in call.turns:
            call.turns.remove(turn)
        if not call.turns:
            call.deadlines.cancel(Due.HOLD, Due.ANSWER)
        else:
            call.deadlines.set(Due.ANSWER, call.now + call.settings.answer_timeout)

    def _hold_later(self, seconds: float) -> None:
        self._call.deadlines.set(Due.HOLD, self._call.now + seconds)
