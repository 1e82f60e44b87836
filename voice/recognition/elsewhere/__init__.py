"""Recognisers that are not built in: named by the settings, one for each language, loaded and tried at start."""

import importlib
from typing import cast

from voice.errors import EngineUnavailable, VoiceError
from voice.recognition.elsewhere.engine import Engine
from voice.settings import VoiceSettings

ENGINES = {
    "faster-whisper": "voice.recognition.elsewhere.whisper:Whisper",
    "vosk": "voice.recognition.elsewhere.vosk:Vosk",
    "openai": "voice.recognition.elsewhere.openai:OpenAI",
    "google": "voice.recognition.elsewhere.google:Google",
}
_TRIED_AT = 16_000  # samples a second
_FIRST_ANSWER = 60.0  # seconds: a server may load its model when it is first asked


def load(name: str, language: str, settings: VoiceSettings) -> Engine:
    """The engine of this name (or `module:Class`), after it has heard a second of silence.

    Hearing something is the one proof that package, model, address and key fit together.

    Raises:
        EngineUnavailable: it cannot work; the message says what is missing and what to do.
    """
    engine = _made(name, language, settings)
    try:
        engine.hear(bytes(2 * _TRIED_AT), _TRIED_AT, _FIRST_ANSWER)
    except Exception as error:
        engine.close()
        raise EngineUnavailable(f"The recogniser {name} for {language!r} does not work: {error}") from error
    return engine


def _made(name: str, language: str, settings: VoiceSettings) -> Engine:
    module, _, kind = ENGINES.get(name, name).partition(":")
    if not kind:
        raise EngineUnavailable(
            f"There is no recogniser {name!r}: CARELINE_VOICE_RECOGNISERS may name moonshine, sphinx, "
            f"{', '.join(ENGINES)}, or a class of your own as module:Class."
        )
    try:
        return cast(Engine, getattr(importlib.import_module(module), kind)(language, settings))
    except VoiceError:
        raise
    except Exception as error:
        raise EngineUnavailable(f"The recogniser {name} for {language!r} cannot be made: {error}") from error
