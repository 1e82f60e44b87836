"""Recognisers from elsewhere with the packages they come in, where those are installed (requirements/*.txt)."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from benchmarks.voice.speech import said
from tests.voice.recognition.whisper_model import make
from voice.errors import EngineUnavailable
from voice.ports import Word
from voice.recognition.elsewhere import load
from voice.recognition.elsewhere import vosk as ours
from voice.settings import VoiceSettings

PATIENCE = 60.0

# --- faster-whisper


@pytest.fixture(scope="module")
def whisper(tmp_path_factory):
    """Settings with a model that hears two words in whatever is speech."""
    pytest.importorskip("ctranslate2", reason="requirements/faster-whisper.txt is not installed")
    folder = make(tmp_path_factory.mktemp("whisper"), "claim", "status")
    return VoiceSettings(recogniser_models={"en": str(folder), "zh": str(folder)}, recogniser_threads=2)


@pytest.mark.skipif(shutil.which("flite") is None, reason="flite speaks for the caller (apt-get install flite)")
@pytest.mark.parametrize("rate", [8000, 16000])
def test_whisper_hears_speech(whisper, rate):
    found = load("faster-whisper", "en", whisper).hear(said("My claim, please.", "awb", rate).pcm, rate, PATIENCE)
    assert found.text == "claim status"
    assert found.confidence == pytest.approx(1.0, abs=0.01)


def test_whisper_makes_nothing_up_in_silence(whisper):
    assert load("faster-whisper", "en", whisper).hear(bytes(32_000), 16_000, PATIENCE).text == ""


def test_whisper_is_loaded_once(whisper):
    first, second = (load("faster-whisper", "en", whisper) for _ in range(2))
    assert first._model is second._model


def test_a_whisper_model_that_does_not_know_the_language_is_told(whisper):
    with pytest.raises(EngineUnavailable, match="English only"):
        load("faster-whisper", "zh", whisper)


def test_a_broken_whisper_model_is_told(whisper, tmp_path):
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / name).write_text("{}")
    with pytest.raises(EngineUnavailable, match="cannot be loaded"):
        load("faster-whisper", "en", VoiceSettings(recogniser_models={"en": str(tmp_path)}))


# --- vosk


def test_a_folder_without_a_vosk_model_is_told(tmp_path):
    pytest.importorskip("vosk", reason="requirements/vosk.txt is not installed")
    with pytest.raises(EngineUnavailable, match="There is no Vosk model"):
        load("vosk", "zh", VoiceSettings(recogniser_models={"zh": str(tmp_path)}))


def test_vosks_words_are_read():
    words = [
        {"conf": 0.9, "start": 0.1, "end": 0.4, "word": "理赔"},
        {"conf": 0.5, "start": 0.4, "end": 0.8, "word": "进度"},
        {"conf": 0.3, "start": 0.8, "end": 0.9, "word": "<unk>"},
    ]
    found = ours.heard({"result": words, "text": "理赔 进度 <unk>"})
    assert (found.text, found.confidence) == ("理赔 进度", pytest.approx(0.7))
    assert found.words == (Word("理赔", 0.1, 0.4, 0.9), Word("进度", 0.4, 0.8, 0.5))


def test_vosk_may_hear_nothing():
    assert ours.heard({"text": ""}).text == ""


# --- google


@pytest.fixture
def google(monkeypatch, tmp_path):
    """Settings for a Google of this machine, its package's own answers, and what it was asked."""
    speech = pytest.importorskip("google.cloud.speech", reason="requirements/google-speech.txt is not installed")
    import grpc
    from google.cloud.speech_v1.services.speech.transports import SpeechGrpcTransport

    asked = []

    class Google(grpc.GenericRpcHandler):
        answer = speech.RecognizeResponse()

        def service(self, details):
            assert details.method == "/google.cloud.speech.v1.Speech/Recognize"
            return grpc.unary_unary_rpc_method_handler(
                self.recognise, speech.RecognizeRequest.deserialize, speech.RecognizeResponse.serialize
            )

        def recognise(self, request, context):
            asked.append(request)
            return self.answer

    google = Google()
    server = grpc.server(ThreadPoolExecutor(2), handlers=[google])
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    (tmp_path / "key.json").touch()
    monkeypatch.setattr(  # its own way would want a key that Google signed
        speech.SpeechClient,
        "from_service_account_file",
        lambda path, client_options: speech.SpeechClient(
            transport=SpeechGrpcTransport(channel=grpc.insecure_channel(address))
        ),
    )
    google.asked, google.settings = asked, VoiceSettings(google_key_file=tmp_path / "key.json")
    yield google
    server.stop(None).wait()


def test_google_gets_the_sound_at_the_rate_of_the_line_and_the_dialect(google):
    load("google", "zh", google.settings).hear(b"\1\2" * 800, 8000, PATIENCE)
    request = google.asked[-1]
    assert (request.config.language_code, request.config.sample_rate_hertz) == ("cmn-Hans-CN", 8000)
    assert request.config.encoding.name == "LINEAR16"
    assert request.audio.content == b"\1\2" * 800


def test_google_gets_model_and_hints(google):
    more = {"recogniser_models": {"en": "telephony"}, "recogniser_hints": {"en": "deductible premium"}}
    load("google", "en", google.settings.model_copy(update=more))
    assert google.asked[-1].config.model == "telephony"
    assert list(google.asked[-1].config.speech_contexts[0].phrases) == ["deductible", "premium"]


def test_googles_answer_is_read(google):
    from google.cloud import speech

    first = speech.SpeechRecognitionAlternative(
        transcript="my claim",
        confidence=0.8,
        words=[
            {"word": "claim", "start_time": timedelta(seconds=0.5), "end_time": timedelta(seconds=1), "confidence": 0.7}
        ],
    )
    other = speech.SpeechRecognitionAlternative(transcript="my clam")
    google.answer = speech.RecognizeResponse(results=[{"alternatives": [first, other]}])
    found = load("google", "en", google.settings).hear(bytes(1600), 8000, PATIENCE)
    assert (found.text, found.alternatives, found.confidence) == ("my claim", ("my clam",), pytest.approx(0.8))
    assert found.words == (Word("claim", 0.5, 1.0, pytest.approx(0.7)),)


def test_google_may_hear_nothing_or_not_tell_how_sure_it_is(google):
    from google.cloud import speech

    engine = load("google", "en", google.settings)
    assert engine.hear(bytes(1600), 8000, PATIENCE).text == ""
    google.answer = speech.RecognizeResponse(
        results=[{"alternatives": [{"transcript": "my claim"}]}, {"alternatives": [{"transcript": " is late"}]}]
    )
    found = engine.hear(bytes(1600), 8000, PATIENCE)
    assert (found.text, found.confidence, found.alternatives) == ("my claim is late", None, ())


@pytest.mark.parametrize("content", ["", "secret", "[]", "{}", json.dumps({"type": "authorized_user"})])
def test_a_file_that_is_no_key_of_google_is_told_without_what_is_in_it(tmp_path, content):
    pytest.importorskip("google.cloud.speech", reason="requirements/google-speech.txt is not installed")
    (tmp_path / "key.json").write_text(content)
    with pytest.raises(EngineUnavailable, match="no key of a service account") as failed:
        load("google", "zh", VoiceSettings(google_key_file=tmp_path / "key.json"))
    assert "secret" not in str(failed.value)
