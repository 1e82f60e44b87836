"""Where the network's files are, and what is said when they are not."""

import sys

import pytest

from voice.errors import EngineUnavailable
from voice.recognition.moonshine.weights import DECODER, ENCODER, VOCABULARY, weights


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of that name that comes before the one that is installed; returns where its weights belong."""
    folder = tmp_path / "moonshine_voice" / "assets" / "tiny-en"
    folder.mkdir(parents=True)
    (tmp_path / "moonshine_voice" / "__init__.py").write_text("raise ImportError('wants a sound card')")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def test_the_installed_package_has_them():
    assert all((weights() / name).stat().st_size > 100_000 for name in (ENCODER, DECODER, VOCABULARY))


def test_the_package_is_not_imported(package):
    for name in (ENCODER, DECODER, VOCABULARY):
        (package / name).touch()
    assert weights() == package


def test_without_the_package_one_is_told_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "moonshine_voice", None)
    with pytest.raises(EngineUnavailable, match=r'make setup.*"en": "sphinx"'):
        weights()


@pytest.mark.parametrize("missing", [ENCODER, DECODER, VOCABULARY])
def test_a_package_that_came_without_one_is_told(package, missing):
    for name in {ENCODER, DECODER, VOCABULARY} - {missing}:
        (package / name).touch()
    with pytest.raises(EngineUnavailable, match=rf"without {missing}: version 0\.1\.0"):
        weights()


def test_all_that_are_missing_are_named(package):
    with pytest.raises(EngineUnavailable, match=f"without {ENCODER}, {DECODER}, {VOCABULARY}"):
        weights()
