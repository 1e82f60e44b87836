"""Whisper on this machine, through faster-whisper; nothing is ever downloaded.

Sound is handed over as samples. PyAV, which faster-whisper has for files, is therefore not needed, and its wheel
carries x264 and x265 (GPL): the lock leaves it out.
"""

import importlib.util
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from voice.audio import resampled
from voice.errors import EngineUnavailable
from voice.recognition.elsewhere.engine import Heard, confidence, package
from voice.settings import VoiceSettings

_RATE = 16_000
_FILES = ("model.bin", "config.json", "tokenizer.json")  # without the last, faster-whisper would fetch one


class Whisper:
    """A converted model (CTranslate2) in the folder that `CARELINE_VOICE_RECOGNISER_MODELS` names."""

    def __init__(self, language: str, settings: VoiceSettings) -> None:
        """Loads the model, once a process.

        Raises:
            EngineUnavailable: the package or the model is missing, or the model does not know the language.
        """
        folder = Path(settings.recogniser_models.get(language, ""))
        if not settings.recogniser_models.get(language) or any(not (folder / name).is_file() for name in _FILES):
            raise EngineUnavailable(
                f"faster-whisper needs a folder with {', '.join(_FILES)} for {language!r}: download a converted model "
                "(such as Systran/faster-whisper-small) and name its folder in CARELINE_VOICE_RECOGNISER_MODELS."
            )
        self._model = _model(folder.resolve(), settings.recogniser_threads)
        if language not in self._model.supported_languages:
            raise EngineUnavailable(f"The Whisper model in {folder} is English only: name a multilingual one.")
        self._language = language
        self._hint = settings.recogniser_hints.get(language)

    def hear(self, pcm: bytes, rate: int, patience: float) -> Heard:
        """One pass: trying again with dice, as is its habit where it is unsure, takes seconds and makes things up."""
        samples = np.frombuffer(resampled(pcm[: len(pcm) & ~1], rate, _RATE), dtype="<i2").astype(np.float32) / 32768
        segments, _ = self._model.transcribe(
            samples,
            language=self._language,
            initial_prompt=self._hint,
            temperature=0.0,
            condition_on_previous_text=False,
            vad_filter=True,
        )
        found = list(segments)  # they are made as they are asked for
        return Heard(
            " ".join(segment.text.strip() for segment in found),
            confidence((each.end - each.start, each.avg_logprob, each.no_speech_prob) for each in found),
        )

    def close(self) -> None:
        """The model stays for who opens ears again."""


@cache
def _model(folder: Path, threads: int) -> Any:
    whisper = _package()
    try:
        return whisper.WhisperModel(
            str(folder),
            local_files_only=True,
            num_workers=threads,
            cpu_threads=max(1, (os.cpu_count() or 1) // threads),
        )
    except Exception as error:
        raise EngineUnavailable(f"The Whisper model in {folder} cannot be loaded: {error}") from error


def _package() -> ModuleType:
    """faster-whisper imports PyAV before it is needed: an empty module stands in where there is none."""
    absent = "av" not in sys.modules and importlib.util.find_spec("av") is None
    if absent:
        sys.modules["av"] = ModuleType("av")
    try:
        return package("faster_whisper", "faster-whisper")
    finally:
        if absent:
            del sys.modules["av"]
