"""Keys of the telephone: they interrupt what may be interrupted, and are kept while something must be heard."""

from voice.ports import By
from voice.reading import Answer
from voice.session.answering import Answers
from voice.session.call import Call, Draft, Owner, Phase
from voice.session.deadlines import Due
from voice.session.keypad import PERSON, Entry, Press

_MOST_KEPT = 32


class Keys:
    """The part of the machine that takes keys."""

    def __init__(self, call: Call, answers: Answers) -> None:
        self._call = call
        self._answers = answers
        self._began = 0.0
        self._kept: list[str] = []

    def pressed(self, key: str) -> None:
        """A key, at any time."""
        call = self._call
        if call.phase is not Phase.BOT:
            return
        call.last_key = call.now
        playing = call.speaker.playing
        if self._kept or (playing is not None and not playing.interruptible):
            self._kept = [*self._kept, key][:_MOST_KEPT]
        else:
            self._take(key)

    def take_kept(self) -> bool:
        """Take the oldest key that was kept, if nothing that must be heard is being said or is next."""
        call = self._call
        if call.phase is not Phase.BOT:
            self._kept.clear()
        playing = call.speaker.playing
        if not self._kept or (playing is not None and not playing.interruptible):
            return False
        if playing is None and call.speaker.must_be_heard_next and not call.keypad:
            return False
        self._take(self._kept.pop(0))
        return True

    def gap(self) -> None:
        """No further key came."""
        if self._call.keypad:
            self._act(self._call.keypad.gap())

    def _take(self, key: str) -> None:
        call = self._call
        nothing_asked = call.question.owner is Owner.NOBODY
        if nothing_asked and key != PERSON:
            return  # pressed for a question that was not put yet: it might be taken for the answer to another
        call.close_ear()
        if not call.keypad:
            self._began = call.now
        if call.interrupt():
            call.record("barge_in", by=str(By.KEYS))
        call.deadlines.cancel(Due.KEYS)
        self._act(call.keypad.press(key, call.question.expectation))

    def _act(self, entry: Entry) -> None:
        call = self._call
        if entry.press is Press.MORE:
            call.deadlines.set(Due.KEYS, call.now + entry.wait)
        elif entry.press is Press.PERSON:
            self._answers.person("key")
        elif entry.press is Press.BACK:
            self._answers.go_back(None)
        elif entry.press is Press.ENTERED:
            self._enter(entry.digits)
        elif not call.speaker.resume():  # taken back, or a key that ends nothing: go on where we were
            call.speaker.forget_interrupted(mute=False)

    def _enter(self, digits: str) -> None:
        call = self._call
        reading = call.reader.pressed(digits, call.question.expectation)
        answer = reading if isinstance(reading, Answer) else Answer(digits, digits)
        self._answers.take(reading, Draft(answer, By.KEYS, call.elapsed(self._began), call.elapsed(call.now)))
