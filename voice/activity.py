"""Whether somebody is speaking, frame by frame: cheap enough to run in the call's own process.

A frame counts as speech when two different witnesses agree: WebRTC's detector (in pocketsphinx's wheel), which knows
what speech looks like but takes loud streets for it, and its level above the noise of this line, which knows the street
but takes a door for speech.
"""

from collections import deque

from pocketsphinx import Vad

from voice.audio import QUIET, level

_FRAME = 0.02  # seconds
_ABOVE_NOISE = 8.0  # dB over the floor that begin speech; soft endings of words need less to go on
_GOES_ON = 5.0
_FAINTEST = -58.0  # dBFS; nothing below it is meant for us
_ASSUMED = -48.0  # dBFS; the floor is not believed to be higher before the line was heard for a while
_BLOCK = 5  # frames a level of the floor is averaged over
_MEMORY = 25  # such blocks: 2.5 seconds, in which every speaker takes a breath
_ONSET = (3, 4)  # speech begins with 3 of the last 4 frames: within 80 ms
_RELEASE = (1, 6)  # and is over when at most 1 of the last 6 is left: within 120 ms


class SpeechActivity:
    """An `Activity` for one call."""

    def __init__(self, rate: int) -> None:
        """`rate` is 8000 or 16000 samples a second."""
        self._vad = Vad(Vad.MEDIUM_STRICT, rate, _FRAME)
        self._frame = self._vad.frame_bytes
        self._rest = b""
        self._floor = _Floor()
        self._last: deque[bool] = deque(maxlen=max(_ONSET[1], _RELEASE[1]))
        self._speaking: bool | None = None

    def feed(self, pcm: bytes) -> bool | None:
        """Whether the caller speaks after this sound, of any length; None until a first frame is whole."""
        pcm = self._rest + pcm
        whole = len(pcm) - len(pcm) % self._frame
        for start in range(0, whole, self._frame):
            self._hear(pcm[start : start + self._frame])
        self._rest = pcm[whole:]
        return self._speaking

    def _hear(self, frame: bytes) -> None:
        loud = level(frame)
        margin = _GOES_ON if self._speaking else _ABOVE_NOISE
        stands_out = loud > max(self._floor.level + margin, _FAINTEST)
        self._floor.hear(loud)
        self._last.append(self._vad.is_speech(frame) and stands_out)
        recent = list(self._last)
        if self._speaking:
            self._speaking = sum(recent[-_RELEASE[1] :]) > _RELEASE[0]
        else:
            self._speaking = sum(recent[-_ONSET[1] :]) >= _ONSET[0]


class _Floor:
    """The level of the line's noise: the quietest tenth of a second of the last few seconds."""

    def __init__(self) -> None:
        self.level = _ASSUMED
        self._block: list[float] = []
        self._minima: deque[float] = deque(maxlen=_MEMORY)

    def hear(self, loud: float) -> None:
        self._block.append(max(loud, QUIET))
        if len(self._block) < _BLOCK:
            return
        self._minima.append(sum(self._block) / _BLOCK)
        self._block.clear()
        quietest = min(self._minima)
        settled = len(self._minima) == _MEMORY
        self.level = quietest if settled else min(quietest, _ASSUMED)
