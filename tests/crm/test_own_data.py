import io
import json
import zipfile
from datetime import date
from urllib.parse import quote

import pytest

from crm import holdings, own_copy, texts
from crm.domain import Actor, Line, RequestStatus
from crm.errors import NotFound
from crm.payments import SandboxPayments
from crm.retention.rules import rules
from crm.schema import Base
from crm.services import (
    attachments,
    checkouts,
    claims,
    conversations,
    feedback,
    one_time_codes,
    outbox,
    own_data,
    quotes,
    service_requests,
    verification,
)
from tests.crm.test_rating import ANSWERS
from tests.factories import crm as make
from tests.factories.everything import a_whole_person


@pytest.fixture
def story(session):
    """A verified customer with a bit of everything, and a stranger with the same."""

    def told(name):
        policy = make.a_policy(session, make.a_customer(session, given_name=name))
        chat = make.a_conversation(session)
        verification.verify(session, chat.id, identifier=policy.number, birth_date=make.BORN, now=make.NOW)
        conversations.add_customer_message(session, chat.id, message_id=f"m-{name}", text=f"I am {name}", now=make.NOW)
        attachments.add(session, chat.id, name=f"{name}.jpg", media_type="image/jpeg", content=b"x", now=make.NOW)
        claims.file_claim(session, policy.customer_id, make.a_report(policy, place=f"{name} Lane"), now=make.NOW)
        make.an_invoice(session, policy)
        page = checkouts.start_payment(
            session, policy.customer_id, provider=SandboxPayments(), conversation_id=chat.id, now=make.NOW
        )
        checkouts.complete_payment(session, page.reference, now=make.NOW)
        quotes.quote(session, Line.TRAVEL, ANSWERS[Line.TRAVEL], now=make.NOW, conversation_id=chat.id)
        one_time_codes.request_code(session, chat.id, deliver=outbox.Outbox(), now=make.NOW)
        feedback.give(session, chat.id, score=4, comment=f"{name} was here", now=make.NOW)
        return policy, chat, page

    told("Stranger")
    return told("Imogen")


def exported(session, policy, chat):
    """The file, and the archive in it."""
    file = own_data.export(session, policy.customer_id, conversation_id=chat.id, now=make.NOW)
    return file, zipfile.ZipFile(io.BytesIO(attachments.read(session, chat.id, file.id)[1]))


def everything_in(archive):
    """All texts of the archive, one after the other."""
    return "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())


def test_the_export_holds_everything_of_the_customer(session, story):
    policy, chat, _ = story
    file, archive = exported(session, policy, chat)
    assert (file.name, file.media_type) == ("my-data-2026-11-20.zip", "application/zip")
    data = json.loads(archive.read("data.json"))["data"]
    assert {
        *("customers", "policies", "claims", "claim_history", "conversations", "messages", "attachments"),
        *("invoices", "payments", "checkouts", "checkout_items", "quotes", "feedback", "service_requests"),
    } <= set(data)
    assert data["customers"][0]["birth_date"] == make.BORN.isoformat()
    assert data["policies"][0]["plan_id"] == "Plus"
    assert data["claims"][0]["place"] == "Imogen Lane"
    assert data["messages"][0]["body"]["text"] == "I am Imogen"


def test_who_read_or_changed_it_is_in_the_copy(store):
    with store.session(Actor.staff("17")) as session:
        customer_id = make.a_policy(session).customer_id
    with store.session() as session:
        content = own_copy.make(session, customer_id, language="en", now=make.NOW)
    told = json.loads(zipfile.ZipFile(io.BytesIO(content)).read("data.json"))["data"]["audit_entries"]
    assert ("staff", "add", "policies") in [(entry["actor"], entry["verb"], entry["area"]) for entry in told]
    assert "17" not in json.dumps([entry["actor"] for entry in told])


def test_the_files_are_in_it_and_can_be_found_from_both_lists(session, story):
    policy, chat, _ = story
    _, archive = exported(session, policy, chat)
    row = json.loads(archive.read("data.json"))["data"]["attachments"][0]
    assert row["name"] == "Imogen.jpg"
    assert archive.read(row["file"]) == b"x"
    assert quote(row["file"]) in archive.read("index.html").decode()


def test_it_can_be_read_in_the_language_of_the_conversation(session, story):
    policy, chat, _ = story
    page = exported(session, policy, chat)[1].read("index.html").decode()
    assert "<h2>Your policies (1)</h2>" in page
    assert "Imogen Lane" in page
    conversations.set_language(session, chat.id, "zh")
    page = exported(session, policy, chat)[1].read("index.html").decode()
    assert "<h2>保单 (1)</h2>" in page
    assert "出生日期" in page


def test_what_customers_write_is_shown_and_not_run(session, story):
    policy, chat, _ = story
    conversations.add_customer_message(
        session, chat.id, message_id="m-9", text="<script>alert(1)</script>", now=make.NOW
    )
    page = exported(session, policy, chat)[1].read("index.html").decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_file_name_cannot_leave_the_folder(session, story):
    policy, chat, _ = story
    attachments.add(session, chat.id, name="../../etc/passwd", media_type="image/jpeg", content=b"y", now=make.NOW)
    _, archive = exported(session, policy, chat)
    assert not [name for name in archive.namelist() if "/" in name.removeprefix("files/")]


def test_it_holds_nothing_of_anybody_else(session, story):
    policy, chat, _ = story
    _, archive = exported(session, policy, chat)
    assert "Stranger" not in everything_in(archive)
    assert len(json.loads(archive.read("data.json"))["data"]["conversations"]) == 1


def test_codes_hashes_and_keys_to_payment_pages_stay_inside(session, story):
    policy, chat, page = story
    code = outbox.newest(session)[0].text
    _, archive = exported(session, policy, chat)
    data = json.loads(archive.read("data.json"))["data"]
    assert code not in everything_in(archive)
    assert page.reference not in json.dumps(data["checkouts"])
    assert not {"one_time_codes", "performed_writes"} & set(data)
    assert not [name for rows in data.values() for row in rows for name in row if name.endswith("_index")]


def test_every_table_has_a_rule():
    """A new table has to say whose it is, and what an erasure and the years do with it."""
    assert set(rules().tables) == set(Base.metadata.tables)


def test_what_refers_to_a_customer_belongs_to_customers():
    reachable = {holdings.ROOT}
    for table in Base.metadata.sorted_tables:
        if {key.column.table.name for column in table.columns for key in column.foreign_keys} & reachable:
            reachable.add(table.name)
    assert reachable - {"tracker_forgets"} == rules().customers  # which names conversations that are gone


def test_every_exported_table_is_in_the_copy(store):
    with store.engine.begin() as connection:
        person = a_whole_person(connection, "Imogen")
    with store.session() as session:
        held = holdings.collect(session, person["customers"])
    assert set(held) == rules().exported - {"erasures"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_exported_table_has_a_title(language):
    for table in rules().exported | {"audit_entries"}:
        assert texts.find(language, f"tables.{table}"), table
        assert language == "en" or texts.find("zh", f"tables.{table}") != texts.find("en", f"tables.{table}"), table


def test_rules_name_columns_and_tables_that_exist():
    for name, rule in rules().tables.items():
        table = Base.metadata.tables[name]
        columns = {*rule.blank, *rule.set, *rule.set_where, *rule.quiet, *([rule.since] if rule.since else [])}
        assert columns <= set(table.columns.keys()), name
        assert all(table.c[column].nullable for column in rule.blank), name
        for period in rule.retention:
            place, _, column = period.after.rpartition(".")
            assert column in Base.metadata.tables[place or name].c, (name, period.after)
            assert set(period.where) <= set(table.columns.keys()), name
            assert set(period.unless_in) <= set(Base.metadata.tables), name
        assert not rule.with_ or rule.with_ in rules().tables, name


def test_in_a_chinese_conversation_the_file_has_a_chinese_name(session, story):
    policy, chat, _ = story
    conversations.set_language(session, chat.id, "zh")
    assert exported(session, policy, chat)[0].name == "我的数据-2026-11-20.zip"


def test_erasure_is_a_request_with_a_deadline_and_erases_nothing(session):
    customer = make.a_customer(session)
    asked = own_data.request_erasure(session, customer.id, conversation_id=None, now=make.NOW)
    assert (asked.status, asked.due_on) == (RequestStatus.OPEN, date(2026, 12, 20))
    again = own_data.request_erasure(session, customer.id, conversation_id=None, now=make.NOW)
    assert again == asked
    assert session.get(make.Customer, customer.id) is not None


def test_marketing_stops_at_once(session):
    customer = make.a_customer(session, marketing_consent=True)
    for _ in range(2):
        assert not own_data.marketing_opt_out(
            session, customer.id, conversation_id=None, now=make.NOW
        ).marketing_consent
    session.expire_all()
    row = session.get(make.Customer, customer.id)
    assert (row.marketing_consent, row.consent_at) == (False, make.NOW)
    assert [r.kind for r in service_requests.list_requests(session, customer.id)] == ["marketing_opt_out"]


@pytest.mark.parametrize("verb", [own_data.request_erasure, own_data.marketing_opt_out, own_data.export])
def test_an_unknown_customer_is_not_found(session, verb):
    with pytest.raises(NotFound):
        verb(session, 404, conversation_id=make.a_conversation(session).id, now=make.NOW)
