import shutil
from collections import namedtuple
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from crm import migrations
from crm.cli import main
from crm.doctor import examine, machine
from crm.services import claims, outbox
from crm.store import Store
from tests.factories import crm as make
from vault import Vault

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def filled(store):
    """A store with rows, and how to break it: SQL that the database's own checks do not see."""
    with store.session() as session:
        make.care_unit(session)
        policy = make.a_policy(session)
        claims.file_claim(session, policy.customer_id, make.a_report(policy), now=make.NOW)
    return store


def broken(store: Store, *statements: str) -> None:
    with store.engine.connect() as connection:
        if store.engine.dialect.name == "sqlite":
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
            connection.connection.driver_connection.execute("PRAGMA legacy_alter_table = ON")
        with connection.begin():
            for statement in statements:
                connection.execute(text(statement))
        connection.invalidate()


def found(store: Store, now=make.NOW, folder: Path = Path()) -> dict[str, list[tuple[str, str, str]]]:
    return {
        name: [(finding.level.value, finding.what, finding.do) for finding in findings]
        for name, findings in examine(store, folder, now)
        if findings
    }


def only(store: Store, check: str, **options) -> list[tuple[str, str, str]]:
    """What one check found, when no other found anything."""
    seen = found(store, **options)
    assert set(seen) == {check}
    return seen[check]


def test_a_store_in_order(filled):
    assert found(filled) == {}
    assert len(list(examine(filled, Path(), make.NOW))) == 12


def test_no_tables(tmp_path, vault):
    empty = Store.open(f"sqlite:///{tmp_path / 'new.db'}", vault)
    ((level, what, do),) = only(empty, "version")
    assert (level, what) == ("error", "The store has no tables yet.")
    assert "python -m crm init" in do
    empty.close()


def test_an_older_version(sqlite_store):
    with sqlite_store.engine.begin() as connection:
        migrations.downgrade(connection, "0004")
    ((level, what, do),) = only(sqlite_store, "version")
    assert level == "error"
    assert f"has version 0004; this program needs {migrations.versions()[-1]}" in what
    assert "Back it up" in do


def test_a_newer_version(sqlite_store):
    broken(sqlite_store, "UPDATE alembic_version SET version_num = '9999'")
    assert "9999, which this program does not know" in only(sqlite_store, "version")[0][1]


def test_a_missing_column_and_a_missing_table(sqlite_store):
    broken(sqlite_store, "ALTER TABLE employees DROP COLUMN capacity", "DROP TABLE absences")
    assert {what for _, what, _ in only(sqlite_store, "tables")} == {
        "The column employees.capacity is missing.",
        "The table absences is missing.",
    }


def test_a_damaged_file(sqlite_store, tmp_path, vault):
    with sqlite_store.session() as session:
        make.a_policy(session)
    with sqlite_store.engine.connect() as connection:
        connection.connection.driver_connection.rollback()
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sqlite_store.close()
    path = tmp_path / "careline.db"
    content = bytearray(path.read_bytes())
    for page in range(20 * 4096, len(content) - 4096, 4096):
        content[page : page + 200] = b"\x7f" * 200
    (tmp_path / "damaged.db").write_bytes(content)
    damaged = Store.open(f"sqlite:///{tmp_path / 'damaged.db'}", vault)
    assert "restore the last backup" in found(damaged)["file"][0][2]
    damaged.close()


def test_a_missing_index(filled):
    broken(filled, "DROP INDEX ix_customers_email_index")
    ((level, what, do),) = only(filled, "indexes")
    assert (level, what) == ("warning", "An index on customers (email_index) is missing.")
    assert "CREATE INDEX ix_customers_email_index ON customers (email_index);" in do
    broken(filled, do.removeprefix("Run in the database: "))
    assert found(filled) == {}


@pytest.mark.postgres
def test_a_reference_that_is_no_longer_checked(postgres_store):
    name = "fk_claims_policy_id"
    broken(postgres_store, f"ALTER TABLE claims DROP CONSTRAINT {name}")
    try:
        assert "claims.policy_id is no longer tied to policies" in only(postgres_store, "references")[0][1]
    finally:
        broken(
            postgres_store, f"ALTER TABLE claims ADD CONSTRAINT {name} FOREIGN KEY (policy_id) REFERENCES policies (id)"
        )


def test_an_orphan(sqlite_store):
    with sqlite_store.session() as session:
        policy = make.a_policy(session)
        make.an_invoice(session, policy)
    broken(sqlite_store, f"DELETE FROM policies WHERE id = {policy.id}")
    ((level, what, do),) = only(sqlite_store, "orphans")
    assert (level, what) == ("error", "1 rows of invoices refer to policies that do not exist (policy_id).")
    assert "backup" in do


def test_a_value_that_does_not_open(filled):
    broken(filled, "UPDATE claims SET place = description")
    ((level, what, do),) = only(filled, "keys")
    assert level == "error"
    assert "1 of a sample of claims.place do not open" in what
    assert "restore these rows" in do
    assert "bollard" not in what


def test_a_wrong_key(filled, tmp_path):
    stranger = Store.open(filled.engine.url, Vault.load(tmp_path / "stranger.key", environ={}))
    seen = found(stranger)
    assert "not configured here" in seen["keys"][0][1]
    assert "put the right master key and key ring back" in seen["keys"][0][2]
    stranger.close()


def test_an_index_that_does_not_match_its_value(filled):
    broken(filled, "UPDATE customers SET email_index = phone_index")
    ((level, what, do),) = only(filled, "look-ups")
    assert level == "error"
    assert "1 of a sample of customers.email are not found by their index" in what
    assert "email_index" in do


def test_what_should_be_gone(filled):
    with filled.session() as session:
        customer = make.a_customer(session)
        outbox.put(
            session,
            customer.id,
            kind="contact_changed",
            channel="sms",
            destination="+15552000000",
            text="Hello",
            now=make.NOW - timedelta(days=4000),
        )
    ((level, what, do),) = only(filled, "retention")
    assert level == "warning"
    assert "1 rows of outbox_messages should have gone" in what
    assert "python -m crm retention" in do


def test_a_log_that_grows(sqlite_store, monkeypatch):
    with sqlite_store.session() as session:
        make.a_policy(session)
    monkeypatch.setattr(machine, "MOST_LOG", 1000)
    ((level, what, do),) = only(sqlite_store, "log")
    assert level == "warning"
    assert "write-ahead log has grown" in what
    assert "wal_checkpoint" in do


@pytest.mark.parametrize(
    ("free", "level", "advice"), [(50, "error", "writes are about to fail"), (500, "warning", "CARELINE_VAR")]
)
def test_a_full_disk(sqlite_store, monkeypatch, free, level, advice):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, free * 2**20))
    ((said, _, do),) = only(sqlite_store, "space")
    assert said == level
    assert advice in do


def test_the_command_says_it_and_ends_with_1(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CARELINE_VAR", str(tmp_path))
    monkeypatch.delenv("CARELINE_MASTER_KEY", raising=False)
    monkeypatch.delenv("CARELINE_DATABASE_URL", raising=False)
    assert main(["doctor"]) == 1
    assert "version: error: The store has no tables yet." in capsys.readouterr().out
    assert main(["init"]) == 0
    assert main(["doctor"]) == 0
    assert "no errors" in capsys.readouterr().out
