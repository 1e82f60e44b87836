"""What has grown too old goes by the rules, in batches, and nothing else does."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select, update

from crm import audit_chain
from crm.housekeeping import Housekeeping
from crm.retention import running, table
from crm.retention.rules import Rules, rules
from crm.schema import Attachment, Base, Conversation, Customer, Message, OutboxMessage, TrackerForget
from crm.services import attachments, claims, conversations
from tests.crm.test_erasure import Bot
from tests.factories import crm as make
from tests.factories.everything import a_whole_person, values_of

PAGE = Path(__file__).parents[2] / "docs" / "privacy.md"
AGES = make.NOW + timedelta(days=365 * 20)


def outbox(session, customer, days, kind="notice"):
    row = OutboxMessage(
        customer_id=customer.id, kind=kind, channel="sms", destination="+1555", text="x",
        created_at=make.NOW - timedelta(days=days),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def test_rows_go_after_their_time_and_not_before(store):
    with store.session() as session:
        customer = make.a_customer(session)
        kept = [outbox(session, customer, 29), outbox(session, customer, 0, "one_time_code")]
        outbox(session, customer, 31)
        outbox(session, customer, 2, "one_time_code")
    assert running.due(store, make.NOW) == {"outbox_messages": 2}
    assert running.run(store, make.NOW) == {"outbox_messages": 2}
    assert running.run(store, make.NOW) == {}
    with store.session() as session:
        assert list(session.scalars(select(OutboxMessage.id))) == kept


def test_a_conversation_goes_with_all_that_was_said_and_the_bot_forgets_it(store):
    with store.session() as session:
        chat = make.a_conversation(session)
        conversations.add_customer_message(session, chat.id, message_id="m-1", text="Hello", now=make.NOW)
        fresh = make.a_conversation(session, now=make.NOW + timedelta(days=60))
    later = make.NOW + timedelta(days=91)
    bot = Bot(chat.id, fresh.id)
    assert Housekeeping(store, bot, clock=lambda: later).daily()["messages"] == 1
    assert bot.known == {fresh.id}
    with store.session() as session:
        assert list(session.scalars(select(Conversation.id))) == [fresh.id]
        assert not session.scalars(select(Message)).all()
        assert not session.scalars(select(TrackerForget)).all()


def test_a_file_of_a_claim_keeps_its_conversation(store):
    with store.session() as session:
        policy = make.a_policy(session)
        chat = make.a_conversation(session)
        file = attachments.add(session, chat.id, name="a.jpg", media_type="image/jpeg", content=b"x", now=make.NOW)
        report = make.a_report(policy, conversation_id=chat.id, attachments=(file.id,))
        claims.file_claim(session, policy.customer_id, report, now=make.NOW)
    running.run(store, make.NOW + timedelta(days=800))
    with store.session() as session:
        assert list(session.scalars(select(Attachment.id))) == [file.id]
        assert list(session.scalars(select(Conversation.id))) == [chat.id]


def test_open_invoices_and_claims_never_go_by_themselves(store):
    with store.session() as session:
        policy = make.a_policy(session)
        make.an_invoice(session, policy)
        claims.file_claim(session, policy.customer_id, make.a_report(policy), now=make.NOW)
    gone = running.run(store, AGES)
    assert not {"invoices", "claims", "policies"} & set(gone)


def test_after_ages_nothing_but_the_person_is_left_of_what_is_over(store):
    with store.engine.begin() as connection:
        person = a_whole_person(connection, "Imogen")
        over = {"invoices": "paid", "claims": "closed", "complaints": "answered", "service_requests": "done"}
        for name, status in over.items():
            connection.execute(update(Base.metadata.tables[name]).values(status=status))
        connection.execute(update(Base.metadata.tables["refunds"]).values(state="sent"))
    running.run(store, AGES)
    with store.engine.connect() as connection:
        left = {
            name for name, key in person.items()
            if name in rules().customers
            and len(Base.metadata.tables[name].primary_key.columns) == 1
            and values_of(connection, Base.metadata.tables[name], key)
        }  # fmt: skip
    assert left == {"customers", "external_customers", "imported_rows"}


def test_the_audit_s_oldest_entries_go_and_the_chain_holds(store):
    with store.session() as session:
        make.a_policy(session)
    gone = running.run(store, AGES)
    assert gone["audit_entries"] >= 2
    with store.engine.connect() as connection:
        assert not audit_chain.verify(connection).faults


class Killed(BaseException):
    """The process dies here."""


def test_a_run_that_is_killed_is_taken_up_by_the_next(store, monkeypatch):
    small = rules().model_copy(update={"retention_batch": 3})
    monkeypatch.setattr(running, "rules", lambda: small)
    with store.session() as session:
        customer = make.a_customer(session)
        for _ in range(20):
            outbox(session, customer, 40)
    batches = iter(range(10))

    def die(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("DELETE FROM outbox_messages") and next(batches) == 3:
            raise Killed

    event.listen(store.engine, "before_cursor_execute", die)
    with pytest.raises(Killed):
        running.run(store, make.NOW)
    event.remove(store.engine, "before_cursor_execute", die)
    left = running.due(store, make.NOW)["outbox_messages"]
    assert left == 20 - 3 * 3
    assert running.run(store, make.NOW)["outbox_messages"] == left
    with store.engine.connect() as connection:
        assert not audit_chain.verify(connection).faults


def test_the_daily_work_is_done_once_a_day(store):
    now = [make.NOW]
    work = Housekeeping(store, Bot(), clock=lambda: now[0])
    assert work.daily() is not None
    assert work.daily() is None
    now[0] += timedelta(days=1)
    assert work.daily() is not None


def test_the_law_outlives_no_rule():
    """Rows must not go by themselves before the law lets them."""
    for name, rule in rules().tables.items():
        law = rules().law_of(name)
        if law and rule.retention:
            assert all(period.years > law[1].years for period in rule.retention), name


def test_a_rule_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="a law and the column"):
        Rules.model_validate(
            {
                "laws": {}, "retention_batch": 1,
                "erasure": {"answer_within_days": 1, "wait_for_conversation_minutes": 1, "vacuum_at_once_megabytes": 1},
                "tables": {"claims": {"holds": "x", "whose": "customer", "erasure": "clear"}},
            }
        )  # fmt: skip


def test_the_table_in_the_docs_is_current():
    told = PAGE.read_text(encoding="utf-8")
    assert table.markdown() in told, "run `python -m crm retention --table` and put it into docs/privacy.md"


def test_settings_and_commands_of_privacy_are_in_the_docs():
    told = PAGE.read_text(encoding="utf-8")
    for command in ("export", "erase", "correct", "object", "audit verify", "audit show", "retention"):
        assert re.search(rf"python -m crm {command}\b", told), command
    for setting in ("CARELINE_RETENTION_HOUR", "CARELINE_AUDIT_ANCHORS", "CARELINE_HOUSEKEEPING_SECONDS"):
        assert setting in told


def test_customers_without_anything_are_left_alone(store):
    with store.session() as session:
        make.a_customer(session)
    running.run(store, AGES)
    with store.session() as session:
        assert len(session.scalars(select(Customer)).all()) == 1
