"""Set-up learns what to offer, once, and nobody has to wait for it."""

import pytest

from deploy.local import steps
from deploy.local.settings import SetUpError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(steps, "OFFERS", tmp_path)
    return tmp_path


def is_current() -> bool:
    return next(s for s in steps.steps_to_test() if s.name == "learning what to offer").is_current()


def test_what_was_learned_is_not_learned_again(folder):
    assert not is_current()
    (folder / "versions" / "v1").mkdir(parents=True)
    (folder / "current").write_text("v1\n")
    assert is_current()


def test_a_version_that_is_gone_is_made_again(folder):
    (folder / "current").write_text("v1\n")
    assert not is_current()


def test_a_store_that_teaches_nothing_stops_nothing(folder, capsys):
    ran = []

    def shell(*command, env, hint):
        ran.append(command[2:5])
        if "fit" in command:
            raise SetUpError(f"{hint} too few customers")

    steps._learn_offers(shell, {}, 30)
    assert [command[:2] for command in ran] == [("crm", "init"), ("crm", "demo"), ("models", "offers")]
    assert "Nothing will be offered" in capsys.readouterr().out
