"""`python -m voice prompts`: phrases made in advance, once."""

import pytest

from tests.voice.synthesis import engines
from voice import __main__ as command_line
from voice.errors import EngineFailed, EngineUnavailable
from voice.settings import VoiceSettings
from voice.synthesis.prompts import fixed_answers
from voice.texts import Texts

ANSWERS = """
responses:
  utter_hello:
    - text: "Welcome to Alder Mutual."
  utter_menu:
    - text: "Choose below."
    - text: "Say what you need."
      channel: voice
  utter_status:
    - text: "Your claim {claim} is open."
  utter_label_car:
    - text: "car"
"""


class Phrases:
    """A folder for phrases, a folder of answers, and the command."""

    def __init__(self, folder, capsys) -> None:
        self.folder, self.responses, self._capsys = folder / "phrases", folder / "responses", capsys
        self.write(ANSWERS)

    def write(self, answers: str) -> None:
        (self.responses / "en").mkdir(parents=True, exist_ok=True)
        (self.responses / "en" / "some.yml").write_text(answers, "utf-8")

    def make(self) -> str:
        """What the command tells."""
        assert command_line.main(["prompts"]) == 0
        return self._capsys.readouterr().out.strip()

    @property
    def files(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


@pytest.fixture
def phrases(tmp_path, monkeypatch, capsys):
    made = Phrases(tmp_path, capsys)
    for name, value in {
        "PHRASES": made.folder,
        "RESPONSES": made.responses,
        "ENGINE": f"{engines.__name__}:Tone",
        "SPEAKERS": '{"en": {"voice": "any"}}',
        "SYNTHESIS_WORKERS": 1,
    }.items():
        monkeypatch.setenv(f"CARELINE_VOICE_{name}", str(value))
    return made


class Worker:
    """Makes sound at once, in this process."""

    async def make(self, task):
        if "nothing" in task.text:
            raise EngineFailed("There is no sound of it.")
        return engines.TONE

    async def close(self): ...


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr("voice.synthesis.prompts.open_workers", lambda settings: Worker())


def test_real_workers_make_everything_once(phrases):
    first = phrases.make()
    count = int(first.split()[0])
    assert first == f"{count} phrases, {count} of them new"
    assert count == len(phrases.files)
    assert count > len(Texts().fixed_prompts("en"))  # at two rates
    assert phrases.make() == f"{count} phrases, 0 of them new"


@pytest.mark.usefixtures("at_once")
def test_what_is_no_longer_said_goes_and_what_is_new_comes(phrases):
    phrases.make()
    before = phrases.files
    phrases.write(ANSWERS.replace("Welcome to Alder Mutual", "Welcome to Bramble Mutual"))
    assert phrases.make().endswith(" 1 of them new")
    assert len(before - phrases.files) == len(phrases.files - before) == 1


@pytest.mark.usefixtures("at_once")
def test_a_phrase_that_cannot_be_made_is_told_and_the_others_stay(phrases, capsys):
    phrases.make()
    before = phrases.files
    phrases.write(ANSWERS.replace("Welcome to Alder Mutual", "There is nothing"))
    assert command_line.main(["prompts"]) == 1
    assert "no sound" in capsys.readouterr().err
    assert phrases.files == before


def test_an_engine_that_is_not_there_is_told(phrases, monkeypatch, capsys):
    def missing(settings):
        raise EngineUnavailable("There is no such engine: set CARELINE_VOICE_ENGINE.")

    monkeypatch.setattr("voice.synthesis.prompts.open_workers", missing)
    assert command_line.main(["prompts"]) == 1
    assert "CARELINE_VOICE_ENGINE" in capsys.readouterr().err


def test_answers_for_the_ear_without_a_value_are_fixed(phrases):
    assert list(fixed_answers(VoiceSettings(), "en")) == ["Welcome to Alder Mutual.", "Say what you need."]


def test_a_language_without_answers_has_none(phrases):
    assert list(fixed_answers(VoiceSettings(), "fi")) == []


def test_the_real_answers_hold_no_place_to_fill():
    answers = [text for language in ("en", "zh") for text in fixed_answers(VoiceSettings(), language)]
    assert len(answers) > 100
    assert not [text for text in answers if "{" in text]
