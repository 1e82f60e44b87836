"""The driver of a call: carries out over the ports what the machine decides, and tells it what happens."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import date, datetime, timezone

from voice.errors import VoiceError
from voice.ports import (
    Activity,
    Assistant,
    Audio,
    Bridge,
    Digit,
    Ears,
    Ending,
    HangUp,
    Line,
    Mouth,
    Over,
)
from voice.session.ear import Ear
from voice.session.events import (
    Ask,
    BridgeSound,
    Comfort,
    Command,
    End,
    Event,
    Finish,
    FromAssistant,
    Hear,
    HungUp,
    KeyPressed,
    NotTaken,
    OpenEars,
    Record,
    Say,
    Show,
    SpeechBegan,
    SpeechEnded,
    Started,
    StopHearing,
    StopSaying,
    Tick,
    Transfer,
    TransferDone,
    WantPerson,
)
from voice.session.machine import Machine
from voice.session.throat import Throat
from voice.settings import VoiceSettings
from voice.texts import Texts

log = logging.getLogger("voice.session")

_LAST_WORDS = 10.0  # seconds for what is on its way to the record when the call ends
_BRIDGE_AGAIN = 0.5  # seconds until a person whose sound ended is listened for again
_GONE = frozenset({"caller", "lost"})  # ends after which nobody hears anything


def _today() -> date:
    return datetime.now(timezone.utc).astimezone().date()


class CallSession:
    """One call, from its first sound to its last.

    Args:
        line: where the caller is.
        ears, mouth: the engines.
        assistant: the conversation behind the call.
        activity: tells speech from silence, at the line's rate.
        texts: the words of the locale files.
        settings: times and switches.
        bridge: carries the sound of a person; None: a person who takes the call writes, and is read out.
        today: tells the day that birth dates are checked against.
    """

    def __init__(
        self,
        line: Line,
        ears: Ears,
        mouth: Mouth,
        assistant: Assistant,
        activity: Activity,
        texts: Texts,
        settings: VoiceSettings,
        bridge: Bridge | None = None,
        *,
        today: Callable[[], date] = _today,
    ) -> None:
        self._line = line
        self._assistant = assistant
        self._activity = activity
        self._settings = settings
        self._bridge = bridge
        self._language = next(
            (each for each in (line.language, assistant.language) if each in texts.languages), settings.language
        )
        self._machine = Machine(settings, texts, self._language, today=today, can_bridge=bridge is not None)
        self._happened: asyncio.Queue[Event] = asyncio.Queue()
        self._ear = Ear(ears, line.rate, settings, self._tell, self._ear_replaced)
        self._throat = Throat(line, mouth, settings, self._tell)
        self._told: asyncio.Queue[Ask | WantPerson | Record | None] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._person: asyncio.Task[None] | None = None
        self._transfer: asyncio.Task[None] | None = None
        self._speaks = False
        self._quiet: asyncio.TimerHandle | None = None
        self._facts: list[str] = []
        self._why: str | None = None

    async def run(self) -> Ending:
        """Lead the call; returns when it is over, with every task ended and the record closed.

        Raises nothing of the call's own; a cancelled session closes the record too.
        """
        began = self._now
        self._ear.switch(self._language)
        telling = asyncio.create_task(self._tell_assistant())
        self._tasks = [
            asyncio.create_task(work) for work in (self._ear.run(), self._read_line(), self._read_assistant())
        ]
        self._tell(Started())
        try:
            await self._lead()
        except asyncio.CancelledError:
            self._why = self._why or "shutdown"
            raise
        except Exception:
            log.exception("a call broke")
            self._why = self._why or "failed"
        finally:
            await self._close(telling)
        return Ending(self._why or "failed", self._now - began, tuple(self._facts))

    async def _lead(self) -> None:
        """Hand events to the machine, one at a time, and time when nothing happens."""
        while not self._machine.over:
            due = self._machine.next_deadline
            event: Event | None = None
            if due is None or due > self._now:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(due):
                        event = await self._happened.get()
            # A timer may fire a hair early; the machine is told the time it was set for.
            now = self._now if event is not None or due is None else max(self._now, due)
            for command in self._machine.handle(event or Tick(), now):
                await self._do(command)

    # --- what the machine wants

    async def _do(self, command: Command) -> None:  # noqa: C901 - one line a command
        match command:
            case Say():
                await self._throat.say(command)
            case StopSaying():
                await self._throat.stop()
            case Comfort(on):
                await self._throat.comfort(on)
            case Hear(utterance, expectation):
                self._ear.begin(utterance, expectation)
            case Finish(token):
                self._ear.finish(token)
            case StopHearing():
                self._ear.stop()
            case OpenEars(language):
                self._ear.switch(language)
            case Show(caption):
                await self._line.caption(caption)
            case Ask() | WantPerson() | Record():
                self._hand_in(command)
            case Transfer(queue):
                self._transfer = asyncio.create_task(self._send_to(queue))
            case BridgeSound(on):
                await self._carry(on)
            case End(why):
                self._why = why

    def _hand_in(self, command: Ask | WantPerson | Record) -> None:
        if isinstance(command, Record):
            self._facts.append(command.what)
        elif isinstance(command, Ask) and command.utterance is not None:
            said = replace(command.said, pcm=self._ear.sound_of(command.utterance))
            command = replace(command, said=said)
        self._told.put_nowait(command)

    # --- what happens

    def _tell(self, event: Event) -> None:
        self._happened.put_nowait(event)

    async def _read_line(self) -> None:
        why = "lost"
        try:
            async for event in self._line.events():
                if isinstance(event, Audio):
                    await self._sound(event.pcm)
                elif isinstance(event, Digit):
                    self._tell(KeyPressed(event.key))
                elif isinstance(event, HangUp):
                    why = event.why
                    break
        except Exception:
            log.exception("a line broke")
        if self._transfer is not None:  # a line may end because it was transferred: that is no hanging up
            await asyncio.wait({self._transfer}, timeout=1.0)
        self._tell(HungUp(why))

    async def _sound(self, pcm: bytes) -> None:
        if self._person is not None and self._bridge is not None:
            await self._bridge.to_person(pcm)
            return
        self._ear.sound(pcm)
        speaks = self._activity.feed(pcm)
        if speaks is not None:
            self._note_speech(speaks, self._settings.release)
        if self._quiet is not None:
            self._quiet.cancel()
            self._quiet = None
        if self._speaks:  # frames stop when a telephone sends no silence
            loop = asyncio.get_running_loop()
            silent = self._settings.line_silent
            self._quiet = loop.call_later(silent, self._note_speech, False, silent)

    def _note_speech(self, speaks: bool, ago: float = 0.0) -> None:
        if speaks != self._speaks:
            self._speaks = speaks
            if speaks:
                self._ear.go_on()
            self._tell(SpeechBegan() if speaks else SpeechEnded(ago))

    async def _read_assistant(self) -> None:
        try:
            async for event in self._assistant.events():
                self._tell(FromAssistant(event))
        except Exception:
            log.exception("the conversation of a call broke")
        self._tell(FromAssistant(Over()))

    async def _tell_assistant(self) -> None:
        """Hand things in one after the other, until None: what was said first is stored first."""
        while (item := await self._told.get()) is not None:
            if isinstance(item, Ask):
                await self._handed_in(self._assistant.say(item.said), item.turn)
            elif isinstance(item, WantPerson):
                await self._handed_in(self._assistant.wants_person(), item.turn)
            else:
                await self._handed_in(self._assistant.noticed(item.what, **item.facts), None)

    async def _handed_in(self, work: Awaitable[None], turn: int | None) -> None:
        try:
            async with asyncio.timeout(self._settings.answer_timeout):
                await work
        except VoiceError as error:
            log.warning("the assistant did not take it", extra={"why": str(error)})
        except Exception:
            log.exception("the assistant broke")
        else:
            return
        if turn is not None:
            self._tell(NotTaken(turn))

    def _ear_replaced(self) -> None:
        self._hand_in(Record("engine_failed", {"engine": "ears", "replaced": True}))

    # --- persons

    async def _send_to(self, queue: str) -> None:
        ok = False
        try:
            ok = await self._line.transfer(queue)
        except Exception:
            log.exception("a transfer broke")
        self._tell(TransferDone(ok))

    async def _carry(self, on: bool) -> None:
        """Begin or end carrying sound; the caller's goes from `_sound`."""
        person, self._person = self._person, None
        if person is not None:
            person.cancel()
            await asyncio.gather(person, return_exceptions=True)
            await self._line.clear()
        if on and self._bridge is not None:
            if self._quiet is not None:
                self._quiet.cancel()
            self._note_speech(False)
            self._person = asyncio.create_task(self._from_person(self._bridge))

    async def _from_person(self, bridge: Bridge) -> None:
        while True:  # a person whose page is reloaded comes back; `WithBot` and `Over` tell that they do not
            try:
                sound: AsyncIterator[bytes] = bridge.from_person()
                async for pcm in sound:
                    await self._line.play(pcm)
            except Exception:
                log.exception("the sound of a person broke")
            await asyncio.sleep(_BRIDGE_AGAIN)

    # --- the end

    async def _close(self, telling: asyncio.Task[None]) -> None:
        """End everything, whatever state it is in; what was said is handed in before the record is closed."""
        why = self._why or "failed"
        if self._quiet is not None:
            self._quiet.cancel()
        await self._throat.close()
        running = [*self._tasks, *(task for task in (self._person, self._transfer) if task is not None)]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._told.put_nowait(None)
        await asyncio.wait({telling}, timeout=_LAST_WORDS)
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        try:
            if why in _GONE:
                await self._line.clear()
            await self._line.close()
        except Exception:
            log.exception("a line could not be closed")
        finally:
            await self._assistant.end(why)

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()
