"""Sound as telephones, browsers and engines each want it: other rates, mu-law, and how loud it is.

Samples are signed 16-bit little-endian mono PCM unless it says otherwise.
"""

from math import gcd, log10

import numpy as np
from scipy.signal import firwin, upfirdn

QUIET = -96.0  # dBFS of digital silence: the floor of 16 bits
_TAPS_A_PHASE = 24
_MU = 255.0


class Resampler:
    """Changes the rate of a stream, piece by piece, as if it were done in one go.

    A linear-phase polyphase filter; the sound comes out `delay` seconds later than it went in.
    """

    def __init__(self, source: int, target: int) -> None:
        """`source` and `target` are samples a second; their ratio should be simple (1:2, 1:3, 2:3)."""
        divisor = gcd(source, target)
        self._up, self._down = target // divisor, source // divisor
        steepest = max(self._up, self._down)
        taps = 2 * _TAPS_A_PHASE * steepest + 1
        self._filter = firwin(taps, 0.94 / steepest, window=("kaiser", 7.0)) * self._up if steepest > 1 else None
        self._history = np.zeros(-(-taps // self._up), dtype=np.float64)
        self._phase = 0  # samples at the raised rate between the next input sample and the next output sample
        self._odd = b""
        self.delay = (taps - 1) / 2 / (source * self._up) if steepest > 1 else 0.0

    def feed(self, pcm: bytes) -> bytes:
        """The next piece, any length: half a sample waits for its other half."""
        if self._filter is None:
            return pcm
        pcm = self._odd + pcm
        whole = len(pcm) & ~1
        self._odd = pcm[whole:]
        fresh = np.frombuffer(pcm[:whole], dtype="<i2").astype(np.float64)
        if not len(fresh):
            return b""
        samples = np.concatenate((self._history, fresh))
        raised = upfirdn(self._filter, samples, up=self._up)
        first = len(self._history) * self._up + self._phase
        last = len(samples) * self._up
        out = raised[first : last : self._down]
        self._phase = first + len(out) * self._down - last
        self._history = samples[-len(self._history) :]
        return np.clip(np.rint(out), -32768, 32767).astype("<i2").tobytes()


def resampled(pcm: bytes, source: int, target: int) -> bytes:
    """A whole sound at another rate, without the delay of a stream."""
    if source == target:
        return pcm
    resampler = Resampler(source, target)
    late = round(resampler.delay * target) * 2
    longer = resampler.feed(pcm[: len(pcm) & ~1] + bytes(2 * (round(resampler.delay * source) + 1)))
    return longer[late : late + len(pcm) // 2 * target // source * 2]


def level(pcm: bytes) -> float:
    """Root mean square in dBFS: 0 is a full-scale square wave, -96 digital silence (and no sound at all)."""
    samples = np.frombuffer(pcm[: len(pcm) & ~1], dtype="<i2").astype(np.float64)
    power = float(np.mean(samples * samples)) if len(samples) else 0.0
    return max(QUIET, 10 * log10(power) - 90.309) if power > 0 else QUIET


def to_mu_law(pcm: bytes) -> bytes:
    """G.711 mu-law, a byte a sample."""
    samples = np.frombuffer(pcm[: len(pcm) & ~1], dtype="<i2")
    return _ENCODED[samples.astype(np.int32) + 32768].tobytes()


def from_mu_law(coded: bytes) -> bytes:
    """PCM of G.711 mu-law."""
    return _DECODED[np.frombuffer(coded, dtype=np.uint8)].tobytes()


def _decoding() -> np.ndarray:
    """ITU-T G.711, table 2: sign, three bits of exponent, four of mantissa, all inverted."""
    code = ~np.arange(256, dtype=np.uint8)
    magnitude = (((code & 0x0F).astype(np.int32) << 3) + 0x84) << ((code >> 4) & 0x07).astype(np.int32)
    magnitude -= 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype("<i2")


def _encoding() -> np.ndarray:
    """Of every 16-bit sample: bias, clip, and the exponent is the place of the highest bit."""
    samples = np.arange(-32768, 32768, dtype=np.int32)
    magnitude = np.minimum(np.abs(samples), 32635) + 0x84
    exponent = np.clip(np.floor(np.log2(magnitude)).astype(np.int32) - 7, 0, 7)
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    sign = np.where(samples < 0, 0x80, 0)
    return (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8)


_DECODED = _decoding()
_ENCODED = _encoding()
