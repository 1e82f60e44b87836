"""Ears of calls: what a caller says, as words, with how surely it was heard."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from voice.errors import EngineUnavailable
from voice.ports import Ears, Recogniser
from voice.settings import VoiceSettings
from voice.trained import newest

_log = logging.getLogger(__name__)
BUILT_IN = ("moonshine", "sphinx")
_KNOWN = "en"  # to those


def open_ears(settings: VoiceSettings) -> Ears:
    """The ears that the settings name, each loaded and tried; workers of the built-in ones are starting.

    Raises:
        EngineUnavailable: a model, a key or a package is missing; the message says which, and what to do.
    """
    unheard = sorted(set(settings.speakers) - set(settings.recognisers))
    if unheard:
        _log.warning(
            "Calls in %s are not understood: CARELINE_VOICE_RECOGNISERS names no recogniser for it.", ", ".join(unheard)
        )
    # Workers last: a recogniser that cannot be had leaves no process behind.
    named = sorted(settings.recognisers.items(), key=lambda named: named[1] in BUILT_IN)
    return EarsByLanguage({language: _open(name, language, settings) for language, name in named})


class EarsByLanguage:
    """Each language has its own."""

    def __init__(self, ears: Mapping[str, Ears]) -> None:
        self._ears = ears

    async def open(self, language: str, rate: int) -> Recogniser:
        """Ears for one call.

        Raises:
            EngineUnavailable: no recogniser is named for the language, or none is free.
        """
        if language not in self._ears:
            raise EngineUnavailable(f"CARELINE_VOICE_RECOGNISERS names no recogniser for {language!r}.")
        return await self._ears[language].open(language, rate)

    async def close(self) -> None:
        """Stop all of them."""
        await asyncio.gather(*(ears.close() for ears in self._ears.values()))


def _open(name: str, language: str, settings: VoiceSettings) -> Ears:
    return _built_in(name, language, settings) if name in BUILT_IN else _elsewhere(name, language, settings)


def _built_in(name: str, language: str, settings: VoiceSettings) -> Ears:
    from voice.recognition.ears import WorkerEars
    from voice.recognition.moonshine.weights import weights

    if language != _KNOWN:
        raise EngineUnavailable(
            f"The recogniser {name} knows English only: "
            f"name another one for {language!r} in CARELINE_VOICE_RECOGNISERS."
        )
    if name == "moonshine":
        weights()
    folder = _model(settings)
    if folder is None:
        raise EngineUnavailable("The recogniser has no model: run `make train`, or `python -m voice train`.")
    return WorkerEars(
        name,
        folder,
        workers=settings.recognition_workers,
        calls=settings.recognition_calls,
        patience=settings.engine_timeout,
    )


def _elsewhere(name: str, language: str, settings: VoiceSettings) -> Ears:
    from voice.recognition.completeness import Completeness
    from voice.recognition.elsewhere import load
    from voice.recognition.elsewhere.ears import ElsewhereEars
    from voice.recognition.elsewhere.wording import Wording

    folder = _model(settings)
    return ElsewhereEars(
        load(name, language, settings),
        Wording(language, Completeness.read(folder) if folder else Completeness({})),
        threads=settings.recogniser_threads,
        patience=settings.engine_timeout,
    )


def _model(settings: VoiceSettings) -> Path | None:
    """The folder of the trained model, if there is one."""
    folder = settings.recognition_model or newest()
    return folder if folder is not None and (folder / "words.lm").exists() else None
