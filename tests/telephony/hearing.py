"""What is in a recording of a telephone: a known sound, found again in it, and how long something is heard at all.

Phrases that are made in advance sound alike each time. What is made in a call does not, to the sample: espeak-ng
remembers what it said before; so of answers with names and numbers in them the length is compared.
"""

import asyncio
import functools

import numpy as np
from scipy.signal import fftconvolve

from voice.settings import VoiceSettings
from voice.synthesis import open_mouth

_PIECE = 0.4  # seconds; between two pieces a telephone may lose or repeat a frame
_ALIKE = 0.9  # of 1; pieces of other words in the same voice stay below it, with few exceptions
_MOST = 0.7  # of the pieces
_FRAME = 0.02  # seconds
_LOUD = 300  # of 32,767, on average in a frame or piece


@functools.cache
def spoken(text: str, rate: int) -> bytes:
    """The sound of a text as calls have it, s16le at `rate`."""

    async def make() -> bytes:
        mouth = open_mouth(VoiceSettings())
        try:
            return b"".join([sound async for sound in mouth.speak(text, "en", rate)])
        finally:
            await mouth.close()

    return asyncio.run(make())


def is_in(said: bytes, heard: bytes, rate: int) -> bool:
    """Whether most pieces of `said` are somewhere in `heard`; both s16le at `rate`."""
    alike = likeness(said, heard, rate)
    return len(alike) > 0 and float(np.mean(alike > _ALIKE)) >= _MOST


def likeness(said: bytes, heard: bytes, rate: int) -> np.ndarray:
    """How well each audible piece of `said` is found again, 0 to 1."""
    size = round(_PIECE * rate)
    where = _samples(heard)
    if len(where) < size:
        return np.zeros(0)
    energy = np.sqrt(np.maximum(fftconvolve(where**2, np.ones(size), "valid"), 1.0))
    samples = _samples(said)
    pieces = [samples[start : start + size] for start in range(0, len(samples) - size + 1, size)]
    audible = [piece for piece in pieces if np.abs(piece).mean() > _LOUD]
    return np.array([(fftconvolve(where, p[::-1], "valid") / energy).max() / np.linalg.norm(p) for p in audible])


def seconds(pcm: bytes, rate: int) -> float:
    """For how long something is heard in a sound."""
    size = round(_FRAME * rate)
    samples = _samples(pcm)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    return float((np.abs(frames).mean(axis=1) > _LOUD).sum() * _FRAME)


def _samples(pcm: bytes) -> np.ndarray:
    return np.frombuffer(pcm[: len(pcm) & ~1], dtype="<i2").astype(float)
