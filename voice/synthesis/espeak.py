"""pyttsx3 on espeak-ng, with the library and its data from the wheel `espeakng-loader`.

espeak-ng is under the GPL: this module is loaded in spawned workers alone, never in a process of ours, and talks to
them in bytes. What the class does beside calling pyttsx3 was measured to be needed: one engine a process, one text at
a time, waiting until the library is done, and another try when the sound is empty (1 to 2.6 % of calls in a row).
"""

import array
import ctypes
import io
import os
import sys
import time
import wave
from pathlib import Path
from typing import Any

import espeakng_loader

from voice.errors import EngineFailed, EngineUnavailable
from voice.speaker import Speaker
from voice.synthesis.engine import Sound

TRIES = 4
QUIET = 300
"""A sound that never gets above this, of 32,767, is silence."""
PATIENCE = 5.0
"""Seconds for the library to be done after pyttsx3 says that it is."""


class Espeak:
    """Many small robotic voices, all languages, 10 to 20 ms for a sentence."""

    def __init__(self) -> None:
        _load_library()
        import pyttsx3  # finds the library only once it is loaded
        from pyttsx3.drivers import _espeak

        sys.stdout = _Nowhere()  # pyttsx3 prints a line for every sound
        self._library: Any = _espeak
        self._engine = pyttsx3.init("espeak")
        self._file = _MemoryFile()

    def check(self, speaker: Speaker) -> None:
        """pyttsx3 goes on with another voice when it does not know one; the library's answer is looked at instead."""
        if self._library.SetVoiceByName(speaker.voice.encode()) != self._library.EE_OK:
            raise EngineUnavailable(
                f"espeak-ng has no voice {speaker.voice!r}: name another in CARELINE_VOICE_SPEAKERS, like en-us or cmn."
            )

    def make(self, text: str, speaker: Speaker) -> Sound:
        """At 22,050 samples a second."""
        self.check(speaker)
        for _ in range(TRIES):
            self._library.SetParameter(self._library.RATE, speaker.rate, 0)
            self._library.SetParameter(self._library.VOLUME, round(speaker.volume * 100), 0)
            self._library.Synchronize()
            self._engine.save_to_file(text, self._file.path)
            self._engine.runAndWait()
            self._wait()
            sound = self._file.taken()
            if sound is not None and audible(sound.pcm):
                return sound
        raise EngineFailed(f"espeak-ng made no sound of a text of {len(text)} characters, {TRIES} times.")

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while self._library.IsPlaying():
            if time.monotonic() > until:
                raise EngineFailed("espeak-ng does not finish.")
            time.sleep(0.001)


def audible(pcm: bytes) -> bool:
    """Whether there is anything to hear in it."""
    samples = array.array("h", pcm)
    return bool(samples) and max(max(samples), -min(samples)) > QUIET


class _Nowhere(io.StringIO):
    def write(self, text: str) -> int:
        return len(text)


class _MemoryFile:
    """A file that is never on a disk: what is spoken may be personal."""

    def __init__(self) -> None:
        self._file = os.memfd_create("speech")
        self.path = f"/proc/self/fd/{self._file}"

    def taken(self) -> Sound | None:
        """What was written to it; it is empty again."""
        try:
            with wave.open(self.path, "rb") as written:
                return Sound(written.readframes(written.getnframes()), written.getframerate())
        except (wave.Error, EOFError):
            return None
        finally:
            os.ftruncate(self._file, 0)


def _load_library() -> None:
    os.environ["ESPEAK_DATA_PATH"] = espeakng_loader.get_data_path()
    library = Path(espeakng_loader.get_library_path())
    try:
        ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        raise EngineUnavailable(f"The library of the package espeakng-loader cannot be loaded: {error}") from error
