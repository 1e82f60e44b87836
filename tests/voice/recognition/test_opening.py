"""What is said when the ears are opened, before the first call."""

import logging

import pytest

from voice.errors import EngineUnavailable
from voice.recognition import ears, open_ears
from voice.settings import VoiceSettings
from voice.speaker import Speaker


@pytest.fixture
def model(tmp_path, monkeypatch):
    monkeypatch.setattr(ears, "Worker", lambda folder: None)  # nothing is heard here
    (tmp_path / "words.dict").touch()
    return tmp_path


def test_a_missing_model_is_told_at_once(tmp_path):
    with pytest.raises(EngineUnavailable, match="make train"):
        open_ears(VoiceSettings(recognition_model=tmp_path))


def test_languages_that_are_spoken_but_not_understood_are_told_at_once(model, caplog):
    open_ears(VoiceSettings(recognition_model=model, recognition_workers=1))
    assert [(record.levelno, "zh" in record.getMessage()) for record in caplog.records] == [(logging.WARNING, True)]


def test_nothing_is_told_when_every_language_is_understood(model, caplog):
    speakers = {"en": Speaker(voice="en-us")}
    open_ears(VoiceSettings(recognition_model=model, recognition_workers=1, speakers=speakers))
    assert not caplog.records
