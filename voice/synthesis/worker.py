"""The process that holds one engine: a text comes in, sound at the line's rate goes out."""

import signal
from dataclasses import dataclass
from math import gcd
from multiprocessing.connection import Connection

import numpy as np
from scipy.signal import resample_poly

from voice.errors import EngineFailed, EngineUnavailable, VoiceError
from voice.speaker import Speaker
from voice.synthesis.engine import Sound, load


@dataclass(frozen=True, slots=True)
class Task:
    """One text to speak, at `rate` samples a second."""

    text: str
    speaker: Speaker
    rate: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no sound; `lasting` when another try is of no use."""

    why: str
    lasting: bool

    def error(self) -> VoiceError:
        """The error that the caller gets."""
        return EngineUnavailable(self.why) if self.lasting else EngineFailed(self.why)


READY = b""
"""A worker's first word."""


def work(engine_name: str, speakers: tuple[Speaker, ...], connection: Connection) -> None:
    """Load the engine, say that it is ready (or `Trouble`), then answer every `Task` with bytes or `Trouble`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its workers itself
    try:
        engine = load(engine_name)
        for speaker in speakers:
            engine.check(speaker)
    except VoiceError as error:
        connection.send(Trouble(str(error), lasting=True))
        return
    connection.send(READY)
    while True:
        try:
            task: Task = connection.recv()
        except EOFError:  # the parent has gone
            return
        try:
            connection.send(resampled(engine.make(task.text, task.speaker), task.rate))
        except VoiceError as error:
            connection.send(Trouble(str(error), isinstance(error, EngineUnavailable)))


def resampled(sound: Sound, rate: int) -> bytes:
    """The same sound at `rate` samples a second."""
    if sound.rate == rate:
        return sound.pcm
    shared = gcd(sound.rate, rate)
    samples = np.frombuffer(sound.pcm, dtype="<i2").astype(np.float32)
    made = resample_poly(samples, rate // shared, sound.rate // shared)
    return np.clip(np.rint(made), -32768, 32767).astype("<i2").tobytes()
