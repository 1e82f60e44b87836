import json
from datetime import date

import pytest

from crm import holdings
from crm.domain import Line, RequestStatus
from crm.errors import NotFound
from crm.payments import SandboxPayments
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
    file = own_data.export(session, policy.customer_id, conversation_id=chat.id, now=make.NOW)
    return file, attachments.read(session, chat.id, file.id)[1].decode()


def test_the_export_holds_everything_of_the_customer(session, story):
    policy, chat, _ = story
    file, content = exported(session, policy, chat)
    assert (file.name, file.media_type) == ("my-data-2026-11-20.json", "application/json")
    data = json.loads(content)["data"]
    assert {
        *("customers", "policies", "claims", "claim_history", "conversations", "messages", "attachments"),
        *("invoices", "payments", "checkouts", "checkout_items", "quotes", "feedback", "service_requests"),
    } <= set(data)
    assert data["customers"][0]["birth_date"] == make.BORN.isoformat()
    assert data["policies"][0]["plan_id"] == "Plus"
    assert data["claims"][0]["place"] == "Imogen Lane"
    assert data["messages"][0]["body"]["text"] == "I am Imogen"


def test_it_holds_nothing_of_anybody_else(session, story):
    policy, chat, _ = story
    _, content = exported(session, policy, chat)
    assert "Stranger" not in content
    assert len(json.loads(content)["data"]["conversations"]) == 1


def test_codes_hashes_and_keys_to_payment_pages_stay_inside(session, story):
    policy, chat, page = story
    code = outbox.newest(session)[0].text
    _, content = exported(session, policy, chat)
    data = json.loads(content)["data"]
    assert code not in content
    assert page.reference not in json.dumps(data["checkouts"])
    assert not {"one_time_codes", "performed_writes"} & set(data)
    assert not [name for rows in data.values() for row in rows for name in row if name.endswith("_index")]


def test_every_table_is_exported_or_named_as_not_the_customer_s():
    reachable = {holdings.ROOT}
    for table in Base.metadata.sorted_tables:
        if table.name not in holdings.INSURERS | holdings.TECHNICAL and (
            {key.column.table.name for column in table.columns for key in column.foreign_keys} & reachable
        ):
            reachable.add(table.name)
    assert reachable | holdings.INSURERS | holdings.TECHNICAL == set(Base.metadata.tables)


def test_in_a_chinese_conversation_the_file_has_a_chinese_name(session, story):
    policy, chat, _ = story
    conversations.set_language(session, chat.id, "zh")
    assert exported(session, policy, chat)[0].name == "我的数据-2026-11-20.json"


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
