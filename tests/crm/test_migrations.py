from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from crm import migrations
from crm.doctor import examine
from crm.schema import Base
from crm.services import handoffs
from crm.store import Store
from tests.crm.conftest import postgres_url
from tests.factories import crm as make
from tests.factories import every_table

FIRST = "0001"


@pytest.fixture
def own_postgres_store(postgres_server, vault):
    """A database that may be taken back: the shared one has to stay at the newest version."""
    name = "goes_back_and_forth"
    engine = create_engine(postgres_url(postgres_server, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    store = Store.open(postgres_url(postgres_server, name), vault)
    store.migrate()
    yield store
    store.close()
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name}"))
    engine.dispose()


@pytest.mark.parametrize("database", ["sqlite_store", pytest.param("own_postgres_store", marks=pytest.mark.postgres)])
def test_a_store_with_rows_goes_back_to_the_first_version_and_forth_again(database, request):
    store = request.getfixturevalue(database)
    with store.session() as session:
        number = make.a_policy(session).number
    with store.engine.begin() as connection:
        migrations.downgrade(connection, FIRST)
    assert "quotes" not in inspect(store.engine).get_table_names()
    store.migrate()
    assert set(inspect(store.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    with store.reading() as session:
        assert [policy.number for policy in session.query(make.Policy)] == [number]


@pytest.mark.parametrize("database", ["sqlite_store", pytest.param("own_postgres_store", marks=pytest.mark.postgres)])
def test_every_revision_goes_back_and_forth_with_rows_in_every_table(database, request):
    store = request.getfixturevalue(database)
    with store.engine.begin() as connection:
        before = every_table.fill(connection)
    assert set(before.values()) == {1}, "every table has a row"
    revisions = migrations.versions()
    for back, newer in reversed(list(pairwise(revisions))):
        left = _tables_after(store, migrations.downgrade, back)
        assert _tables_after(store, migrations.upgrade, newer) >= left
        _tables_after(store, migrations.downgrade, back)
    assert _rows(store)["customers"] == 1
    for step in revisions[1:]:
        _tables_after(store, migrations.upgrade, step)
    with store.engine.begin() as connection:
        assert every_table.counts(connection)["policies"] == 1
        assert set(every_table.fill(connection).values()) == {1}
    assert [finding for _, found in examine(store, Path(), make.NOW) for finding in found] == []


def _tables_after(store, move, revision) -> set[str]:
    """Take the store to a revision; no row of a table that is still there may get lost."""
    had = _rows(store)
    with store.engine.begin() as connection:
        move(connection, revision)
        assert migrations.current(connection) == revision
    has = _rows(store)
    assert {table: has[table] for table in had if table in has} == {table: had[table] for table in had if table in has}
    return set(has)


def _rows(store) -> dict[str, int]:
    with store.engine.connect() as connection:
        names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
        return {name: connection.scalar(text(f"SELECT count(*) FROM {name}")) for name in names}


@pytest.mark.parametrize("database", ["sqlite_store", pytest.param("own_postgres_store", marks=pytest.mark.postgres)])
def test_old_wishes_for_a_person_wait_or_are_over(database, request):
    store = request.getfixturevalue(database)
    with store.session() as session:
        chats = [make.a_conversation(session).id for _ in range(3)]
        sealed = store.vault.seal(b"wants to talk", "handoffs.summary")
    with store.engine.begin() as connection:
        migrations.downgrade(connection, "0007")
        for number, (chat, state) in enumerate(zip(chats, ("requested", "cancelled", "accepted"), strict=True), 1):
            values = {"id": number, "chat": chat, "state": state, "summary": sealed, "at": make.NOW}
            connection.execute(
                text(
                    "INSERT INTO handoffs (id, conversation_id, state, reason, summary, requested_at)"
                    " VALUES (:id, :chat, :state, 'customer_asked', :summary, :at)"
                ),
                values,
            )
            connection.execute(
                text("INSERT INTO handoff_transitions (id, handoff_id, state, at) VALUES (:id, :id, :state, :at)"),
                {name: values[name] for name in ("id", "state", "at")},
            )
    store.migrate()
    with store.reading() as session:
        views = [handoffs.get(session, number) for number in (1, 2, 3)]
        assert [(view.state, view.is_over, view.ended_at) for view in views] == [
            ("requested", False, None),
            ("abandoned", True, make.NOW),
            ("requested", False, None),
        ]
        assert {view.reason for view in views} == {"asked_for"}
        assert [view.waiting_since for view in views] == [make.NOW, None, make.NOW]
        assert handoffs.transitions(session, 2)[0].state == "abandoned"
