"""When the caller speaks, when they have finished, and what is done with silence in between."""

from voice.ports import By, Caption, Hypothesis, Kind, Who
from voice.reading import Answer, Misread, Problem, Reading, Wish
from voice.session.answering import Answers
from voice.session.call import Call, Draft, Hearing, Owner, Phase
from voice.session.deadlines import Due
from voice.session.events import Finish, Hear, Show
from voice.session.helping import Help

_TONE = 0.6  # seconds that a key may sound, on lines that carry its tone


class Listening:
    """The part of the machine that decides when an utterance is over.

    At `speculate_after` of silence the recogniser is asked what was said. What the question expects then decides how
    much more silence it takes to act upon it: none for a whole number, a plain yes or a sentence that sounds complete.
    """

    def __init__(self, call: Call, answers: Answers, helper: Help) -> None:
        self._call = call
        self._answers = answers
        self._help = helper
        self._utterances = 0
        self._tokens = 0

    # --- speech

    def speech_began(self) -> None:
        """The caller speaks."""
        call = self._call
        call.caller_speaks = True
        if call.hearing is not None:
            self._goes_on(call.hearing)
        elif call.joinable is not None:
            self._rejoin(call.joinable)
        elif call.speaker.playing is None:
            self.pick_up()
        elif call.settings.barge_in and call.speaker.playing.interruptible and self._may_hear:
            self._hear()
            call.deadlines.set(Due.BARGE_IN, call.now + call.settings.barge_in_after)

    def pick_up(self) -> None:
        """Hear the caller who speaks while nothing is said, also when that began before."""
        call = self._call
        free = call.hearing is None and call.joinable is None and call.speaker.playing is None
        if call.caller_speaks and free and self._may_hear:
            self._hear()

    def speech_ended(self, ago: float) -> None:
        """The caller is silent, since `ago` seconds."""
        call, hearing = self._call, self._call.hearing
        call.caller_speaks = False
        if hearing is None:
            return
        if Due.BARGE_IN in call.deadlines:  # a cough
            call.close_ear()
            return
        if hearing.ended is None and not hearing.final:
            hearing.ended = max(hearing.resumed_at, call.now - ago)
            hearing.spoken += hearing.ended - hearing.resumed_at
            call.deadlines.set(Due.SPECULATE, hearing.ended + call.settings.speculate_after)

    def barge_in(self) -> None:
        """The speech lasts: be silent and listen."""
        call = self._call
        if call.hearing is not None and call.speaker.playing is not None:
            call.interrupt()
            call.hearing.barged = True
            call.record("barge_in", by=str(By.SPEECH))

    def too_long(self) -> None:
        """The caller does not stop, or nothing comes of it."""
        call, hearing = self._call, self._call.hearing
        if hearing is None:
            return
        if hearing.final:
            self._help.ears_failed(usable=True)
            return
        hearing.final = True
        if hearing.ended is None:
            hearing.ended = call.now
            hearing.spoken += call.now - hearing.resumed_at
        call.deadlines.cancel(Due.SPECULATE, Due.COMMIT, Due.BARGE_IN)
        call.deadlines.set(Due.UTTERANCE, call.now + 2 * call.settings.engine_timeout)
        self._finish(hearing)

    # --- recognition

    def partial(self, utterance: int, text: str) -> None:
        """The words so far, for those who watch."""
        hearing = self._call.hearing
        if text and hearing is not None and hearing.utterance == utterance:
            self._call.emit(Show(Caption(Who.CALLER, text, final=False)))

    def speculate(self) -> None:
        """Silent for a moment: ask what was said."""
        if self._call.hearing is not None:
            self._finish(self._call.hearing)

    def recognised(self, token: int, hypothesis: Hypothesis) -> None:
        """This was said, if the caller did not go on meanwhile: act now, or after some more silence."""
        call, hearing = self._call, self._call.hearing
        if hearing is None or hearing.token != token or hearing.ended is None:
            return
        hearing.hypothesis = hypothesis
        reading = call.reader.heard(hypothesis, hearing.expectation)
        due = hearing.ended + (0.0 if hearing.final else self._silence_for(reading, hearing, hypothesis))
        if due <= call.now:
            self.commit()
        else:
            call.deadlines.set(Due.COMMIT, due)

    def commit(self) -> None:
        """The caller has finished."""
        call, hearing = self._call, self._call.hearing
        if hearing is None or hearing.hypothesis is None or hearing.ended is None:
            return
        call.deadlines.cancel(Due.SPECULATE, Due.COMMIT, Due.UTTERANCE, Due.BARGE_IN)
        hypothesis = hearing.hypothesis
        reading = call.reader.heard(hypothesis, hearing.expectation)
        if isinstance(reading, Misread) and reading.problem is Problem.NO_MATCH and self._mere_noise(hearing):
            return
        hearing.question, hearing.misses = call.question, call.misses
        call.hearing, call.joinable = None, hearing
        if isinstance(reading, Misread):
            call.emit(Show(Caption(Who.CALLER, "", True, hypothesis.confidence)))  # nothing is made up
        elif isinstance(reading, Wish):
            call.emit(Show(Caption(Who.CALLER, hypothesis.text, True, hypothesis.confidence)))
        self._answers.take(reading, self._draft(reading, hearing))
        if call.joinable is not None and not self._may_still_go_on(reading, hearing):
            call.close_ear()

    # --- inside

    @property
    def _may_hear(self) -> bool:
        return self._call.ears and self._call.phase is Phase.BOT and not self._call.keypad

    def _hear(self) -> None:
        call = self._call
        self._utterances += 1
        call.hearing = Hearing(self._utterances, call.question.expectation, call.now, call.now)
        call.deadlines.cancel(Due.NO_INPUT)
        call.deadlines.set(Due.UTTERANCE, call.now + call.settings.utterance_longest)
        call.comfort(False)
        call.emit(Hear(self._utterances, call.question.expectation))

    def _goes_on(self, hearing: Hearing) -> None:
        if hearing.ended is not None and not hearing.final:
            hearing.ended, hearing.token, hearing.hypothesis = None, None, None
            hearing.resumed_at = self._call.now
            self._call.deadlines.cancel(Due.SPECULATE, Due.COMMIT)

    def _rejoin(self, hearing: Hearing) -> None:
        """The caller goes on although we took them to have finished; nothing was heard of that yet: take it back."""
        call = self._call
        call.question, call.misses = hearing.question, hearing.misses
        if call.speaker.playing is not None:
            call.silence()
        call.speaker.take_back()
        call.hearing, call.joinable = hearing, None
        call.deadlines.set(Due.UTTERANCE, call.now + call.settings.utterance_longest)
        hearing.final = False
        self._goes_on(hearing)

    def _finish(self, hearing: Hearing) -> None:
        self._tokens += 1
        hearing.token = self._tokens
        self._call.emit(Finish(self._tokens))

    def _silence_for(self, reading: Reading, hearing: Hearing, hypothesis: Hypothesis) -> float:
        """How much silence ends the utterance."""
        settings, kind = self._call.settings, hearing.expectation.kind
        if isinstance(reading, Wish):
            return settings.speculate_after
        if kind is not Kind.FREE and isinstance(reading, Answer) and reading.exact:
            return settings.speculate_after
        if kind in (Kind.DIGITS, Kind.DATE):
            return settings.digits_patience if isinstance(reading, Misread) and hypothesis.text else settings.patience
        if isinstance(reading, Misread):
            return settings.patience
        if hypothesis.complete >= settings.complete_enough:
            return settings.speculate_after
        return settings.settle_after if hypothesis.complete >= settings.complete_perhaps else settings.patience

    def _mere_noise(self, hearing: Hearing) -> bool:
        """Whether it is best taken for noise: then what it interrupted is said again, and nobody is told off."""
        call = self._call
        call.emit(Show(Caption(Who.CALLER, "", True)))
        short = hearing.spoken < call.settings.noise_shorter
        key_tone = hearing.began - call.last_key < _TONE and hearing.spoken < _TONE
        unasked = call.question.owner is Owner.NOBODY or call.waiting  # an answer, or a person, is on its way
        if (hearing.barged and call.speaker.resume()) or short or key_tone or unasked:
            call.close_ear()
            return True
        return False

    def _draft(self, reading: Reading, hearing: Hearing) -> Draft | None:
        if isinstance(reading, Misread):
            return None
        answer = reading if isinstance(reading, Answer) else Answer("", "")
        call, heard = self._call, hearing.hypothesis
        started, ended = call.elapsed(hearing.began), call.elapsed(hearing.ended or call.now)
        return Draft(answer, By.SPEECH, started, ended, heard, hearing.utterance)

    def _may_still_go_on(self, reading: Reading, hearing: Hearing) -> bool:
        """Whether the assistant was not asked, nor anything else done that cannot be taken back."""
        call = self._call
        if call.phase is not Phase.BOT or not call.speaker.may_be_taken_back:
            return False
        draft = call.question.draft
        read_back = call.question.owner is Owner.CONFIRM and draft is not None
        return isinstance(reading, Misread) or (
            read_back and draft is not None and draft.utterance == hearing.utterance
        )
