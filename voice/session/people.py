"""Getting a person, and going over to one: announced first, then done."""

from voice.ports import WithPerson
from voice.session.call import Call, Owner, Phase, Question
from voice.session.deadlines import Due
from voice.session.events import BridgeSound, Transfer
from voice.session.speaking import Then

_TRANSFER_WITHIN = 15.0  # seconds a telephone system may take


class People:
    """The part of the machine that knows of persons."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._target: WithPerson | None = None
        self._position: int | None = None
        self.fetching = False

    def fetch(self, key: str, why: str) -> None:
        """Ask for a person, after saying so; once is enough."""
        call = self._call
        if self.fetching or call.phase is not Phase.BOT:
            return
        call.close_ear()
        call.keypad.clear()
        call.speaker.drop_own()
        call.speaker.forget_interrupted(mute=True)
        if call.waiting:
            call.say(call.text("say.person_coming"))
            return
        self.fetching = True
        call.record("wants_person", why=why)
        call.say(call.text(f"say.{key}"), then=Then.FETCH)

    def waiting(self, position: int | None) -> None:
        """The caller stands in the queue for a person."""
        call = self._call
        self._position = position
        if call.phase is Phase.BOT and not call.waiting and call.person is None:
            call.waiting = True
            call.deadlines.set(Due.WAITING, call.now + call.settings.waiting_again)

    def still_waiting(self) -> None:
        """Say a word to who waits."""
        call = self._call
        if not call.waiting:
            return
        call.deadlines.set(Due.WAITING, call.now + call.settings.waiting_again)
        if call.speaker or call.hearing or call.keypad or call.turns:
            return
        if self._position:
            call.say(call.text("say.waiting_position", position=self._position))
        else:
            call.say(call.text("say.waiting"))

    def take(self, person: WithPerson) -> None:
        """A person takes the call: what is being said is said to its end, then they are announced, then it is done."""
        call = self._call
        if call.phase not in (Phase.BOT, Phase.CONNECTING):
            return
        self._forget_waiting()
        call.close_ear()
        call.keypad.clear()
        call.turns.clear()
        call.deadlines.cancel(Due.HOLD, Due.ANSWER, Due.KEYS, Due.NO_INPUT)
        call.comfort(False)
        call.working = False  # what the assistant was preparing is not waited for
        call.speaker.drop_then(Then.FETCH)
        call.speaker.drop_then(Then.CONNECT)
        call.speaker.forget_interrupted(mute=False)
        call.phase, self._target, self.fetching = Phase.CONNECTING, person, False
        words = call.text("say.to_person", name=person.name) if person.name else call.text("say.to_colleague")
        call.say(words, then=Then.CONNECT)

    def connect(self) -> None:
        """The person was announced: send the caller there, or carry the sound."""
        call = self._call
        if call.phase is not Phase.CONNECTING or self._target is None:
            return
        if self._target.queue is None:
            self._join(self._target)
            return
        call.phase = Phase.TRANSFERRING
        call.deadlines.set(Due.TRANSFER, call.now + _TRANSFER_WITHIN)
        call.emit(Transfer(self._target.queue))

    def transferred(self, ok: bool) -> None:
        """The telephone system took the caller, or did not (in time)."""
        call = self._call
        if call.phase is not Phase.TRANSFERRING:
            return
        call.deadlines.cancel(Due.TRANSFER)
        if ok:
            call.end("transferred")
            return
        call.record("transfer_failed")
        if self._target is not None:
            self._join(self._target)
        else:
            self.back_with_bot()
            call.say(call.text("say.transfer_failed"))

    def back_with_bot(self) -> None:
        """The assistant has the call again, and says so itself."""
        call = self._call
        self._forget_waiting()
        self._target = None
        if call.phase in (Phase.ENDING, Phase.OVER):
            return
        if call.phase is Phase.TRANSFERRING and Due.TRANSFER in call.deadlines:
            return  # the answer of the telephone system decides
        if call.phase is Phase.PERSON:
            call.emit(BridgeSound(False))
        had_left = call.phase is not Phase.BOT or call.person is not None
        call.speaker.drop_then(Then.CONNECT)
        call.phase, call.person = Phase.BOT, None
        if had_left:
            call.question = Question(Owner.ASSISTANT)

    def _join(self, person: WithPerson) -> None:
        """Carry the sound; where that is impossible the person writes and is read out."""
        call = self._call
        if call.can_bridge:
            call.phase = Phase.PERSON
            call.emit(BridgeSound(True))
        else:
            call.phase, call.person = Phase.BOT, person.name or "-"
            call.question = Question(Owner.PERSON)

    def _forget_waiting(self) -> None:
        self._call.waiting = False
        self._call.deadlines.cancel(Due.WAITING)
