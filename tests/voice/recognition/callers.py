"""What reaches the recogniser in its tests: speech, and what is none."""

import shutil

import numpy as np
import pytest

from benchmarks.voice.speech import said, silence

needs_flite = pytest.mark.skipif(
    shutil.which("flite") is None, reason="flite speaks for the caller (apt-get install flite)"
)


def say(text: str, rate: int = 16_000) -> bytes:
    """A sentence of a caller, with a moment of the quiet line around it."""
    quiet = silence(rate)[: rate // 2]
    return quiet + said(text, "awb", rate).pcm + quiet


def samples(pcm: bytes) -> np.ndarray:
    """As the network takes them."""
    return np.frombuffer(pcm, "<i2") / 32768.0


def noise(level: float, seconds: float = 2, rate: int = 16_000) -> bytes:
    """Hiss as loud as `level`, of 1."""
    return np.random.default_rng(1).normal(0, level * 32767, round(seconds * rate)).astype("<i2").tobytes()


def tone(hertz: float, seconds: float = 2, rate: int = 16_000) -> bytes:
    """A tone as loud as a voice."""
    return (9000 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype("<i2").tobytes()
