from datetime import datetime

import pytest
import sqlalchemy
from sqlalchemy import inspect, text

from crm.schema import Base, Customer
from crm.schema.types import Blind, Sealed
from crm.services import attachments, claims, conversations, handoffs
from crm.store import Store
from tests.factories import crm as make
from vault import SealError, Vault


def test_every_sealed_column_knows_its_own_place():
    columns = [
        column
        for table in Base.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, Sealed | Blind)
    ]
    assert [column.type.place for column in columns] == [f"{c.table.name}.{c.name}" for c in columns]


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_migrations_make_what_the_models_say(database, request):
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    store = request.getfixturevalue(f"{database}_store")
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": _same_type})
        assert compare_metadata(context, Base.metadata) == []
    store.migrate()  # a second time changes nothing
    assert set(inspect(store.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def _same_type(context, inspected, column, inspected_type, column_type):
    """Our own types are compared by what they are stored as."""
    if isinstance(column_type, sqlalchemy.TypeDecorator):
        return inspected_type._type_affinity is not column_type.load_dialect_impl(context.dialect)._type_affinity
    return None


def test_an_error_rolls_everything_back(store):
    def break_off():
        with store.session() as session:
            make.a_customer(session)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    with store.reading() as session:
        assert session.query(Customer).count() == 0


def test_a_naive_moment_is_refused(session):
    with pytest.raises(sqlalchemy.exc.StatementError, match="time zone"):
        make.a_customer(session, created_at=datetime(2026, 1, 1))  # noqa: DTZ001


def test_a_flipped_bit_is_noticed(store):
    with store.session() as session:
        customer_id = make.a_customer(session).id
    with store.session() as session:
        sealed = bytes(session.scalar(text("SELECT family_name FROM customers")))
        altered = sealed[:-1] + bytes([sealed[-1] ^ 1])
        session.execute(text("UPDATE customers SET family_name = :value"), {"value": altered})
    with store.reading() as session, pytest.raises(SealError):
        session.get(Customer, customer_id)


def test_a_value_moved_to_another_column_is_noticed(store):
    with store.session() as session:
        customer_id = make.a_customer(session).id
        session.execute(text("UPDATE customers SET family_name = given_name"))
    with store.reading() as session, pytest.raises(SealError):
        session.get(Customer, customer_id)


def test_another_key_opens_nothing(sqlite_store, tmp_path):
    with sqlite_store.session() as session:
        customer_id = make.a_customer(session).id
    stranger = Store.open(sqlite_store.engine.url, Vault.load(tmp_path / "other.key", environ={}))
    with stranger.reading() as session, pytest.raises(SealError):
        session.get(Customer, customer_id)
    stranger.close()


def test_nothing_personal_can_be_read_in_the_files(sqlite_store, tmp_path):
    with sqlite_store.session() as session:
        personal = _a_whole_story(session)
    files = sorted(tmp_path.glob("careline.db*"))
    content = b"".join(file.read_bytes() for file in files)
    assert any(file.name.endswith("-wal") for file in files)
    assert [value for value in personal if value.encode() in content] == []


def _a_whole_story(session) -> list[str]:
    policy = make.a_policy(session, number="PA-7654321", insured={"plate": "KX51 WQR", "vehicle": "Saab 9-5"})
    customer = session.get(Customer, policy.customer_id)
    make.care_unit(session)
    make.an_employee(session, "claims_auto", name="Zebulon Quartermain")
    chat = make.a_conversation(session, browser="browser-secret-7")
    file = attachments.add(
        session, chat.id, name="bumper-7.jpg", media_type="image/jpeg", content=b"raw photo bytes", now=make.NOW
    )
    conversations.add_customer_message(
        session, chat.id, message_id="m1", text="My budgerigar did it", command="/inform_7", now=make.NOW
    )
    conversations.add_reply(
        session,
        chat.id,
        in_reply_to="m1",
        ordinal=0,
        text="Poor parakeet",
        quick_replies=[{"title": "t", "payload": "/secret_payload"}],
        now=make.NOW,
    )
    report = make.a_report(
        policy,
        description="Ran over a trombone",
        place="Quagmire Alley",
        details={"witness": "Hepzibah"},
        attachments=(file.id,),
        conversation_id=chat.id,
    )
    claim = claims.file_claim(session, customer.id, report, now=make.NOW)
    handoffs.request(session, chat.id, reason="asked_for", summary="Upset about trombones", now=make.NOW)
    handoffs.book_callback(session, chat.id, handoff_id=None, phone="+15552223344", now=make.NOW)
    return [
        *(customer.given_name, customer.family_name, customer.email, customer.phone, customer.phone[2:]),
        *(customer.birth_date.isoformat(), "Quince Lane", "AW4 2QL", "5230000", "married"),
        *("PA-7654321", "7654321", claim.number, claim.number[3:], "KX51 WQR", "Saab 9-5"),
        *("budgerigar", "/inform_7", "parakeet", "/secret_payload", "bumper-7", "raw photo bytes"),
        *("trombone", "Quagmire", "Hepzibah", "2026-11-13", "Upset", "2223344", "browser-secret-7"),
        "Quartermain",
    ]


def test_a_session_that_only_reads_refuses_to_write(store):
    with store.session() as session:
        customer_id = make.a_customer(session, given_name="Maria").id
    with pytest.raises(RuntimeError, match="only reads"), store.reading() as session:  # noqa: PT012 -- a block
        session.get(Customer, customer_id).given_name = "Mario"
        session.flush()
    with store.reading() as session:
        assert session.get(Customer, customer_id).given_name == "Maria"


@pytest.mark.postgres
def test_a_connection_that_broke_while_nobody_used_it_is_replaced(postgres_store, monkeypatch):
    monkeypatch.setattr("crm.store._TRUSTED", 0.0)
    mine = text("SELECT pg_backend_pid()")
    url = postgres_store.engine.url
    store = Store.open(
        url.render_as_string(hide_password=False), postgres_store.vault
    )  # nobody else gets what is broken
    with store.reading() as session:
        broken = session.scalar(mine)
    with postgres_store.engine.begin() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": broken})
    with store.reading() as session:
        assert session.scalar(mine) != broken
    store.close()
