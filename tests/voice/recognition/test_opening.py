"""What is said when the ears are opened, before the first call."""

import logging
import sys

import pytest

from tests.voice.recognition.transcriber import transcriber
from voice.errors import EngineUnavailable
from voice.ports import Expectation
from voice.recognition import ears, open_ears
from voice.recognition.elsewhere.engine import Heard
from voice.settings import VoiceSettings
from voice.speaker import Speaker

OWN = f"{__name__}:Parrot"


class Parrot:
    """A recogniser of one's own."""

    def __init__(self, language, settings):
        if language == "fr":
            raise RuntimeError("no French parrot")
        self.language = language

    def hear(self, pcm, rate, patience):
        if self.language == "es":
            raise RuntimeError("the parrot is asleep")
        return Heard(f"hello {self.language}", 0.75, alternatives=("hollow",))

    def close(self):
        pass


@pytest.fixture
def workers(monkeypatch):
    """The workers that were started; nothing is heard here."""
    started = []
    monkeypatch.setattr(ears, "Worker", lambda *args: started.append(args))
    return started


@pytest.fixture
def model(tmp_path, workers):
    for name in ("words.lm", "words.lm"):
        (tmp_path / name).touch()
    return tmp_path


def opened(**settings):
    """Ears with these settings, and none from the environment."""
    nothing = {"openai_key": None, "google_key_file": None, "openai_url": "https://api.openai.com/v1"}
    return open_ears(VoiceSettings(**{**nothing, **settings}))


def test_a_missing_model_is_told_at_once(tmp_path):
    with pytest.raises(EngineUnavailable, match="make train"):
        opened(recognition_model=tmp_path)


def test_languages_that_are_spoken_but_not_understood_are_told_at_once(model, caplog):
    opened(recognition_model=model, recognition_workers=1)
    assert [(record.levelno, "zh" in record.getMessage()) for record in caplog.records] == [(logging.WARNING, True)]


def test_nothing_is_told_when_every_language_is_understood(model, caplog):
    speakers = {"en": Speaker(voice="en-us")}
    opened(recognition_model=model, recognition_workers=1, speakers=speakers)
    assert not caplog.records


async def test_a_language_without_a_recogniser_is_refused(model):
    both = opened(recognition_model=model, recognition_workers=1)
    with pytest.raises(EngineUnavailable, match=r"CARELINE_VOICE_RECOGNISERS.*'zh'"):
        await both.open("zh", 8000)


async def test_each_language_has_the_recogniser_that_is_named_for_it():
    both = opened(recognisers={"en": OWN, "zh": OWN})
    for language in ("en", "zh"):
        recogniser = await both.open(language, 8000)
        await recogniser.start(Expectation())
        await recogniser.feed(b"\0\0")
        found = await recogniser.finish()
        assert (language in found.text, found.confidence, found.alternatives) == (True, 0.75, ("hollow",))
    await both.close()


async def test_names_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("CARELINE_VOICE_RECOGNISERS", f'{{"zh": "{OWN}"}}')
    both = open_ears(VoiceSettings())
    await both.open("zh", 8000)
    await both.close()


@pytest.mark.parametrize("name", ["moonshine", "sphinx"])
def test_what_is_built_in_knows_english_only(model, name):
    with pytest.raises(EngineUnavailable, match=f"{name} knows English only"):
        opened(recognisers={"zh": name}, recognition_model=model)


@pytest.mark.parametrize("name", ["whisperer", ""])
def test_an_unknown_name_is_told_with_those_that_are_known(name):
    with pytest.raises(EngineUnavailable, match="moonshine, sphinx, faster-whisper, vosk, openai, google"):
        opened(recognisers={"zh": name})


@pytest.mark.parametrize("name", ["no.such.module:Engine", f"{__name__}:NoSuchEngine"])
def test_a_class_that_is_not_there_is_told(name):
    with pytest.raises(EngineUnavailable, match=f"{name} for 'zh' cannot be made"):
        opened(recognisers={"zh": name})


@pytest.mark.parametrize(("language", "why"), [("fr", "no French parrot"), ("es", "the parrot is asleep")])
def test_a_class_that_does_not_work_is_told(language, why):
    with pytest.raises(EngineUnavailable, match=why):
        opened(recognisers={language: OWN})


def test_when_one_cannot_be_had_no_worker_is_started(model, workers):
    with pytest.raises(EngineUnavailable):
        opened(recognisers={"en": "moonshine", "zh": "vosk"}, recognition_model=model)
    assert not workers


# --- what each of them misses


@pytest.mark.parametrize("name", ["faster-whisper", "vosk"])
@pytest.mark.parametrize("models", [{}, {"zh": ""}, {"zh": "/no/such/folder"}, {"en": "."}])
def test_a_missing_folder_is_told(name, models):
    with pytest.raises(EngineUnavailable, match=f"{name} needs .*folder.*\n?.*CARELINE_VOICE_RECOGNISER_MODELS"):
        opened(recognisers={"zh": name}, recogniser_models=models)


def test_a_whisper_model_without_its_tokeniser_is_told_instead_of_fetching_one(tmp_path):
    for name in ("model.bin", "config.json"):
        (tmp_path / name).touch()
    with pytest.raises(EngineUnavailable, match=r"tokenizer\.json"):
        opened(recognisers={"zh": "faster-whisper"}, recogniser_models={"zh": str(tmp_path)})


@pytest.mark.parametrize(
    ("name", "package", "lock"),
    [
        ("faster-whisper", "faster_whisper", "faster-whisper.txt"),
        ("vosk", "vosk", "vosk.txt"),
        ("google", "google.cloud.speech", "google-speech.txt"),
    ],
)
def test_a_missing_package_is_told(name, package, lock, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not installed, where it is
    for file in ("model.bin", "config.json", "tokenizer.json", "key.json"):
        (tmp_path / file).touch()
    settings = {"recogniser_models": {"zh": str(tmp_path)}, "google_key_file": tmp_path / "key.json"}
    with pytest.raises(EngineUnavailable, match=f"{package}.*requirements/{lock}"):
        opened(recognisers={"zh": name}, **settings)


@pytest.mark.parametrize("key", [None, "", " "])
def test_a_missing_key_of_openai_is_told(key):
    with pytest.raises(EngineUnavailable, match="CARELINE_VOICE_OPENAI_KEY"):
        opened(recognisers={"zh": "openai"}, openai_key=key)


def test_a_broken_key_is_told_without_it():
    with pytest.raises(EngineUnavailable, match="characters") as failed:
        opened(recognisers={"zh": "openai"}, openai_key="sk-gehéim")
    assert "sk-" not in str(failed.value)


@pytest.mark.parametrize("url", ["", "localhost:8000", "ftp://host/v1", "https://user:word@host/v1"])
def test_an_address_that_is_none_is_told(url):
    with pytest.raises(EngineUnavailable, match="CARELINE_VOICE_OPENAI_URL") as failed:
        opened(recognisers={"zh": "openai"}, openai_url=url, openai_key="k")
    assert "word" not in str(failed.value)


def test_a_server_that_is_not_there_is_told():
    with transcriber() as server:
        url = server.url
    with pytest.raises(EngineUnavailable, match=r"openai for 'zh' does not work: 127\.0\.0\.1 does not answer"):
        opened(recognisers={"zh": "openai"}, openai_url=url)


@pytest.mark.parametrize(
    ("status", "advice"), [(401, "CARELINE_VOICE_OPENAI_KEY"), (404, "CARELINE_VOICE_OPENAI_URL"), (500, "see its log")]
)
def test_a_server_that_refuses_is_told_with_what_to_do(status, advice):
    with transcriber() as server:
        server.status = status
        with pytest.raises(EngineUnavailable, match=f"{status}.*{advice}"):
            opened(recognisers={"zh": "openai"}, openai_url=server.url, openai_key="k")


def test_the_usual_names_of_openais_variables_will_do(monkeypatch):
    with transcriber() as server:
        server.status = 401
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "usual-key")
        monkeypatch.setenv("CARELINE_VOICE_RECOGNISERS", '{"zh": "openai"}')
        with pytest.raises(EngineUnavailable, match="401"):
            open_ears(VoiceSettings())
    assert server.asked[0].key == "Bearer usual-key"


@pytest.mark.parametrize("path", [None, "/no/such/key.json"])
def test_a_missing_key_of_google_is_told(path):
    with pytest.raises(EngineUnavailable, match="CARELINE_VOICE_GOOGLE_KEY_FILE"):
        opened(recognisers={"zh": "google"}, google_key_file=path)


def test_keys_are_not_shown():
    assert "geheim" not in repr(VoiceSettings(openai_key="geheim"))
