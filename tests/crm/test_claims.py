from datetime import date
from threading import Thread

import pytest

from crm.domain import ClaimStatus, Line, Money, NextStep
from crm.errors import InvalidInput, NotFound
from crm.services import attachments, claims, policies
from crm.services.once import once
from tests.factories import crm as make


def test_a_filed_claim_reads_back_as_reported(session):
    policy = make.a_policy(session)
    filed = claims.file_claim(
        session, policy.customer_id, make.a_report(policy, estimate=Money(120_050, "USD")), now=make.NOW
    )
    session.expire_all()
    read = claims.claim(session, policy.customer_id, filed.number)
    assert read == filed
    assert (read.description, read.place, read.estimate) == (
        "Hit a bollard while parking",
        "Marlow Street",
        Money(120_050, "USD"),
    )


def test_a_claim_can_be_asked_for_in_any_spelling(session):
    policy = make.a_policy(session)
    filed = claims.file_claim(session, policy.customer_id, make.a_report(policy), now=make.NOW)
    spelled = filed.number.lower().replace("-", " ")
    assert claims.claim(session, policy.customer_id, spelled).number == filed.number


def test_missing_documents_decide_the_next_step(session):
    policy = make.a_policy(session)
    claim = claims.file_claim(session, policy.customer_id, make.a_report(policy), now=make.NOW)
    assert claim.missing_documents == ("photos", "driving_licence", "repair_estimate")
    assert (claim.status, claim.next_step) == (ClaimStatus.AWAITING_DOCUMENTS, NextStep.SEND_DOCUMENTS)


def test_photos_of_the_conversation_become_documents(session):
    policy = make.a_policy(session)
    conversation = make.a_conversation(session)
    photo = attachments.add(session, conversation.id, name="a.jpg", media_type="image/jpeg", content=b"x", now=make.NOW)
    report = make.a_report(policy, attachments=(photo.id,), conversation_id=conversation.id)
    claim = claims.file_claim(session, policy.customer_id, report, now=make.NOW)
    assert claim.missing_documents == ("driving_licence", "repair_estimate")
    assert claim.documents[0].attachment_id == photo.id


def test_the_last_document_moves_the_claim_to_review(session):
    policy = make.a_policy(session)
    conversation = make.a_conversation(session)
    claim = claims.file_claim(session, policy.customer_id, make.a_report(policy, kind="other"), now=make.NOW)
    photo = attachments.add(session, conversation.id, name="a.jpg", media_type="image/jpeg", content=b"x", now=make.NOW)
    claim = claims.add_document(
        session,
        policy.customer_id,
        claim.number,
        document_type="photos",
        attachment_id=photo.id,
        conversation_id=conversation.id,
        now=make.NOW,
    )
    assert (claim.status, claim.next_step) == (ClaimStatus.IN_REVIEW, NextStep.HANDLER_REVIEW)
    assert claim.history[-1].code == "in_review"


def test_a_file_of_another_conversation_is_refused(session):
    policy = make.a_policy(session)
    theirs = make.a_conversation(session)
    mine = make.a_conversation(session)
    photo = attachments.add(session, theirs.id, name="a.jpg", media_type="image/jpeg", content=b"x", now=make.NOW)
    report = make.a_report(policy, attachments=(photo.id,), conversation_id=mine.id)
    with pytest.raises(InvalidInput):
        claims.file_claim(session, policy.customer_id, report, now=make.NOW)


def test_an_incident_outside_the_policy_is_filed_and_marked_for_a_person(session):
    policy = make.a_policy(session)
    report = make.a_report(policy, incident_on=date(2025, 6, 1))
    claim = claims.file_claim(session, policy.customer_id, report, now=make.NOW)
    assert "outside_policy_period" in [event.code for event in claim.history]
    assert claim.status is not ClaimStatus.DECLINED


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", "meteor"), ("incident_on", date(2027, 1, 1)), ("estimate", Money(-1, "USD"))],
)
def test_what_cannot_be_is_refused_by_field(session, field, value):
    policy = make.a_policy(session)
    with pytest.raises(InvalidInput) as refused:
        claims.file_claim(session, policy.customer_id, make.a_report(policy, **{field: value}), now=make.NOW)
    assert refused.value.field == field


def test_another_customers_claim_and_policy_do_not_exist(session):
    policy = make.a_policy(session)
    stranger = make.a_customer(session)
    claim = claims.file_claim(session, policy.customer_id, make.a_report(policy), now=make.NOW)
    for ask in (claims.claim, policies.policy):
        with pytest.raises(NotFound):
            ask(session, stranger.id, claim.number if ask is claims.claim else policy.number)
    with pytest.raises(NotFound):
        claims.file_claim(session, stranger.id, make.a_report(policy), now=make.NOW)


def test_handlers_with_the_lines_skill_take_turns(session):
    team = {make.an_employee(session, "claims_auto").id for _ in range(2)}
    make.an_employee(session, "claims_home")
    policy = make.a_policy(session, line=Line.AUTO)
    for _ in range(2):
        claims.file_claim(session, policy.customer_id, make.a_report(policy), now=make.NOW)
    from crm.schema import Claim

    assert {row.handler_id for row in session.query(Claim)} == team


def test_the_same_message_files_one_claim_however_many_threads_try(store):
    with store.session() as session:
        policy = make.a_policy(session)
        conversation = make.a_conversation(session)
        report = make.a_report(policy)
    numbers = []

    def file_it() -> None:
        with store.session() as session:

            def do() -> dict[str, str]:
                return {"number": claims.file_claim(session, policy.customer_id, report, now=make.NOW).number}

            done = once(session, conversation_id=conversation.id, message_id="m1", action="file_claim", do=do)
        numbers.append(done["number"])

    in_threads(file_it, 6)
    assert len(numbers) == 6
    with store.reading() as session:
        assert {claim.number for claim in claims.list_claims(session, policy.customer_id)} == set(numbers)
        assert len(set(numbers)) == 1


def test_a_write_that_failed_is_done_by_the_retry(store):
    with store.session() as session:
        conversation = make.a_conversation(session)
    key = {"conversation_id": conversation.id, "message_id": "m1", "action": "x"}

    def fail() -> dict[str, str]:
        raise RuntimeError

    with pytest.raises(RuntimeError), store.session() as session:
        once(session, **key, do=fail)
    with store.session() as session:
        assert once(session, **key, do=lambda: {"done": 2}) == {"done": 2}


def in_threads(do, how_many: int) -> None:
    threads = [Thread(target=do) for _ in range(how_many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
