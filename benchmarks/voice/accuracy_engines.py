"""Calls to one engine, in a process of their own: what was heard, how long that took, and how much memory."""

import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.voice.speech import FRAME, carried, read, silence
from voice.ports import Expectation, Kind

OURS = ("moonshine", "sphinx")
STOCK = "stock"
ENGINES = (*OURS, STOCK)
SENTENCES, NUMBERS, NO_SPEECH, FOREIGN = "sentences", "numbers", "no speech", "foreign"
AROUND = 0.3  # seconds of a quiet line before and after; the session asks for the words when so much is silent


@dataclass(frozen=True, slots=True)
class Call:
    """What one caller says to one engine, a sound after the other.

    `model` is a folder that `training.make` filled; `group` is what is measured with it (`SENTENCES` and so on), and
    `speaker` the voice, or the kind of noise.
    """

    engine: str
    model: str
    rate: int
    group: str
    speaker: str
    sounds: tuple[Path, ...]
    kind: Kind = Kind.FREE


@dataclass(frozen=True, slots=True)
class Heard:
    """What one sound came to: see `voice.ports.Hypothesis`.

    Attributes:
        seconds: of sound.
        finish: seconds between its end and its words.
        busy: seconds of the processor in that time, which other work on the machine hardly changes.
    """

    text: str
    confidence: float
    understood: bool
    alternatives: tuple[str, ...]
    seconds: float = 0.0
    finish: float = 0.0
    busy: float = 0.0


@dataclass
class Result:
    """`processor` in seconds of all threads, `memory` in bytes, at most, of the whole process."""

    call: Call
    heard: list[Heard] = field(default_factory=list)
    processor: float = 0.0
    memory: int = 0

    @property
    def seconds(self) -> float:
        """Of sound."""
        return sum(one.seconds for one in self.heard)


Hearing = Callable[[bytes], Heard]


def hear(calls: Sequence[Call]) -> list[Result]:
    """Make calls to one engine, one after the other. To be run in a fresh process: its memory is part of the result."""
    answering = _stock if calls[0].engine == STOCK else _ours(calls[0])
    results = [_made(call, answering(call)) for call in calls]
    for result in results:
        result.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return results


def _made(call: Call, hearing: Hearing) -> Result:
    quiet = silence(call.rate)[: round(AROUND * call.rate) * 2]
    result = Result(call)
    for path in call.sounds:
        sound = quiet + carried("", *read(path), call.rate).pcm + quiet
        began = time.process_time()
        result.heard.append(hearing(sound))
        result.processor += time.process_time() - began
    return result


def expected(kind: Kind) -> Expectation:
    """What the question was."""
    return Expectation(Kind.DIGITS, "policy_number", 7, 7) if kind is Kind.DIGITS else Expectation(kind)


def _ours(first: Call) -> Callable[[Call], Hearing]:
    """As a worker does it for a call: frames as they come, what waits between them, the words at the end."""
    from voice.recognition import decoding

    models = decoding.load(first.engine, first.model)

    def answering(call: Call) -> Hearing:
        ears = models.decoding()
        ears.answer_the_phone(call.rate)

        def hearing(sound: bytes) -> Heard:
            ears.start(asdict(expected(call.kind)))
            for frame in _frames(sound, call.rate):
                ears.feed(frame)
                while ears.catch_up():
                    pass
            clocks = _clocks()
            found = ears.finish()
            return _heard(found, sound, call, clocks)

        return hearing

    return answering


def _stock(call: Call) -> Hearing:
    """SpeechRecognition with its generic English model, utterance by utterance; it is sure of nothing."""
    import speech_recognition

    recogniser = speech_recognition.Recognizer()

    def hearing(sound: bytes) -> Heard:
        clocks = _clocks()
        try:
            text = recogniser.recognize_sphinx(speech_recognition.AudioData(sound, call.rate, 2))
        except speech_recognition.UnknownValueError:
            text = ""
        found = {"text": text, "confidence": float(bool(text)), "understood": bool(text), "alternatives": ()}
        return _heard(found, sound, call, clocks)

    return hearing


def _clocks() -> tuple[float, float]:
    return time.perf_counter(), time.process_time()


def _heard(found: dict[str, Any], sound: bytes, call: Call, since: tuple[float, float]) -> Heard:
    finish, busy = (now - then for now, then in zip(_clocks(), since, strict=True))
    seconds = len(sound) / 2 / call.rate
    alternatives = tuple(found["alternatives"])
    return Heard(found["text"], found["confidence"], found["understood"], alternatives, seconds, finish, busy)


def _frames(sound: bytes, rate: int) -> Sequence[bytes]:
    size = round(FRAME * rate) * 2
    return [sound[start : start + size] for start in range(0, len(sound), size)]
