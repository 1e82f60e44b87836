"""What the recognisers' models are made of, and how they come to be there."""

import re
from math import exp

import pytest

from voice import trained
from voice.ports import Kind
from voice.recognition import training
from voice.recognition.ngrams import read
from voice.recognition.training import make, train

DATA = """
nlu:
- intent: claim_status
  examples: |
    - where is my windscreen claim
    - has the zeppelin claim been paid
- intent: out_of_scope
  examples: |
    - where is my zeppelin ticket
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The models of two of three training sentences."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "few.yml").write_text(DATA)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "SENTENCES", folder)
        make(folder, frozenset({("has", "the", "zeppelin", "claim", "been", "paid")}))
    return folder


# --- what is in them


def test_there_is_a_model_for_every_kind_of_question(model):
    assert all((model / f"{kind}.lm").stat().st_size > 0 for kind in Kind)
    assert {"words.lm", "words.dict", "complete.json"} <= {path.name for path in model.iterdir()}


def test_everyday_words_may_be_said_beside_those_of_the_sentences(model):
    known = {gram[0] for gram in read(model / "words.lm") if len(gram) == 1}
    assert {"deductible", "kitchen", "zebra"} <= known
    assert len(known) > 20_000


def test_what_callers_say_is_likelier_than_what_is_said_anyhow(model):
    found = read(model / "words.lm")
    assert found[("claim",)][0] > found[("kitchen",)][0]


def test_every_word_of_the_smaller_models_can_be_pronounced(model):
    pronounced = {re.sub(r"\(\d+\)$", "", line.split()[0]) for line in (model / "words.dict").open()}
    known = {gram[0] for gram in read(model / "digits.lm") if len(gram) == 1}
    assert known - {"<s>", "</s>"} <= pronounced


def test_what_nobody_should_say_to_an_insurer_counts_less(made):
    found = read(made / "words.lm")
    assert found[("my", "windscreen")][0] > found[("my", "zeppelin")][0]


def test_a_sentence_that_is_left_out_is_in_none_of_them(made):
    assert ("zeppelin", "ticket") in read(made / "words.lm")
    for name in ("words.lm", "free.lm"):
        assert ("zeppelin", "claim") not in read(made / name)


def test_probabilities_of_single_words_are_those_of_something(made):
    found = read(made / "words.lm")
    assert sum(exp(value) for gram, (value, _) in found.items() if len(gram) == 1) == pytest.approx(1.0, abs=0.01)


# --- how they come to be there


@pytest.fixture
def quick(monkeypatch):
    """What is made is a word."""
    monkeypatch.setattr(training, "make", lambda folder: (folder / "words.lm").write_text("new"))


def cut_off(folder):
    (folder / "words.lm").write_text("half")
    raise KeyboardInterrupt


def test_a_training_that_is_cut_off_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "make", cut_off)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "voice" / "model")
    assert list((tmp_path / "voice").iterdir()) == []


def test_a_training_that_is_cut_off_leaves_the_last_model(quick, tmp_path, monkeypatch):
    train(tmp_path / "model")
    monkeypatch.setattr(training, "make", cut_off)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "model")
    assert (tmp_path / "model" / "words.lm").read_text() == "new"


def test_a_model_takes_the_place_of_the_last_one(quick, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "older").touch()
    train(tmp_path / "model")
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["words.lm"]


def test_others_than_the_trainer_may_read_it(quick, tmp_path):
    assert train(tmp_path / "model").stat().st_mode & 0o555 == 0o555


def test_old_models_go(quick, tmp_path, monkeypatch):
    monkeypatch.setattr(trained, "FOLDER", tmp_path)
    folders = [train(tmp_path / f"{number:016x}") for number in range(5)]
    assert [folder.exists() for folder in folders] == [False, False, True, True, True]
