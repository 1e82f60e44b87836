import pytest
from sqlalchemy import create_engine, inspect, text

from crm import migrations
from crm.schema import Base
from crm.store import Store
from tests.crm.conftest import postgres_url
from tests.factories import crm as make

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
