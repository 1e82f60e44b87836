"""Imports while keys rotate: rows are recognised under either key."""

import pytest
from sqlalchemy import func, select, update

from crm.importing import Mapping
from crm.importing import run as importing
from crm.rotation import run
from crm.rotation.run import Rotation
from crm.schema import Base, Customer, ImportedRow
from crm.store import Store
from tests.crm.importing.conftest import Importer, a_row, write_csv
from tests.factories import crm as make
from vault import Vault


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def importer(request, tmp_path):
    """An importer with keys of its own."""
    shared = request.getfixturevalue(f"{request.param}_store")
    own = Store.open(shared.engine.url, Vault.load(tmp_path / "keys" / "master.key", environ={}))
    yield Importer(own, tmp_path)
    own.close()


def begin(store: Store) -> None:
    """A new key becomes the active one; no row is renewed yet."""
    with store.vault.file.locked():
        store.vault.file.change(run._with_next)
        store.vault.file.change(lambda ring, _: ring.advanced())


def renew_marks(store: Store) -> None:
    """What a rotation does to the marks of imported rows."""
    store.vault.refresh(force=True)
    marks = Base.metadata.tables["imported_rows"]
    with store.engine.begin() as connection:
        for row in connection.execute(select(marks.c.id, marks.c.external_index)).all():
            renewed = store.vault.reindex(row[1], "imported_rows.external_index")
            connection.execute(update(marks).where(marks.c.id == row[0]).values(external_index=renewed))


def rows_of(importer: Importer) -> tuple[int, int]:
    with importer.store.reading() as session:
        return tuple(session.scalar(select(func.count()).select_from(table)) for table in (Customer, ImportedRow))


def test_rows_of_before_and_during_a_rotation_are_recognised(importer, tmp_path):
    path = write_csv(tmp_path / "c.csv", [a_row(n) for n in range(10)])
    importer(path)
    begin(importer.store)
    assert importer(path).unchanged == 10
    more = write_csv(tmp_path / "d.csv", [a_row(n) for n in range(20)])
    job = importer(more)
    assert (job.created, job.unchanged) == (10, 10)
    Rotation(importer.store, None, settle=0).run()
    assert importer(more).unchanged == 20
    assert rows_of(importer) == (20, 20)


def test_what_a_worker_sealed_before_a_rotation_is_recognised_when_it_is_written(importer, tmp_path, monkeypatch):
    path = write_csv(tmp_path / "c.csv", [a_row(n) for n in range(10)])
    importer(path)
    prepared = importing._prepared

    def while_keys_rotate(*arguments):
        for number, pair in enumerate(prepared(*arguments)):
            if number == 0:
                begin(importer.store)
                renew_marks(importer.store)
            yield pair

    monkeypatch.setattr(importing, "_prepared", while_keys_rotate)
    assert importer(path).unchanged == 10
    assert rows_of(importer) == (10, 10)


def test_a_policy_and_its_customer_are_found_under_either_key(importer, tmp_path):
    with importer.store.session() as session:
        code = make.a_plan(session).product.code
    importer(write_csv(tmp_path / "c.csv", [a_row(1)]))
    begin(importer.store)
    header = ["policy number", "customer id", "product", "plan", "status", "start", "end", "premium"]
    row = ["PA-1234567", "K1", code, "plus", "active", "2026-01-01", "2026-12-31", "600"]
    path = write_csv(tmp_path / "p.csv", [row], header)
    assert importer(path, Mapping(entity="policy")).created == 1
    Rotation(importer.store, None, settle=0).run()
    assert importer(path, Mapping(entity="policy")).unchanged == 1
