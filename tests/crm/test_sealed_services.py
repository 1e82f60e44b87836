"""What customers say and get in the newer services can be read nowhere in the database's files."""

from datetime import date

from crm.domain import Address, Beneficiary, Line
from crm.payments import SandboxPayments
from crm.services import (
    autopay,
    callbacks,
    checkouts,
    complaints,
    contact_changes,
    documents,
    feedback,
    one_time_codes,
    outbox,
    own_data,
    policy_changes,
    quotes,
    verification,
)
from tests.crm.test_rating import ANSWERS
from tests.factories import crm as make


def test_nothing_personal_can_be_read_in_the_files(sqlite_store, tmp_path):
    with sqlite_store.session() as session:
        personal = _a_busy_day(session)
    content = b"".join(file.read_bytes() for file in sorted(tmp_path.glob("careline.db*")))
    assert [value for value in personal if value.encode() in content] == []


def _a_busy_day(session) -> list[str]:
    make.care_unit(session)
    customer = make.a_customer(session)
    auto, life = make.a_policy(session, customer), make.a_policy(session, customer, Line.LIFE)
    chat = make.a_conversation(session)
    verification.verify(session, chat.id, identifier=auto.number, birth_date=make.BORN, now=make.NOW)
    who, where = customer.id, {"conversation_id": chat.id, "now": make.NOW}
    one_time_codes.request_code(session, chat.id, deliver=outbox.Outbox(), now=make.NOW)
    code_text = outbox.newest(session)[0].text
    make.an_invoice(session, auto)
    page = checkouts.start_payment(session, who, provider=SandboxPayments(), **where)
    checkouts.complete_payment(session, page.reference, now=make.NOW)
    autopay.set_up(session, who, auto.number, day=7, provider=SandboxPayments(), **where)
    quote = quotes.quote(session, Line.AUTO, ANSWERS[Line.AUTO] | {"postcode": "ZQ9 8XW"}, **where)
    address = Address("77 Xylophone Row", "Zanzibarton", "ZQ9 8XW", "US")
    contact_changes.change_contact(session, who, email="quokka@example.com", address=address, **where)
    policy_changes.change_vehicle(session, who, auto.number, vehicle="Trabant 601", plate="ZZ99 QQQ", **where)
    policy_changes.change_beneficiary(
        session, who, life.number, beneficiaries=[Beneficiary("Balthazar Quill", 100, "godson")], **where
    )
    cancelled = policy_changes.request_cancellation(
        session, who, auto.number, reason="moving to Ouagadougou", effective_on=date(2026, 12, 24), **where
    )
    complaint = complaints.file_complaint(session, who, category="service", text="The oboe was rude", **where)
    feedback.give(session, chat.id, score=1, comment="bassoon-like", now=make.NOW)
    callback = callbacks.book(session, chat.id, phone="+15557654321", now=make.NOW)
    documents.issue_proof(session, who, auto.number, language="en", **where)
    own_data.export(session, who, **where)
    return [
        *(code_text, page.reference, quote.number, "1984-03-09", "ZQ9 8XW", "Xylophone", "Zanzibarton", "quokka"),
        *("Trabant", "ZZ99 QQQ", "Balthazar", "godson", "Ouagadougou", "2026-12-24", "oboe", "bassoon"),
        *(cancelled.request.number, complaint.number, callback.reference, "7654321", "%PDF", auto.number),
    ]
