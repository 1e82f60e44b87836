"""Engines of tests; workers load them by name."""

from voice.synthesis.engine import Sound
from voice.synthesis.espeak import Espeak

TONE = b"\x00\x10" * 800
"""A tenth of a second at 8 kHz."""


class Shy(Espeak):
    """The real one, whose first sound of every text is empty; it is mute about "nothing"."""

    def __init__(self) -> None:
        super().__init__()
        self._count = 0
        self._written, self._file.taken = self._file.taken, self._taken

    def make(self, text, speaker) -> Sound:
        self._count, self._is_mute = 0, "nothing" in text
        return super().make(text, speaker)

    def _taken(self) -> Sound:
        sound, self._count = self._written(), self._count + 1
        return Sound(bytes(len(sound.pcm)), sound.rate) if self._is_mute or self._count == 1 else sound


class Tone:
    """Has no library, starts at once, knows every voice and makes the same tone of everything."""

    def check(self, speaker) -> None:
        pass

    def make(self, text, speaker) -> Sound:
        return Sound(TONE, 8000)
