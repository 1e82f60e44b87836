"""This computer's microphone and loudspeaker, through PortAudio where there is one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from types import ModuleType
from typing import Any, Protocol

from voice.errors import EngineUnavailable
from voice.lines.loudspeaker import Playback

_FRAMES = 0.02  # seconds a block


class SoundDevice(Protocol):
    """Something to speak into and to hear with, at 16 bits mono."""

    def start(self, rate: int, heard: Callable[[int], None]) -> None:
        """Begin; `heard` is called, in the event loop, with each mark that was played.

        Raises:
            EngineUnavailable: there is no microphone, or no loudspeaker.
        """

    def frames(self) -> AsyncIterator[bytes]:
        """Sound of the microphone."""

    def play(self, pcm: bytes) -> None:
        """Queue sound."""

    def mark(self, mark: int) -> None:
        """Tell when everything queued so far was heard."""

    def clear(self) -> None:
        """Be silent at once."""

    def stop(self) -> None:
        """Give microphone and loudspeaker back."""


class SoundCard:
    """The default microphone and loudspeaker of this computer.

    Raises:
        EngineUnavailable: the package or PortAudio is missing; says what to install.
    """

    def __init__(self) -> None:
        self._sounddevice = _sounddevice()
        self._frames: asyncio.Queue[bytes] = asyncio.Queue()
        self._playback = Playback(lambda mark: None)
        self._streams: list[Any] = []

    def start(self, rate: int, heard: Callable[[int], None]) -> None:
        """See `SoundDevice.start`."""
        sounddevice = self._sounddevice
        loop = asyncio.get_running_loop()
        self._playback = Playback(lambda mark: _tell(loop, heard, mark))
        block = {"samplerate": rate, "blocksize": round(rate * _FRAMES), "channels": 1, "dtype": "int16"}

        def take(data: Any, *_: object) -> None:
            _tell(loop, self._frames.put_nowait, bytes(data))

        def give(data: Any, *_: object) -> None:
            data[:] = self._playback.take(len(data))

        try:
            for stream in (
                sounddevice.RawInputStream(callback=take, **block),
                sounddevice.RawOutputStream(callback=give, **block),
            ):
                self._streams.append(stream)
                stream.start()
        except sounddevice.PortAudioError as error:
            self.stop()
            raise EngineUnavailable(f"No microphone or loudspeaker could be opened: {error}. Plug one in.") from error

    async def frames(self) -> AsyncIterator[bytes]:
        """See `SoundDevice.frames`."""
        while True:
            yield await self._frames.get()

    def play(self, pcm: bytes) -> None:
        """See `SoundDevice.play`."""
        self._playback.add(pcm)

    def mark(self, mark: int) -> None:
        """See `SoundDevice.mark`."""
        self._playback.mark(mark)

    def clear(self) -> None:
        """See `SoundDevice.clear`."""
        self._playback.clear()

    def stop(self) -> None:
        """See `SoundDevice.stop`."""
        for stream in self._streams:
            stream.close()
        self._streams.clear()


def _sounddevice() -> ModuleType:
    """The package, if it is there and finds PortAudio.

    Raises:
        EngineUnavailable: it is not; says what to install.
    """
    try:
        import sounddevice
    except ImportError as error:
        raise EngineUnavailable("Microphone and loudspeaker need the package sounddevice: run `make setup`.") from error
    except OSError as error:
        raise EngineUnavailable(
            f"PortAudio is missing ({error}): apt install libportaudio2, or your system's way."
        ) from error
    return sounddevice


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[[Any], None], value: object) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed: the call is over
        loop.call_soon_threadsafe(what, value)
