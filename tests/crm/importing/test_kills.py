"""An import that is killed, again and again, loses and doubles nothing."""

import os
import random
import signal
import time

import pytest
from sqlalchemy import func, select

from crm.importing import Mapping, Options, import_file
from crm.schema import Customer, ImportedRow
from crm.store import Store
from tests.crm.importing.conftest import a_row, write_csv
from tests.factories.crm import NOW

ROWS, BAD_EVERY, BATCH, KILLS = 4_000, 10, 20, 50


@pytest.mark.slow
@pytest.mark.parametrize("database", ["sqlite_store", pytest.param("postgres_store", marks=pytest.mark.postgres)])
def test_fifty_kills_lose_and_double_nothing(database, request, tmp_path, vault):
    store = request.getfixturevalue(database)
    rows = [a_row(n, **({"dob": "never"} if n % BAD_EVERY == 0 else {})) for n in range(ROWS)]
    path = write_csv(tmp_path / "c.csv", rows)
    rejects = tmp_path / "bad.csv"
    store.engine.dispose()
    rng = random.Random(11)
    took, kills = _run(store, vault, path, rejects, None), 0
    assert took is not None
    _forget(store)
    while kills < KILLS:
        if _run(store, vault, path, rejects, rng.uniform(0.0, took * 0.15)) is None:
            kills += 1
        else:
            assert _counts(store, rejects) == (ROWS - ROWS // BAD_EVERY, ROWS // BAD_EVERY)
            _forget(store)
    _run(store, vault, path, rejects, None)
    assert _counts(store, rejects) == (ROWS - ROWS // BAD_EVERY, ROWS // BAD_EVERY)
    with store.reading() as session:
        ids = list(session.scalars(select(ImportedRow.external_id)))
    assert len(ids) == len(set(ids)) == ROWS - ROWS // BAD_EVERY
    assert not list(tmp_path.glob(".bad*"))


def _run(store: Store, vault, path, rejects, kill_after: float | None) -> float | None:
    """Import in a process of its own; how long it took, None if it was killed on the way."""
    started = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            own = Store.open(store.engine.url, vault)
            import_file(own, path, Mapping(), Options(rejects=rejects, batch=BATCH), now=NOW)
            os._exit(0)
        finally:
            os._exit(1)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return None
    assert os.waitstatus_to_exitcode(status) == 0
    return time.monotonic() - started


def _counts(store: Store, rejects) -> tuple[int, int]:
    with store.reading() as session:
        customers = session.scalar(select(func.count()).select_from(Customer))
    return customers, len(rejects.read_text(encoding="utf-8-sig").splitlines()) - 1


def _forget(store: Store) -> None:
    with store.session() as session:
        session.query(ImportedRow).delete()
        session.query(Customer).delete()
