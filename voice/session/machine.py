"""The machine of a call: events in, commands out; no clock, no task, no sound of its own.

`Machine.handle` takes one event and the time and returns what is to be done. What the machine waits for stands in
`next_deadline`; when that has come the driver hands in a `Tick`. `voice.session.session` is the driver.
"""

from collections.abc import Callable
from datetime import date

from voice.ports import AssistantEvent, Over, TurnOver, Utterance, Waiting, WithBot, WithPerson, Working
from voice.session.answering import Answers
from voice.session.call import Call, Owner, Phase
from voice.session.deadlines import Due
from voice.session.events import (
    Command,
    EarsFailed,
    EarsReady,
    Event,
    FromAssistant,
    HungUp,
    KeyPressed,
    NotTaken,
    Partial,
    PromptEnded,
    PromptFailed,
    Recognised,
    Sounding,
    SpeechBegan,
    SpeechEnded,
    Started,
    Tick,
    TransferDone,
)
from voice.session.helping import Help
from voice.session.keying import Keys
from voice.session.listening import Listening
from voice.session.people import People
from voice.session.speaking import Prompt, Then
from voice.session.turns import Turns
from voice.settings import VoiceSettings
from voice.texts import Texts


class Machine:
    """One call.

    Args:
        settings: times and switches.
        texts: the words of the locale files.
        language: the call begins in.
        today: tells the day for dates.
        can_bridge: whether a person can be heard here; without, they write and are read out.
    """

    def __init__(
        self, settings: VoiceSettings, texts: Texts, language: str, *, today: Callable[[], date], can_bridge: bool
    ) -> None:
        self.call = call = Call(settings, texts, language, today=today, can_bridge=can_bridge)
        self._people = People(call)
        self._help = Help(call, self._people)
        self._turns = Turns(call, self._people, self._help)
        self._answers = Answers(call, self._people, self._help, self._turns)
        self._listening = Listening(call, self._answers, self._help)
        self._keys = Keys(call, self._answers)
        self._extended = False
        self._on_due: dict[Due, Callable[[], None]] = {
            Due.CALL: self._too_long,
            Due.PROMPT: self._prompt_hangs,
            Due.UTTERANCE: self._listening.too_long,
            Due.BARGE_IN: self._listening.barge_in,
            Due.SPECULATE: self._listening.speculate,
            Due.COMMIT: self._listening.commit,
            Due.KEYS: self._keys.gap,
            Due.NO_INPUT: self._answers.no_input,
            Due.HOLD: self._turns.hold,
            Due.ANSWER: self._turns.no_answer,
            Due.WAITING: self._people.still_waiting,
            Due.TRANSFER: lambda: self._people.transferred(False),
        }

    @property
    def over(self) -> bool:
        """Whether `End` was given; whatever comes after is ignored."""
        return self.call.phase is Phase.OVER

    @property
    def next_deadline(self) -> float | None:
        """When a `Tick` is due."""
        return self.call.deadlines.next

    def handle(self, event: Event, now: float) -> list[Command]:
        """Take one event; `now` never goes back. Returns the commands to carry out, in order."""
        call = self.call
        if self.over:
            return []
        call.now, call.out = max(now, call.now), []
        if isinstance(event, Tick):
            self._tick()
        else:
            self._take(event)
            self._settle()
        return call.out

    # --- events

    def _take(self, event: Event) -> None:
        match event:
            case Started():
                self._start()
            case SpeechBegan():
                self._listening.speech_began()
            case SpeechEnded(ago):
                self._listening.speech_ended(ago)
            case Partial(utterance, text):
                self._listening.partial(utterance, text)
            case Recognised(token, hypothesis):
                self._listening.recognised(token, hypothesis)
            case KeyPressed(key):
                self._keys.pressed(key)
            case FromAssistant(said):
                self._from_assistant(said)
            case HungUp(why):
                self.call.end(why)
            case _:
                self._take_report(event)

    def _take_report(self, event: Event) -> None:
        """What the driver tells of its work."""
        match event:
            case Sounding(number):
                self._sounding(number)
            case PromptEnded(number):
                self._prompt_ended(number, failed=False)
            case PromptFailed(number):
                self._prompt_ended(number, failed=True)
            case NotTaken(turn):
                self._turns.not_taken(turn)
            case EarsFailed(usable):
                self._help.ears_failed(usable=usable)
            case EarsReady():
                self.call.ears = True
            case TransferDone(ok):
                self._people.transferred(ok)

    def _from_assistant(self, event: AssistantEvent) -> None:
        match event:
            case Utterance():
                self._turns.said(event)
            case Working(on):
                self._turns.working(on)
            case TurnOver():
                self._turns.over()
            case Waiting(position):
                self._people.waiting(position)
            case WithPerson():
                self._people.take(event)
            case WithBot():
                self._people.back_with_bot()
            case Over():
                self.call.speaker.drop_then(Then.CONNECT)
                self.call.speaker.drop_then(Then.FETCH)
                self.call.leave(self.call.text("say.goodbye"), "goodbye", at_once=False)

    def _start(self) -> None:
        call = self.call
        call.began = call.now
        call.deadlines.set(Due.CALL, call.now + call.settings.call_longest)
        self._answers.begin(call.settings.company)

    def _tick(self) -> None:
        """Everything that is due, the earliest first, as if each had come at its own event."""
        while not self.over and (due := self.call.deadlines.take(self.call.now)):
            self._on_due[due]()
            self._settle()

    # --- prompts

    def _sounding(self, number: int) -> None:
        speaker = self.call.speaker
        if speaker.playing is not None and speaker.playing.number == number:
            speaker.sounding = True
            if self.call.joinable is not None:
                self.call.close_ear()  # from here on it is an interruption, and another utterance

    def _prompt_ended(self, number: int, *, failed: bool) -> None:
        call = self.call
        prompt = call.speaker.ended(number)
        if prompt is None:
            return
        call.deadlines.cancel(Due.PROMPT)
        if call.joinable is not None:
            call.close_ear()
        if failed:
            self._help.mouth_failed(last_words=prompt.then is Then.END)
        else:
            self._help.mouth_works()
        self._after(prompt)

    def _after(self, prompt: Prompt) -> None:
        """Do what was announced, whether or not it was heard: there is no other way on."""
        if prompt.then is Then.END:
            self.call.end(prompt.why)
        elif prompt.then is Then.CONNECT:
            self._people.connect()
        elif prompt.then is Then.FETCH and self.call.phase is Phase.BOT:
            self._turns.want_person()

    def _prompt_hangs(self) -> None:
        playing = self.call.speaker.playing
        if playing is not None:
            self.call.silence()
            self._prompt_ended(playing.number, failed=True)

    # --- time

    def _too_long(self) -> None:
        """The call has reached its longest time; who speaks to a person gets more of it, once."""
        call = self.call
        with_person = call.phase in (Phase.PERSON, Phase.CONNECTING, Phase.TRANSFERRING) or call.person is not None
        if with_person and not self._extended:
            self._extended = True
            call.deadlines.set(Due.CALL, max(call.now, call.began + call.settings.call_longest_with_person))
            return
        call.leave(call.text("say.too_long"), "too_long")

    def _settle(self) -> None:
        """Whatever happened: say what is next, hear who speaks, and wait for something."""
        call = self.call
        if self.over:
            return
        while self._keys.take_kept():
            pass
        call.begin_next()
        if call.phase is Phase.BOT and not call.speaker:
            self._listening.pick_up()
        self._turns.silent_while_busy()
        if not call.idle:
            call.deadlines.cancel(Due.NO_INPUT)
        elif Due.NO_INPUT not in call.deadlines and call.question.owner is not Owner.PERSON:
            call.deadlines.set(Due.NO_INPUT, call.now + call.settings.no_input)
        if call.phase is not Phase.BOT or not call.keypad:
            call.deadlines.cancel(Due.KEYS)
