"""Google Cloud Speech-to-Text.

SpeechRecognition's own way to it connects anew for each utterance, and waits for an answer for up to 83 minutes.

Source: https://cloud.google.com/speech-to-text/docs/reference/rest/v1/RecognitionConfig
"""

from typing import Any

from voice.errors import EngineUnavailable
from voice.ports import Word
from voice.recognition.elsewhere.engine import Heard, package
from voice.settings import VoiceSettings

_ALTERNATIVES = 5


class Google:
    """The account of a key file, `CARELINE_VOICE_GOOGLE_KEY_FILE`."""

    def __init__(self, language: str, settings: VoiceSettings) -> None:
        """Connects to nothing yet.

        Raises:
            EngineUnavailable: the package or the key file is missing, or it is no service account's.
        """
        path = settings.google_key_file
        if path is None or not path.is_file():
            raise EngineUnavailable(
                "Google needs the key of a service account (JSON): name its file in CARELINE_VOICE_GOOGLE_KEY_FILE."
            )
        self._speech = package("google.cloud.speech", "google-speech")
        try:
            self._client = self._speech.SpeechClient.from_service_account_file(
                str(path), client_options={"api_endpoint": settings.google_endpoint}
            )
        except (ValueError, KeyError, TypeError, AttributeError, OSError):  # whose message may quote the file
            raise EngineUnavailable(
                f"The file {path} of CARELINE_VOICE_GOOGLE_KEY_FILE is no key of a service account."
            ) from None
        self._asked: dict[str, Any] = {
            "encoding": self._speech.RecognitionConfig.AudioEncoding.LINEAR16,
            "language_code": settings.google_dialects.get(language, language),
            "max_alternatives": _ALTERNATIVES,
            "enable_word_time_offsets": True,
            "enable_word_confidence": True,
            "model": settings.recogniser_models.get(language, ""),
        }
        if hint := settings.recogniser_hints.get(language):
            self._asked["speech_contexts"] = [{"phrases": hint.split()}]

    def hear(self, pcm: bytes, rate: int, patience: float) -> Heard:
        """At the line's own rate, as Google advises."""
        answer = self._client.recognize(
            config={**self._asked, "sample_rate_hertz": rate},
            audio={"content": pcm[: len(pcm) & ~1]},
            retry=None,
            timeout=patience,
        )
        return heard(answer.results)

    def close(self) -> None:
        """Close the connection."""
        self._client.transport.close()


def heard(results: Any) -> Heard:
    """Of `RecognizeResponse.results`: one for each stretch of speech, each with alternatives, the best first."""
    best = [result.alternatives[0] for result in results if result.alternatives]
    told = [(len(each.transcript), each.confidence) for each in best if each.confidence]  # 0 means: not told
    letters = sum(length for length, _ in told)
    return Heard(
        " ".join(each.transcript.strip() for each in best),
        sum(length * sure for length, sure in told) / letters if letters else None,
        tuple(_word(word, each.confidence) for each in best for word in each.words),
        tuple(other.transcript.strip() for other in results[0].alternatives[1:]) if len(best) == 1 else (),
    )


def _word(word: Any, sure: float) -> Word:
    return Word(word.word, word.start_time.total_seconds(), word.end_time.total_seconds(), word.confidence or sure)
