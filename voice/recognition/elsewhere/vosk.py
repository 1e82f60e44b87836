"""Kaldi models on this machine, through Vosk.

SpeechRecognition's own way to Vosk reads the model anew for each utterance, and from inside its package alone.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from voice.audio import resampled
from voice.errors import EngineUnavailable
from voice.ports import Word
from voice.recognition.elsewhere.engine import Heard, package
from voice.settings import VoiceSettings

_RATE = 16_000
_UNKNOWN = ("<unk>", "[unk]")
_SILENT = -1  # Kaldi writes much to the standard error output otherwise


class Vosk:
    """The model in the folder that `CARELINE_VOICE_RECOGNISER_MODELS` names."""

    def __init__(self, language: str, settings: VoiceSettings) -> None:
        """Loads the model, once a process.

        Raises:
            EngineUnavailable: the package or the model is missing.
        """
        folder = Path(settings.recogniser_models.get(language, ""))
        if not settings.recogniser_models.get(language) or not folder.is_dir():
            raise EngineUnavailable(
                f"vosk needs the folder of a model for {language!r}: unpack one of https://alphacephei.com/vosk/models "
                "and name its folder in CARELINE_VOICE_RECOGNISER_MODELS."
            )
        self._vosk = package("vosk", "vosk")
        self._model = _model(folder.resolve())

    def hear(self, pcm: bytes, rate: int, patience: float) -> Heard:
        """Words with their times; a recogniser for each utterance costs milliseconds, the model is shared."""
        recogniser = self._vosk.KaldiRecognizer(self._model, _RATE)
        recogniser.SetWords(True)
        recogniser.AcceptWaveform(resampled(pcm[: len(pcm) & ~1], rate, _RATE))
        return heard(json.loads(recogniser.FinalResult()))

    def close(self) -> None:
        """The model stays for who opens ears again."""


def heard(answer: dict[str, Any]) -> Heard:
    """Of Vosk's result: `{"text": ..., "result": [{"word", "start", "end", "conf"}]}`, without `result` if empty."""
    words = tuple(
        Word(each["word"], each["start"], each["end"], each["conf"])
        for each in answer.get("result", ())
        if each["word"] not in _UNKNOWN
    )
    sure = sum(word.confidence for word in words) / len(words) if words else None
    return Heard(" ".join(word.text for word in words), sure, words)


@cache
def _model(folder: Path) -> Any:
    vosk = package("vosk", "vosk")
    vosk.SetLogLevel(_SILENT)
    try:
        return vosk.Model(str(folder))
    except Exception as error:
        raise EngineUnavailable(
            f"There is no Vosk model in {folder}: unpack one there, so that it has am/ and conf/."
        ) from error
