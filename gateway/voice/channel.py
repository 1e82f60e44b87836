"""Everything of calls, put together: what `gateway.app` knows of them."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter

from gateway.archive import Archive
from gateway.clock import Clock
from gateway.conversation import Conversations
from gateway.limits import Limiter
from gateway.live.announcements import Announcements
from gateway.metrics import Metrics
from gateway.origins import Origins
from gateway.sessions import Browsers
from gateway.settings import Settings
from gateway.texts import Texts
from gateway.voice.assistant import Callers
from gateway.voice.asterisk import TelephoneCalls
from gateway.voice.audiosocket import AudioSocketServer
from gateway.voice.bridge import Bridges
from gateway.voice.browser import BrowserCalls
from gateway.voice.calls import Calls, Engines, State
from gateway.voice.record import Record
from gateway.voice.settings import LineSettings
from gateway.voice.tokens import Tickets
from gateway.voice.twilio import TwilioCalls
from vault import Vault
from voice.ports import Activity, Ears, Mouth
from voice.settings import VoiceSettings

log = logging.getLogger("gateway.voice")


@dataclass(frozen=True, slots=True)
class Around:
    """What calls need of the rest of the gateway."""

    conversations: Conversations
    archive: Archive
    announcements: Announcements
    browsers: Browsers
    origins: Origins
    texts: Texts
    vault: Vault
    metrics: Metrics
    clock: Clock


def real_engines() -> Engines:
    """The ears and the mouth that the settings name; loaded when calls are first wanted."""

    def ears(settings: VoiceSettings) -> Ears:
        from voice.recognition import open_ears

        return open_ears(settings)

    def mouth(settings: VoiceSettings) -> Mouth:
        from voice.synthesis import open_mouth

        return open_mouth(settings)

    def activity(rate: int) -> Activity:
        from voice.activity import SpeechActivity

        return SpeechActivity(rate)

    return Engines(ears, mouth, activity)


class VoiceChannel:
    """The calls of one gateway: routes, an outlet, and a port for telephone systems."""

    def __init__(
        self,
        around: Around,
        settings: Settings,
        lines: LineSettings | None = None,
        voice: VoiceSettings | None = None,
        engines: Callable[[], Engines] = real_engines,
    ) -> None:
        self.bridges = Bridges()
        self._lines = lines or LineSettings(var=settings.var)
        voice = voice or VoiceSettings(var=settings.var, language=settings.language)
        self.callers = Callers(
            around.conversations, around.archive, around.announcements, around.texts, settings.language,
            lambda: Record(around.archive, around.clock), self._lines.queue,
        )  # fmt: skip
        self.calls = Calls(
            self.callers, engines() if settings.voice else None, around.browsers.pseudonym, around.metrics,
            self._lines, voice, self.bridges,
        )  # fmt: skip
        known = TelephoneCalls(self._lines, around.texts.languages, self.calls.check)
        self.telephone = AudioSocketServer(self.calls, known, self._lines)
        browser = BrowserCalls(
            self.calls, Tickets(around.vault, "call", around.clock), around.browsers, around.origins, around.texts,
            settings.language, around.metrics, self._lines,
        )  # fmt: skip
        twilio = TwilioCalls(
            self.calls, Tickets(around.vault, "twilio", around.clock), around.texts, settings.language,
            around.metrics, self._lines,
        )  # fmt: skip
        self.router = APIRouter()
        self.router.include_router(browser.router)
        if settings.voice:
            self.router.include_router(known.router)
            self.router.include_router(twilio.router)
        self.limiters: dict[str, Limiter] = {"call": browser.limiter}
        self._is_on = settings.voice
        self._starting: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to get ready for calls; nobody waits for it."""
        if self._is_on:
            self._starting = asyncio.create_task(self._start())

    async def close(self) -> None:
        """End all calls, politely."""
        if self._starting:  # not cancelled: engines that are half open would stay behind
            await asyncio.gather(self._starting, return_exceptions=True)
        await self.telephone.close()
        await self.calls.close()

    async def _start(self) -> None:
        await self.calls.start()
        if self._lines.audiosocket_port < 0 or self.calls.state is not State.READY:
            return  # a dial plan that cannot connect goes on by itself
        try:
            await self.telephone.start()
        except OSError as error:
            log.error("no telephone system can call: port %s: %s", self._lines.audiosocket_port, error)
