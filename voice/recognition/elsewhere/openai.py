"""Whatever speaks OpenAI's transcription API: OpenAI itself, or a server of one's own (speaches, vLLM, LocalAI...).

Spoken to over HTTP directly. SpeechRecognition's way wants an older httpx than ours, and returns the text alone:
without the probabilities, what Whisper makes up of noise would be believed.

Source: https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

from collections.abc import Iterable
from math import exp
from typing import Any
from urllib.parse import urlsplit

import httpx
from speech_recognition import AudioData

from voice.errors import EngineFailed, EngineUnavailable
from voice.recognition.elsewhere.engine import Heard, confidence
from voice.settings import VoiceSettings

_MODEL = "whisper-1"
_TELLS_TOKENS = "gpt-"  # models of this name tell probabilities of tokens, others those of segments
_ADVICE = {
    401: "the key is not accepted: see CARELINE_VOICE_OPENAI_KEY",
    403: "the key is not accepted: see CARELINE_VOICE_OPENAI_KEY",
    404: "the address or the model is not known there: see CARELINE_VOICE_OPENAI_URL and _RECOGNISER_MODELS",
    429: "too many requests, or nothing left on the account",
}


class OpenAI:
    """A model behind an address; `CARELINE_VOICE_RECOGNISER_MODELS` names it."""

    def __init__(self, language: str, settings: VoiceSettings) -> None:
        """Connects to nothing yet.

        Raises:
            EngineUnavailable: the address is none, or OpenAI's own and there is no key.
        """
        url, key = settings.openai_url, _key(settings)
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
            raise EngineUnavailable(
                "CARELINE_VOICE_OPENAI_URL has to be like https://HOST/v1; a key goes to CARELINE_VOICE_OPENAI_KEY."
            )
        if not key and parts.hostname.endswith("openai.com"):
            raise EngineUnavailable(
                "OpenAI needs a key: set CARELINE_VOICE_OPENAI_KEY, or CARELINE_VOICE_OPENAI_URL to a server of yours."
            )
        self._host = parts.hostname
        self._asked = _asked(language, settings)
        self._client = httpx.Client(
            base_url=url.rstrip("/"), headers={"Authorization": f"Bearer {key}"} if key else None
        )

    def hear(self, pcm: bytes, rate: int, patience: float) -> Heard:
        """The sound as a WAV file, at the line's own rate: raising it would only make it longer to send.

        Raises:
            EngineFailed: no answer, an error, or one that makes no sense.
        """
        sound = AudioData(pcm[: len(pcm) & ~1], rate, 2).get_wav_data()
        try:
            answer = self._client.post(
                "/audio/transcriptions",
                data=self._asked,
                files={"file": ("utterance.wav", sound, "audio/wav")},
                timeout=patience,
            )
        except httpx.HTTPError as error:
            raise EngineFailed(f"{self._host} does not answer ({type(error).__name__}).") from None
        if answer.status_code != httpx.codes.OK:
            advice = _ADVICE.get(answer.status_code, "see its log")
            raise EngineFailed(f"{self._host} answers {answer.status_code}: {advice}.")
        try:
            return _heard(answer.json())
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            raise EngineFailed(f"{self._host} answers something else than a transcription.") from None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def _asked(language: str, settings: VoiceSettings) -> dict[str, str]:
    model = settings.recogniser_models.get(language, _MODEL)
    hint = settings.recogniser_hints.get(language)
    tells = (
        {"response_format": "json", "include[]": "logprobs"}
        if model.startswith(_TELLS_TOKENS)
        else {"response_format": "verbose_json"}
    )
    return {"model": model, "language": language, "temperature": "0", **tells, **({"prompt": hint} if hint else {})}


def _key(settings: VoiceSettings) -> str:
    key = settings.openai_key.get_secret_value().strip() if settings.openai_key else ""
    if not (key.isascii() and key.isprintable()):
        raise EngineUnavailable("CARELINE_VOICE_OPENAI_KEY holds characters that no key has.")
    return key


def _heard(answer: dict[str, Any]) -> Heard:
    text = answer["text"]
    if not isinstance(text, str):
        raise TypeError
    tokens = [each["logprob"] for each in answer.get("logprobs") or ()]
    if tokens:
        return Heard(text.strip(), min(exp(sum(tokens) / len(tokens)), 1.0))
    return Heard(text.strip(), confidence(_segments(answer.get("segments") or ())))


def _segments(told: Iterable[dict[str, Any]]) -> Iterable[tuple[float, float, float]]:
    """Seconds and probabilities; servers that leave the latter out tell nothing."""
    for each in told:
        if each.get("avg_logprob") is not None:
            yield each["end"] - each["start"], each["avg_logprob"], each.get("no_speech_prob") or 0.0
