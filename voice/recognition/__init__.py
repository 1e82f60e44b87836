"""Ears of calls: what a caller says, as words, with how surely it was heard."""

import logging

from voice.errors import EngineUnavailable
from voice.ports import Ears
from voice.settings import VoiceSettings
from voice.trained import newest

_log = logging.getLogger(__name__)
_KNOWN = "en"


def open_ears(settings: VoiceSettings) -> Ears:
    """The ears that the settings name; their workers are starting when it returns.

    Raises:
        EngineUnavailable: a model, a key or a package is missing; the message says which, and what to do.
    """
    from voice.recognition.ears import WorkerEars

    folder = settings.recognition_model or newest()
    if folder is None or not (folder / "words.dict").exists():
        raise EngineUnavailable("The recogniser has no model: run `make train`, or `python -m voice train`.")
    unheard = sorted(set(settings.speakers) - {_KNOWN})
    if unheard:
        _log.warning("Calls are understood in English only: no recogniser is there for %s.", ", ".join(unheard))
    return WorkerEars(
        folder,
        workers=settings.recognition_workers,
        calls=settings.recognition_calls,
        patience=settings.engine_timeout,
    )
