"""`export`, `erase`, `correct`, `object`, `audit` and `retention` as an operator runs them, also killed."""

import http.server
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from crm import audit_chain
from crm.cli import main
from crm.schema import Base, Customer, TrackerForget
from crm.services import audit
from crm.store import Store
from tests.factories import crm as make
from tests.factories.everything import a_whole_person
from vault import Vault, token_file

ROOT = Path(__file__).resolve().parents[2]
MARK = "Imogen-Thackeray"


class FakeBot:
    """The bot's private channel: what it was told to forget."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if "conversation_id" in body:
                    outer.forgotten.append(body["conversation_id"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def bot():
    made = FakeBot()
    yield made
    made.close()


@pytest.fixture
def home(tmp_path, migrated_file, vault, bot, monkeypatch):
    """An installation of its own, with the test's keys."""
    var = tmp_path / "var"
    var.mkdir()
    monkeypatch.setenv("CARELINE_VAR", str(var))
    monkeypatch.setenv("CARELINE_DATABASE_URL", f"sqlite:///{var / 'careline.db'}")
    monkeypatch.setenv("CARELINE_RASA_URLS", bot.url)
    monkeypatch.delenv("CARELINE_MASTER_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    token_file(var / "rasa.token")
    store = Store.open(f"sqlite:///{var / 'careline.db'}", Vault.load(var / "master.key"))
    store.migrate()
    yield store
    store.close()


def a_customer(store):
    with store.session() as session:
        policy = make.a_policy(session, make.a_customer(session, language="zh"))
        return policy.customer_id, policy.number, session.get_one(Customer, policy.customer_id).email


def test_a_copy_is_for_the_operator_s_eyes_only(home, tmp_path):
    _, number, email = a_customer(home)
    assert main(["export", number, "--out", str(tmp_path / "copy.zip")]) == 0
    assert stat.S_IMODE((tmp_path / "copy.zip").stat().st_mode) == 0o600
    with zipfile.ZipFile(tmp_path / "copy.zip") as archive:
        assert json.loads(archive.read("data.json"))["data"]["customers"][0]["email"] == email
        assert 'lang="zh"' in archive.read("index.html").decode()


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_customer_is_found_by_what_is_at_hand(home, which, capsys):
    named = str(a_customer(home)[which])
    assert main(["object", named]) == 0
    assert "gets no marketing" in capsys.readouterr().out


def test_nobody_is_said_to_be_nobody(home, capsys):
    assert main(["erase", "PA-9999999", "--yes"]) == 1
    assert "No customer" in capsys.readouterr().err


def test_erasing_says_what_stands_against_it_and_what_is_kept(home, capsys):
    _, number, _ = a_customer(home)
    assert main(["erase", number, "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "still open: policies" in told
    assert "kept without identity until 2036-12-31: 1 of policies" in told
    with home.reading() as session:
        assert session.scalars(select(Customer)).one().erased_at is None


def test_an_erased_customer_is_gone_and_the_audit_names_the_operator(home, bot, capsys):
    with home.engine.begin() as connection:
        person = a_whole_person(connection, MARK)
    assert main(["erase", str(person["customers"]), "--yes"]) == 0
    assert "erased: the store" in capsys.readouterr().out
    assert bot.forgotten == [person["conversations"]]
    assert main(["audit", "show", str(person["customers"])]) == 0
    assert "command " in capsys.readouterr().out
    assert main(["audit", "verify"]) == 0


def test_without_the_bot_the_rest_waits_and_goes_later(home, bot, capsys, monkeypatch):
    with home.engine.begin() as connection:
        person = a_whole_person(connection, MARK)
    monkeypatch.setenv("CARELINE_RASA_URLS", "http://127.0.0.1:9")
    assert main(["erase", str(person["customers"]), "--yes"]) == 0
    assert "could not be reached" in capsys.readouterr().out
    monkeypatch.setenv("CARELINE_RASA_URLS", bot.url)
    deadline = time.monotonic() + 60
    while main(["erase", "--pending"]) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert bot.forgotten == [person["conversations"]]


def test_a_correction_and_its_refusal(home, capsys):
    customer_id, number, _ = a_customer(home)
    assert main(["correct", number, "--email", "right@example.com"]) == 0
    assert main(["correct", number, "--city", "Alderwick"]) == 1
    assert "all parts" in capsys.readouterr().err
    with home.reading() as session:
        assert session.get_one(Customer, customer_id).email == "right@example.com"


def test_verify_says_where_an_entry_is_missing(home, capsys):
    a_customer(home)
    assert main(["audit", "verify"]) == 0
    with home.engine.begin() as connection:
        table = Base.metadata.tables["audit_entries"]
        connection.execute(table.delete().where(table.c.seq == 1))
    assert main(["audit", "verify"]) == 1
    assert "chain 0, entry 1: removed" in capsys.readouterr().out


def test_retention_first_says_what_would_go(home, capsys):
    assert main(["retention", "--dry-run"]) == 0
    assert main(["retention"]) == 0
    assert "nothing has grown too old" in capsys.readouterr().out


@pytest.mark.slow
def test_really_killed_it_is_finished_by_the_next(home, bot, tmp_path):
    """Six times the command's process is killed, each at another moment; then it is left to finish."""
    with home.engine.begin() as connection:
        for _ in range(6):
            a_whole_person(connection, MARK)
        person = a_whole_person(connection, MARK)
    command = [sys.executable, "-m", "crm", "erase", str(person["customers"]), "--yes"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = time.monotonic()
    subprocess.run([*command, "--dry-run"], cwd=ROOT, env=environment, check=True, capture_output=True)
    usual = time.monotonic() - started
    for part in (0.55, 0.7, 0.8, 0.9, 1.0, 1.1):
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(usual * part)  # there is nothing to wait for: the moment is the point
        process.send_signal(signal.SIGKILL)
        process.wait()
    main(["erase", str(person["customers"]), "--yes"])
    main(["erase", "--pending"])
    assert person["conversations"] in bot.forgotten
    with home.engine.connect() as connection:
        assert not connection.execute(select(TrackerForget.conversation_id)).all()
        assert not audit_chain.verify(connection).faults
        owned = connection.scalars(select(Customer.id).where(Customer.erased_at.is_not(None))).all()
        assert owned == [person["customers"]]
    with home.session() as session:
        verbs = [entry.verb for entry in audit.entries_about(session, person["customers"])]
    assert (verbs.count("erase"), verbs.count("finish_erasure")) == (1, 1)
