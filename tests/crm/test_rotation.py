"""New data keys under a store in use: nothing lost, nothing doubled, everything found, and then the old key gone."""

import contextlib
import os
import random
import signal
import time
from datetime import timedelta
from multiprocessing import get_context

import pytest
from sqlalchemy import insert, select, text, update

from crm.cli import main
from crm.demo import Job, fill
from crm.errors import VerificationFailed, VerificationLocked
from crm.rotation import Rotation, left_by_table, recomputed, run
from crm.rotation.recomputed import HOOKS
from crm.rotation.run import RotationIncomplete
from crm.rotation.twins import TwinRows
from crm.schema import Attachment, Base, Conversation, Customer, Policy, VerificationCounter
from crm.schema.types import Blind, Sealed
from crm.services import attachments, conversations, verification
from crm.store import Store
from tests.crm.test_sealed_services import _a_busy_day
from tests.factories import crm as make
from vault import SealError, Vault
from vault.keys import MasterKey

_FORK = get_context("fork")


@pytest.fixture
def key_file(tmp_path):
    return tmp_path / "keys" / "master.key"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request, key_file):
    """A migrated, empty store with keys of its own."""
    shared = request.getfixturevalue(f"{request.param}_store")
    own = reopened(shared, key_file)
    yield own
    own.close()


def reopened(store: Store, key_file) -> Store:
    """The same database as another process has it open."""
    return Store.open(store.engine.url, Vault.load(key_file, environ={}))


def rotate(store: Store, tracker=None, **options) -> run.Report:
    return Rotation(store, tracker, settle=options.pop("settle", 0), **options).run()


def everything(store: Store) -> dict[str, list]:
    """Every row of every table, opened; blind columns left out."""
    held = {}
    with store.reading() as session:
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.columns if not isinstance(column.type, Blind)]
            held[table.name] = sorted(map(repr, session.execute(select(*columns)).all()))
    return held


def key_ids(store: Store) -> set[bytes]:
    """The keys that any sealed value or index names."""
    found = set()
    with store.reading() as session:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, Sealed | Blind):
                    start = 1 if isinstance(column.type, Sealed) else 0
                    query = text(f'SELECT "{column.name}" FROM {table.name} WHERE "{column.name}" IS NOT NULL')
                    found |= {bytes(value)[start : start + 4] for value in session.scalars(query)}
    return found


def unaware_of_changes(store: Store) -> Store:
    """The same database, in a process that still has the ring of this moment."""
    return Store.open(store.engine.url, Vault([], None, store.vault.file.load()))


def add_counter(connection, subject: str, failures: int, locked_until=None) -> None:
    """As `verification` makes it, without what else happens in a session."""
    values = {"failures": failures, "last_failure_at": make.NOW, "locked_until": locked_until}
    connection.execute(insert(VerificationCounter).values(subject_index=subject, **values))


def begin(store: Store, *, active: bool = True) -> None:
    """The first steps of a rotation, as another process takes them."""
    file = store.vault.file
    with file.locked():
        file.change(run._with_next)
        if active:
            file.change(lambda ring, _: ring.advanced())


def test_everything_comes_under_the_new_key_and_the_old_one_goes(store):
    with store.session() as session:
        _a_busy_day(session)
    before, old = everything(store), store.vault.active_key
    report = rotate(store)
    assert report.dropped == (old.hex(),)
    assert everything(store) == before
    assert key_ids(store) == {store.vault.active_key}
    assert store.vault.active_key != old
    assert left_by_table(store) == {}
    assert [key.state for key in store.vault.keys] == ["active", "signed"]


def test_every_blind_index_is_found_afterwards(store):
    with store.session() as session:
        policy = make.a_policy(session, number="PA-7654321")
        phone = session.get(Customer, policy.customer_id).phone
        chat = conversations.open_conversation(session, channel="chat", browser="b-1", now=make.NOW)
    rotate(store)
    with reopened(store, store.vault.file._key_file).session() as session:
        assert session.scalars(select(Policy).where(Policy.number_index == "pa 7654321")).one().id == policy.id
        assert session.scalars(select(Customer).where(Customer.phone_index.in_([phone, "1"]))).one()
        assert conversations.resume(session, chat.id, "b-1").id == chat.id


@pytest.mark.parametrize("active", [False, True], ids=["next", "active"])
def test_rows_are_found_under_either_key_meanwhile(store, key_file, active):
    with store.session() as session:
        make.a_customer(session, email="early@example.org")
    begin(store, active=active)
    other = reopened(store, key_file)
    with other.session() as session:
        make.a_customer(session, email="late@example.org")
    for seeing in (store, other):
        with seeing.reading() as session:
            for email in ("early@example.org", "LATE@example.org"):
                assert session.scalars(select(Customer).where(Customer.email_index == email)).one().email
    assert len(key_ids(store)) == 1 + active


def test_what_a_process_that_has_not_noticed_writes_is_swept_up(store):
    unaware, written = unaware_of_changes(store), []
    with store.session() as session:
        make.a_customer(session)

    def progress(*_) -> None:
        if not written:
            written.append(1)
            with unaware.engine.begin() as connection:
                add_counter(connection, "meanwhile", 2)
            assert len(key_ids(store)) == 2

    rotate(store, progress=progress)
    assert written
    assert key_ids(store) == {store.vault.active_key}
    with store.reading() as session:
        found = session.scalars(select(VerificationCounter).where(VerificationCounter.subject_index == "meanwhile"))
        assert found.one().failures == 2


def test_a_row_that_changes_while_it_is_renewed_keeps_its_change(store, monkeypatch):
    with store.session() as session:
        customer_id = make.a_customer(session).id
    changes = Rotation._changes

    def slowly(self, table, rows):
        found = changes(self, table, rows)
        with store.session() as session:
            if table.name == "customers" and session.get(Customer, customer_id).given_name != "Changed":
                session.get(Customer, customer_id).given_name = "Changed"
        return found

    monkeypatch.setattr(Rotation, "_changes", slowly)
    rotate(store)
    with store.reading() as session:
        assert session.get(Customer, customer_id).given_name == "Changed"
    assert key_ids(store) == {store.vault.active_key}


def test_files_are_renewed_in_batches_of_their_size(store):
    with store.session() as session:
        chat = make.a_conversation(session)
        for number in range(9):
            attachments.add(
                session,
                chat.id,
                name=f"{number}.jpg",
                media_type="image/jpeg",
                content=os.urandom(700_000),
                now=make.NOW,
            )
    before = everything(store)["attachments"]
    steps = []
    rotate(store, progress=lambda table, rows: steps.append(rows) if table == "attachments" else None)
    assert sum(steps) == 9
    assert max(steps) <= 6
    assert everything(store)["attachments"] == before


def test_counts_of_failures_survive(store):
    with store.session() as session:
        policy = make.a_policy(session)
        chat = make.a_conversation(session)

    def fail():
        with store.session() as session:
            verification.verify(
                session, chat.id, identifier=policy.number, birth_date=make.BORN + timedelta(1), now=make.NOW
            )

    with pytest.raises(VerificationFailed):
        fail()
    with pytest.raises(VerificationFailed):
        fail()
    rotate(store)
    with pytest.raises(VerificationLocked):
        fail()


def test_two_counters_of_one_subject_become_the_stricter_one(store):
    unaware = unaware_of_changes(store)
    begin(store)
    store.vault.refresh()
    for seeing, failures, locked in ((store, 1, None), (unaware, 3, make.NOW)):
        with seeing.engine.begin() as connection:
            add_counter(connection, "identifier phone 1", failures, locked)
    rotate(store)
    with store.reading() as session:
        counter = session.scalars(select(VerificationCounter)).one()
        assert (counter.failures, counter.locked_until) == (3, make.NOW)


def test_two_rows_that_cannot_be_one_are_named(store):
    unaware = unaware_of_changes(store)
    with store.session() as session:
        first = make.a_policy(session, number="PA-7654321")
        second = make.a_policy(session).id
    begin(store)
    with store.session() as session:
        session.get(Policy, second).number = first.number
    with unaware.engine.begin() as connection:  # else the row as it was would have moved on with its first number
        connection.execute(update(Policy).where(Policy.id == first.id).values(number_index=first.number))
    with pytest.raises(TwinRows, match="policies"):
        rotate(store)


def test_a_row_that_does_not_open_keeps_the_old_key(store):
    with store.session() as session:
        kept, broken = make.a_customer(session).id, make.a_customer(session).id
    with store.session() as session:
        sealed = bytes(session.scalar(text("SELECT phone FROM customers WHERE id = :id"), {"id": broken}))
        altered = sealed[:-1] + bytes([sealed[-1] ^ 1])
        session.execute(text("UPDATE customers SET phone = :value WHERE id = :id"), {"value": altered, "id": broken})
    with pytest.raises(RotationIncomplete, match=rf"customers \[{broken}\].*run rotate-keys again"):
        rotate(store)
    assert {key.state for key in store.vault.keys} == {"active", "old"}
    with store.session() as session:
        assert session.get(Customer, kept).phone
        session.execute(text("DELETE FROM customers WHERE id = :id"), {"id": broken})
    assert rotate(store).resumed
    assert left_by_table(store) == {}


def test_the_old_key_waits_for_the_tracker(store):
    class Full:
        def renew(self, progress):
            return 7

    with pytest.raises(RotationIncomplete, match="7 rows of the tracker"):
        rotate(store, Full())
    assert {key.state for key in store.vault.keys} == {"active", "old"}


def test_the_old_key_waits_for_bulk_work(store, key_file):
    busy = reopened(store, key_file)
    holding, may_end = _FORK.Event(), _FORK.Event()

    def bulk():
        with busy.vault.writing():
            holding.set()
            may_end.wait(60)

    worker = _FORK.Process(target=bulk)
    worker.start()
    holding.wait(60)
    rotation = _FORK.Process(target=lambda: rotate(reopened(store, key_file)))
    rotation.start()
    rotation.join(1)
    states = {key.state for key in Vault.load(key_file, {}).keys}
    may_end.set()
    worker.join()
    rotation.join(60)
    assert "old" in states
    assert {key.state for key in Vault.load(key_file, {}).keys} == {"active", "signed"}


def test_a_store_from_before_the_ring_is_brought_under_its_first_key(store, tmp_path):
    """Values as they were sealed and indexed directly under the master key."""
    master = MasterKey(os.urandom(32))
    former = tmp_path / "former.key"
    former.write_text(master.text)
    former.chmod(0o600)
    old = reopened(store, former)
    legacy = old.vault._set
    with old.session() as session:
        customer = make.a_customer(session)
        make.a_conversation(session, browser="b-1")
        customer_id, phone = customer.id, customer.phone
    with old.session() as session:
        for table, column in (("customers", "phone"), ("customers", "email"), ("conversations", "browser")):
            place = f"{table}.{column}_index"
            bare = [
                legacy.digest_of(bytes(v), place) for v in session.scalars(text(f"SELECT {column}_index FROM {table}"))
            ]
            session.execute(text(f"UPDATE {table} SET {column}_index = :bare"), {"bare": bare[0]})
        cipher, bound = legacy.opener(master.key_id, "customers.given_name")
        sealed = b"\x01" + master.key_id + b"n" * 12 + cipher.encrypt(b"n" * 12, b"Former", bound)
        session.execute(text("UPDATE customers SET given_name = :sealed"), {"sealed": sealed})
    report = rotate(old)
    assert report.dropped == (master.key_id.hex(),)
    with old.reading() as session:
        assert session.scalars(select(Customer).where(Customer.phone_index == phone)).one().given_name == "Former"
        assert session.scalars(select(Conversation).where(Conversation.browser_index == "b-1")).one()
        assert session.get(Customer, customer_id)
    assert key_ids(old) == {old.vault.active_key}


def test_what_is_keyed_elsewhere_is_recomputed_by_its_own_hook(store):
    left = [3, 2, 0]

    @recomputed("elsewhere")
    def renew(session, limit):
        return left.pop(0) if left else 0

    try:
        assert rotate(store).renewed["elsewhere"] == 5
    finally:
        del HOOKS["elsewhere"]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_fifty_kills_lose_and_double_nothing(store, key_file, monkeypatch):
    monkeypatch.setattr(run, "_BATCH_ROWS", 40)
    fill(store, Job(120, 3, "2026-11-01"), key_file=None)
    with store.session() as session:
        _a_busy_day(session)
    store.engine.dispose()
    before, draw, completed = everything(store), random.Random(5), 0
    store.engine.dispose()
    url, first_key = store.engine.url, store.vault.active_key

    def work():
        rotate(Store.open(url, Vault.load(key_file, environ={})))

    for _ in range(50):
        process = _FORK.Process(target=work)
        process.start()
        process.join(draw.uniform(0.01, 0.5))
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        completed += process.exitcode == 0
        again = Store.open(url, Vault.load(key_file, environ={}))
        assert everything(again) == before
        again.close()
    assert completed < 50
    rotate(store)
    assert everything(store) == before
    assert key_ids(store) == {store.vault.active_key} != {first_key}


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_the_service_goes_on_while_keys_rotate(store, key_file, monkeypatch):
    monkeypatch.setattr(run, "_BATCH_ROWS", 40)
    fill(store, Job(60, 3, "2026-11-01"), key_file=None)
    with store.session() as session:
        known = [(row.id, row.phone) for row in session.scalars(select(Customer).limit(20))]
    store.engine.dispose()
    url, stop, results = store.engine.url, _FORK.Event(), _FORK.SimpleQueue()
    servers = [_FORK.Process(target=_serve, args=(url, key_file, number, known, stop, results)) for number in range(2)]
    for server in servers:
        server.start()
    reports = [rotate(store, settle=0.5) for _ in range(2)]
    stop.set()
    served = [results.get() for _ in servers]
    for server in servers:
        server.join()
    assert [found for found in served if isinstance(found, str)] == []
    assert all(len(opened) > 10 for opened in served)
    assert all(report.dropped for report in reports)
    with store.reading() as session:
        for conversation_id, browser in (pair for opened in served for pair in opened):
            assert conversations.resume(session, conversation_id, browser)
            assert [m.text for m in conversations.history(session, conversation_id)] == [f"hello from {browser}"]
    assert key_ids(store) == {store.vault.active_key}


def _serve(url, key_file, number, known, stop, results) -> None:
    """What a process of the service does all day; tells what it wrote, or what went wrong."""
    store, opened, turn = Store.open(url, Vault.load(key_file, environ={})), [], 0
    try:
        while not stop.is_set():
            turn += 1
            browser = f"browser-{number}-{turn}"
            with store.session() as session:
                chat = conversations.open_conversation(session, channel="chat", browser=browser, now=make.NOW)
                conversations.add_customer_message(
                    session, chat.id, message_id="m", text=f"hello from {browser}", command=None, now=make.NOW
                )
            opened.append((chat.id, browser))
            with store.reading() as session:
                customer_id, phone = known[turn % len(known)]
                assert session.scalars(select(Customer.id).where(Customer.phone_index == phone)).one() == customer_id
                assert conversations.resume(session, chat.id, browser)
            time.sleep(0.01)
        results.put(opened)
    except BaseException as error:
        results.put(repr(error))


class TestCommandLine:
    @pytest.fixture(autouse=True)
    def _var(self, tmp_path, monkeypatch):
        monkeypatch.setenv("CARELINE_VAR", str(tmp_path))
        for name in ("CARELINE_DATABASE_URL", "CARELINE_MASTER_KEY", "CARELINE_MASTER_KEY_FILE", "CARELINE_KEY_RING"):
            monkeypatch.delenv(name, raising=False)

    def test_keys_are_rotated_and_shown(self, capsys):
        assert main(["demo", "--customers", "20"]) == 0
        assert main(["keys"]) == 0
        before = capsys.readouterr().out.splitlines()[-1].split()[0]
        assert main(["rotate-keys", "--settle", "0"]) == 0
        printed = capsys.readouterr().out
        assert "customers: 20 rows renewed" in printed
        assert f"nothing is left under {before}: dropped" in printed
        assert main(["demo", "--show"]) == 0

    def test_the_master_key_is_replaced(self, capsys, tmp_path):
        assert main(["demo", "--customers", "20"]) == 0
        before = (tmp_path / "master.key").read_text()
        assert main(["rotate-master-key"]) == 0
        assert (tmp_path / "master.key").read_text() != before
        assert main(["demo", "--show"]) == 0
        assert "demo customer" in capsys.readouterr().out

    def test_a_tracker_that_nobody_can_renew_is_one_line_and_status_1(self, capsys, tmp_path, monkeypatch):
        (tmp_path / "tracker.db").write_bytes(b"")
        monkeypatch.setenv("CARELINE_RASA_URLS", "http://127.0.0.1:9")
        monkeypatch.setenv("CARELINE_RASA_PYTHON", str(tmp_path / "nothing"))
        assert main(["init"]) == 0
        assert main(["rotate-keys", "--settle", "0"]) == 1
        assert "Start Rasa and run rotate-keys again" in capsys.readouterr().err


@pytest.mark.parametrize(
    "column", [c for t in Base.metadata.sorted_tables for c in t.columns if isinstance(c.type, Sealed)], ids=str
)
def test_one_flipped_bit_in_any_column_is_an_error(column):
    vault = Vault([MasterKey(b"k" * 32)])
    sealed = vault.seal(b'"2026-01-01"', column.type.place)
    for position in range(len(sealed) * 8):
        altered = bytearray(sealed)
        altered[position // 8] ^= 1 << position % 8
        with pytest.raises(SealError):
            vault.open(bytes(altered), column.type.place)
    with pytest.raises(SealError):
        vault.open(sealed, f"{column.type.place}_elsewhere")


def test_a_deferred_file_is_still_read_by_its_owner(store):
    with store.session() as session:
        chat = make.a_conversation(session)
        file = attachments.add(session, chat.id, name="a.jpg", media_type="image/jpeg", content=b"raw", now=make.NOW)
    rotate(store)
    with store.session() as session:
        assert session.get(Attachment, file.id).content == b"raw"
