"""The call page, served by the gateway's own door for browsers; what happens in a call the test says."""

import asyncio
import tempfile
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from gateway.pages import Pages
from gateway.settings import Settings
from gateway.texts import Texts
from tests.gateway.voice.sockets import Door
from tests.gateway.voice.telephone import PATIENCE, Notes
from tests.web.fake_server import DIST
from voice.ports import Caption, Line, Who


class Stage:
    """The server, in a thread of its own; the caller's part is kept in `notes`."""

    def __init__(self) -> None:
        self.notes = Notes()
        self.lines: list[Line] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._folder = tempfile.TemporaryDirectory()
        self.door = self.do(self._open(Path(self._folder.name)))
        self.url = self.door.served.url

    def stop(self) -> None:
        self.do(self.door.http.aclose())
        self.do(self.door.served.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._folder.cleanup()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something where the server runs."""
        future: Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(PATIENCE)

    @property
    def line(self) -> Line:
        return self.lines[-1]

    def answers(self, calls: int = 1) -> None:
        """The other side has begun that many calls; the page may say so a moment earlier."""
        self.do(self._answered(calls))

    def says(self, text: str, who: Who = Who.BOT, *, final: bool = True) -> None:
        self.do(self.line.caption(Caption(who, text, final)))

    def plays(self, seconds: float) -> None:
        """A second of it is heard in a second."""
        self.do(self.line.play(b"\0\x20\0\xe0" * round(seconds * self.line.rate / 2)))

    def until(self, condition: Any) -> None:
        self.do(self.notes.until(condition))

    def hangs_up(self) -> None:
        self.do(self.line.close())

    async def _answered(self, calls: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while len(self.lines) < calls:
                await asyncio.sleep(0.01)

    async def _open(self, folder: Path) -> Door:
        async def talk(line: Line) -> None:
            self.lines.append(line)
            await self.notes(line)

        door = Door(folder, talk)
        door.app.include_router(Pages(Settings(var=folder, web_root=DIST), Texts()).router)
        await door.served.start()
        return door
