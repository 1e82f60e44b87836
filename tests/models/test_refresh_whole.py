"""A year in the life of the offers' models: fitted from a store, the store grows, refreshed, taken back.

Beside it runs a process that scores, as the action server does, and is never told anything.
"""

import subprocess
import sys

import pytest
from sqlalchemy import text

from crm.demo import Job, fill
from crm.domain import Line
from crm.store import Store
from models import offers_command, offers_versions
from models.cli import main
from models.offers_rules import rules
from tests.models.test_refresh import set_quick

pytestmark = pytest.mark.slow
HOME = rules().model_copy(update={"lines": {Line.HOME: rules().lines[Line.HOME]}})
AS_OF, FIRST, LATER = "2026-11-20", 260, 1_600
_SERVER = """
import sys
from datetime import date
from pathlib import Path
from crm.domain import Line
from models.online import Scorer
from tests.factories.offers import a_person
scorer = Scorer(Path(sys.argv[1]))
for _ in sys.stdin:
    print(repr(scorer.score(a_person(), Line.HOME, date(2026, 11, 22)).probability), flush=True)
"""


class Server:
    """Scores the same customer whenever it is asked, in one process that lives on."""

    def __init__(self, folder: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SERVER, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def score(self) -> float:
        """The probability it gives now."""
        print("now", file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())

    def stop(self) -> None:
        """End it."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(60)


@pytest.fixture
def command(tmp_path, monkeypatch, sqlite_store):
    """`python -m models ...` on the store, quickly."""
    set_quick(monkeypatch)
    monkeypatch.setattr(Store, "from_settings", lambda: sqlite_store)
    monkeypatch.setattr(offers_command.offers_rules, "rules", lambda: HOME)
    return lambda *words: main([*words, "--out", str(tmp_path / "offers")])


def test_a_running_scorer_follows_every_turn(tmp_path, command, sqlite_store, capsys):
    folder = tmp_path / "offers"
    fill(sqlite_store, Job(FIRST, 7, AS_OF), key_file=None)
    assert command("offers", "fit", "--trials", "0") == 0
    first = offers_versions.current(folder)
    server = Server(str(folder))
    try:
        old = server.score()
        _grow(sqlite_store)
        assert command("refresh", "--trials", "0") == 0
        assert "home: a new model takes over" in capsys.readouterr().out
        new = server.score()
        assert (offers_versions.current(folder) != first, new != old) == (True, True)
        assert command("refresh", "--trials", "0") == 0
        assert "home: the model in use stays" in capsys.readouterr().out
        assert server.score() == new
        assert command("refresh", "--rollback") == 0
        assert offers_versions.current(folder) == first
        assert server.score() == old
    finally:
        server.stop()


def _grow(store: Store) -> None:
    """Customers who came after all others."""
    fill(store, Job(LATER, 7, AS_OF, done=FIRST), key_file=None)
    newest = text("UPDATE customers SET created_at = '2026-11-21 08:00:00.000000' WHERE id > :last")
    with store.engine.begin() as connection:
        connection.execute(newest, {"last": FIRST + 8})
