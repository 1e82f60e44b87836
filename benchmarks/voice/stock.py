"""The usual way to a talking assistant in Python: SpeechRecognition waits for a pause and hands the utterance to
`recognize_sphinx`, pyttsx3 makes a file of the whole answer, then it is played.

Runs in a process of its own, because pyttsx3 loads espeak-ng (GPL) into it: `measure` starts that process.
"""

import argparse
import io
import json
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.voice.conversations import A_CUSTOMERS, ANYBODYS
from benchmarks.voice.figures import percentile
from benchmarks.voice.speech import said, silence, voice_of

SENTENCES = ANYBODYS + A_CUSTOMERS
ANSWER = "A deductible is the part of a claim that you pay yourself. We pay what is above it."
_SILENCE = 3.0  # seconds before and after the utterance


@dataclass
class Stock:
    """Seconds by part, a figure a sentence, and how many sentences were taken to be over before they were."""

    endpoint: list[float] = field(default_factory=list)
    recognition: list[float] = field(default_factory=list)
    synthesis: list[float] = field(default_factory=list)
    cut_off: int = 0

    @property
    def waits(self) -> list[float]:
        """Seconds from the end of speech to the first sound, were an answer there at once."""
        return [sum(parts) for parts in zip(self.endpoint, self.recognition, self.synthesis, strict=True)]


def measure(sentences: Sequence[str]) -> Stock:
    """One call, a sentence after the other.

    Raises:
        SystemExit: the process failed; what it said stands above.
    """
    command = [sys.executable, "-m", "benchmarks.voice.stock", "--here", *sentences]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit("the stock way could not be measured")
    return Stock(**json.loads(done.stdout.splitlines()[-1]))


class _Telephone:
    """A stream that gives sound as it comes in, and notes when each piece had come."""

    def __init__(self, pcm: bytes, rate: int) -> None:
        self._stream = io.BytesIO(pcm)
        self._rate = rate
        self.began = time.perf_counter()
        self._given = 0

    def read(self, samples: int) -> bytes:
        piece = self._stream.read(2 * samples)
        self._given += len(piece)
        time.sleep(max(0.0, self.began + self._given / 2 / self._rate - time.perf_counter()))
        return piece


def _measured(sentences: Sequence[str]) -> Stock:
    import speech_recognition

    stock = Stock()
    recogniser = speech_recognition.Recognizer()  # its pause threshold is 0.8 s unless one sets another
    engine = _speaker()
    with tempfile.TemporaryDirectory() as folder:
        for number, sentence in enumerate(sentences):
            speech = said(sentence, voice_of(number))
            quiet = silence()[: round(_SILENCE * speech.rate) * 2]
            source = _source(quiet + speech.pcm + quiet, speech.rate)
            heard = recogniser.listen(source)
            endpointed = time.perf_counter()
            with suppress(speech_recognition.UnknownValueError):
                recogniser.recognize_sphinx(heard)
            recognised = time.perf_counter()
            _speak(engine, Path(folder) / "answer.wav")
            spoken = time.perf_counter()
            ended = source.stream.began + _SILENCE + speech.seconds
            if endpointed < ended:
                stock.cut_off += 1
                continue
            stock.endpoint.append(endpointed - ended)
            stock.recognition.append(recognised - endpointed)
            stock.synthesis.append(spoken - recognised)
    return stock


def _source(pcm: bytes, rate: int) -> Any:
    import speech_recognition

    class Source(speech_recognition.AudioSource):
        SAMPLE_RATE, SAMPLE_WIDTH, CHUNK = rate, 2, 1024  # as that of SpeechRecognition's microphone

        def __init__(self) -> None:
            self.stream = _Telephone(pcm, rate)

    return Source()


def _speaker() -> Any:
    from voice.synthesis.espeak import _load_library as load_library

    load_library()
    import pyttsx3

    return pyttsx3.init("espeak")


def _speak(engine: Any, path: Path) -> None:
    """Until there is a file with sound in it: that the library is done is not told."""
    path.unlink(missing_ok=True)
    engine.save_to_file(ANSWER, str(path))
    engine.runAndWait()
    until = time.perf_counter() + 5
    while time.perf_counter() < until:
        try:
            with wave.open(str(path), "rb") as made:
                if made.getnframes():
                    return
        except (OSError, EOFError, wave.Error):
            time.sleep(0.002)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures of some sentences, or with `--here` measure them in this process and print them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sentences", nargs="*", default=SENTENCES)
    parser.add_argument("--here", action="store_true")
    given = parser.parse_args(arguments)
    if given.here:
        stdout, sys.stdout = sys.stdout, sys.stderr  # pyttsx3 prints a line for every sound
        print(json.dumps(asdict(_measured(given.sentences))), file=stdout)
        return
    stock = measure(given.sentences)
    for name, seconds in {**asdict(stock), "all": stock.waits}.items():
        if isinstance(seconds, list):
            print(f"{name}: p50 {1000 * percentile(seconds, 50):,.0f} ms, p95 {1000 * percentile(seconds, 95):,.0f} ms")
    print(f"cut off: {stock.cut_off} of {len(given.sentences)}")


if __name__ == "__main__":
    main()
