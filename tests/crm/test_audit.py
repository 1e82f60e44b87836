"""Who read or changed what of whom; and that nobody can take it back unseen."""

import contextlib
import importlib
import inspect
import pkgutil
import threading
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text, update

import crm.services
from crm import audit_anchors, audit_chain
from crm.audit_chain import ENTRIES, HEADS
from crm.domain import Actor
from crm.errors import VerificationFailed
from crm.schema import Base, BusinessInformation, Customer
from crm.services import audit, contact_changes, conversations, policies, verification
from tests.factories import crm as make

STAFF = Actor.staff("17")
BOT = Actor.bot("chat")


def lines(store, customer_id):
    """(actor, channel, verb, area) of the entries about a customer, the oldest first."""
    with store.session(Actor.system()) as session:
        found = audit.entries_about(session, customer_id)
    return [(e.actor, e.channel, e.verb, e.area) for e in sorted(found, key=lambda e: e.at)]


def check(store, anchors=()):
    with store.engine.connect() as connection:
        return audit_chain.verify(connection, anchors)


@pytest.fixture
def person(store):
    """A customer and their policy's number, made by a colleague."""
    with store.session(STAFF) as session:
        policy = make.a_policy(session)
        return policy.customer_id, policy.number


def test_a_change_is_entered_with_its_fields_and_actor(store, person):
    with store.session(BOT) as session:
        contact_changes.change_contact(session, person[0], conversation_id=None, now=make.NOW, email="new@example.com")
    with store.session() as session:
        entry = next(e for e in audit.entries_about(session, person[0]) if (e.verb, e.area) == ("change", "customers"))
    assert (entry.actor, entry.channel, entry.fields) == ("bot", "chat", ("email",))


def test_a_read_is_entered_once_a_session(store, person):
    with store.reading(STAFF) as session:
        for _ in range(3):
            policies.list_policies(session, person[0])
    assert lines(store, person[0]).count(("staff", "desk", "read", "policies")) == 1


def test_a_colleague_is_named_to_those_who_may_read_it(store, person):
    with store.session() as session:
        assert audit.entries_about(session, person[0])[0].who == "17"


def test_what_belongs_to_a_customer_through_others_is_entered_for_them(store, person):
    with store.session(BOT) as session:
        chat = make.a_conversation(session)
        verification.verify(session, chat.id, identifier=person[1], birth_date=make.BORN, now=make.NOW)
    with store.session(Actor.customer("chat")) as session:
        conversations.add_customer_message(session, chat.id, message_id="m-1", text="Hello", now=make.NOW)
    told = lines(store, person[0])
    assert ("bot", "chat", "verify", "customers") in told
    assert ("customer", "chat", "add", "messages") in told


def test_a_conversation_in_which_nobody_is_verified_is_nobody_s(store):
    with store.session(BOT) as session:
        chat = make.a_conversation(session)
        conversations.add_customer_message(session, chat.id, message_id="m-1", text="Hello", now=make.NOW)
    assert check(store).entries == 0


def test_what_was_rolled_back_was_never_entered(store, person):
    before = check(store).entries
    with contextlib.suppress(ZeroDivisionError), store.session(BOT) as session:
        session.get_one(Customer, person[0]).given_name = "Other"
        session.flush()
        raise ZeroDivisionError
    assert check(store).entries == before


def test_what_a_savepoint_took_back_was_never_entered(store, person):
    with store.session(BOT) as session:
        with contextlib.suppress(ZeroDivisionError), session.begin_nested():
            session.get_one(Customer, person[0]).given_name = "Other"
            session.flush()
            raise ZeroDivisionError
        session.get_one(Customer, person[0]).phone = "+15550104477"
    changed = [e for e in entries(store, person[0]) if e.verb == "change"]
    assert [e.fields for e in changed] == [("phone",)]


def entries(store, customer_id):
    with store.session() as session:
        return audit.entries_about(session, customer_id)


def test_a_failed_verification_is_committed_and_the_chain_holds(store, person):
    with store.session(BOT) as session:
        chat = make.a_conversation(session)
    with pytest.raises(VerificationFailed), store.session(BOT) as session:
        verification.verify(session, chat.id, identifier=person[1], birth_date=make.NOW.date(), now=make.NOW)
    assert not check(store).faults


def test_a_statement_without_rows_is_entered_without_a_subject(store, person):
    with store.session(STAFF) as session:
        session.execute(update(Customer).values(language="zh"))
    with store.engine.connect() as connection:
        row = connection.execute(select(ENTRIES).order_by(ENTRIES.c.id.desc()).limit(1)).mappings().one()
    assert (row["verb"], row["area"], row["subject"]) == ("change", "customers", None)


def test_the_insurer_s_own_is_not_entered(store):
    with store.session(STAFF) as session:
        session.add(BusinessInformation(key="name", value="Harbour"))
    assert check(store).entries == 0


def test_no_personal_value_stands_in_the_chain(store, person):
    with store.session(BOT) as session:
        contact_changes.change_contact(session, person[0], conversation_id=None, now=make.NOW, phone="+15550104477")
    with store.engine.connect() as connection:
        told = repr(connection.execute(select(*[c for c in ENTRIES.columns if c.name != "note"])).all())
    assert "5550104477" not in told
    assert "Imogen" not in told
    assert person[1] not in told


@pytest.fixture
def busy(store):
    """A store with twelve entries in one chain."""
    with store.engine.begin() as connection:
        for number in range(12):
            _append(connection, number)
    return store


def _append(connection, number):
    """One entry, always in chain 0."""
    audit_chain.append(connection, Actor.bot("chat"), [audit_chain.Line("read", "claims", (), number)], make.NOW)


@pytest.fixture(autouse=True)
def one_chain(monkeypatch):
    monkeypatch.setattr(audit_chain, "CHAINS_ON_POSTGRESQL", 1)


def spoil(store, *statements):
    with store.engine.begin() as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    ("statements", "where", "what"),
    [
        ([delete(ENTRIES).where(ENTRIES.c.seq == 5)], 5, "removed"),
        ([delete(ENTRIES).where(ENTRIES.c.seq.in_([5, 6]))], 5, "removed, with those up to 6"),
        ([delete(ENTRIES).where(ENTRIES.c.seq == 1)], 1, "removed"),
        ([delete(ENTRIES).where(ENTRIES.c.seq == 12)], 12, "removed, with all up to the end (12)"),
        ([delete(ENTRIES).where(ENTRIES.c.seq > 9)], 10, "removed, with all up to the end (12)"),
        ([update(ENTRIES).where(ENTRIES.c.seq == 7).values(verb="change")], 7, "altered, inserted or moved"),
        ([update(ENTRIES).where(ENTRIES.c.seq == 7).values(subject=None)], 7, "altered, inserted or moved"),
        (
            [
                update(ENTRIES).where(ENTRIES.c.seq == 3).values(seq=99),
                update(ENTRIES).where(ENTRIES.c.seq == 4).values(seq=3),
                update(ENTRIES).where(ENTRIES.c.seq == 99).values(seq=4),
            ],
            3,
            "altered, inserted or moved",
        ),
        ([delete(HEADS)], None, "the chain has no head"),
        ([update(HEADS).values(last_seq=11)], None, "the head of the chain was altered"),
    ],
)
def test_it_is_found_and_said_where(busy, statements, where, what):
    assert not check(busy).faults
    spoil(busy, *statements)
    faults = check(busy).faults
    assert (where, what) in [(fault.seq, fault.what) for fault in faults], faults


def test_an_inserted_row_is_found(busy):
    with busy.engine.begin() as connection:
        row = dict(connection.execute(select(ENTRIES).where(ENTRIES.c.seq == 12)).mappings().one())
        connection.execute(ENTRIES.insert().values(**{**row, "id": 999, "seq": 13}))
    assert (13, "added behind the head") in [(f.seq, f.what) for f in check(busy).faults]


def test_an_altered_head_stays_found_after_more_entries(busy):
    spoil(busy, delete(ENTRIES).where(ENTRIES.c.seq == 12), update(HEADS).values(last_seq=11))
    with busy.engine.begin() as connection:
        _append(connection, 1)
    assert "the head of the chain was altered" in [fault.what for fault in check(busy).faults]


def test_an_older_state_put_back_is_found_by_the_anchor(busy, tmp_path):
    with busy.engine.connect() as connection:
        older = dict(connection.execute(select(HEADS)).mappings().one())
    with busy.engine.begin() as connection:
        _append(connection, 1)
    with busy.engine.connect() as connection:
        assert audit_anchors.add(connection, tmp_path / "anchors", make.NOW)
        assert not audit_anchors.add(connection, tmp_path / "anchors", make.NOW)
        anchors = audit_anchors.read(connection, tmp_path / "anchors")
    assert not check(busy, anchors).faults
    spoil(busy, delete(ENTRIES).where(ENTRIES.c.seq == 13), update(HEADS).values(**older))
    assert not check(busy).faults
    assert [fault.seq for fault in check(busy, anchors).faults] == [13]


def test_an_altered_anchor_is_refused(busy, tmp_path):
    path = tmp_path / "anchors"
    with busy.engine.connect() as connection:
        audit_anchors.add(connection, path, make.NOW)
        path.write_text(path.read_text().replace('"seq":12', '"seq":11'))
        with pytest.raises(audit_anchors.AnchorAltered):
            audit_anchors.read(connection, path)


def test_the_oldest_may_go_and_the_rest_still_holds(busy):
    with busy.engine.begin() as connection:
        assert audit_chain.drop_before(connection, make.NOW + timedelta(days=1), most=5) == 5
    report = check(busy)
    assert (report.entries, report.faults) == (7, ())
    spoil(busy, delete(ENTRIES).where(ENTRIES.c.seq == 6))
    assert [fault.seq for fault in check(busy).faults] == [6]


def test_writers_side_by_side_keep_the_chains_whole(store, monkeypatch):
    monkeypatch.setattr(audit_chain, "CHAINS_ON_POSTGRESQL", 4)
    with store.session() as session:
        people = [make.a_customer(session).id for _ in range(6)]
    failures = []

    def work(customer_id):
        try:
            for number in range(15):
                with store.session(STAFF) as session:
                    session.get_one(Customer, customer_id).email = f"{customer_id}.{number}@example.com"
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    report = check(store)
    assert (report.entries, report.faults) == (6 + 6 * 15, ())


def test_the_note_of_another_entry_is_found(store, person):
    with store.session(STAFF) as session:
        policies.list_policies(session, person[0])
    with store.engine.begin() as connection:
        notes = connection.execute(text("SELECT seq, note FROM audit_entries ORDER BY seq")).all()
        statement = text("UPDATE audit_entries SET note = :note WHERE seq = :seq")
        connection.execute(statement, {"note": notes[0].note, "seq": notes[-1].seq})
    assert "its note belongs to another entry" in [fault.what for fault in check(store).faults]


# Services on a customer or conversation that need no mark: what they change is entered by itself, or they hand nothing
# out but what their caller marks.
UNMARKED = {
    "agents": {"my_agent", "serving"},
    "attachments": {"add", "of_message"},
    "audit": {"entries_about"},
    "autopay": {"set_up", "change_day", "turn_off"},
    "callbacks": {"book", "move", "cancel"},
    "calls": {"begin", "consent", "keep_sound", "end", "going_on"},
    "checkouts": {"start_payment", "open_checkout"},
    "claims": {"file_claim", "add_document"},
    "complaints": {"file_complaint"},
    "contact_changes": {"change_contact"},
    "conversations": {"get_conversation", "resume", "set_language", "add_customer_message", "add_reply",
                      "mark_answered", "mask_digits", "offered_payloads", "add_agent_message", "add_errand",
                      "views_of"},
    "coverage_changes": {"change_coverage"},
    "documents": {"issue_proof"},
    "erasure": {"obstacles", "request", "will_keep"},
    "customer_fields": {"unmask"},
    "feedback": {"give", "is_due"},
    "handoffs": {"request", "book_callback", "has", "concerns"},
    "links": {"send_link"},
    "notes": {"add"},
    "once": {"key", "once"},
    "one_time_codes": {"request_code", "confirm_code", "confirmed", "awaited"},
    "organisation": {"agent_of"},
    "outbox": {"put"},
    "own_data": {"export", "language_of", "request_erasure", "marketing_opt_out"},
    "policies": {"policy_row"},
    "policy_changes": {"change_vehicle", "change_beneficiary", "request_cancellation"},
    "readings": {"keep"},
    "recommendations": {"shown", "answered", "advise"},
    "renewals": {"renew"},
    "review": {"mark"},
    "service_requests": {"withdraw", "record", "open_row", "note_contact"},
    "tags": {"add", "remove"},
    "takeovers": {"in_hand", "announce", "is_call_being_arranged"},
    "transcripts": {"unmask"},
    "turn_leases": {"claim", "go_on", "step_in", "waiting", "count_waiting"},
    "verification": {"verify", "verified_customer", "forget"},
}  # fmt: skip


def test_every_service_that_hands_out_data_is_marked():
    """Mark a new one with `@reads("area")` (crm.audit_trail), or add it above."""
    missing = []
    for module in pkgutil.iter_modules(crm.services.__path__):
        for name, service in vars(importlib.import_module(f"crm.services.{module.name}")).items():
            if (
                inspect.isfunction(service)
                and service.__module__ == f"crm.services.{module.name}"
                and not name.startswith("_")
                and not module.name.startswith("_")
                and {*list(inspect.signature(service).parameters)[1:2]} & {"customer_id", "conversation_id"}
                and not hasattr(service, "__wrapped__")
                and name not in UNMARKED.get(module.name, ())
            ):
                missing.append(f"{module.name}.{name}")
    assert missing == []


def test_every_table_of_customers_leads_to_its_customer():
    """A row of each finds its customer by the references there are."""
    from crm.audit_trail import _ways
    from crm.retention.rules import rules

    for name in rules().audited - {"customers"}:
        assert _ways(Base.metadata.tables[name]), name
