"""Files for a claim that is filed, and the claim that is meant."""

from actions.claim_files import AttachFiles, ClaimDocuments
from actions.claims import ClaimStatus
from crm.services import attachments, claims, policies
from tests.factories.crm import NOW, a_report

ESTIMATE = [{"entity": "document_type", "value": "repair_estimate"}]


def file_one(desk, customer, line="auto"):
    with desk.store.session() as session:
        policy = policies.policy(session, customer["id"], customer[line])
        report = a_report(policy, kind="collision" if line == "auto" else "water")
        return claims.file_claim(session, customer["id"], report, now=NOW)


def upload(desk):
    with desk.store.session() as session:
        content = {"name": "a.pdf", "media_type": "application/pdf", "content": b"%PDF-"}
        return attachments.add(session, desk.conversation_id, **content, now=NOW).id


def test_it_asks_what_a_file_is(verified, customer):
    claim = file_one(verified, customer)
    verified.slots = {"files": [upload(verified)]}
    said = verified.run(AttachFiles).said("utter_ask_document_type")
    assert (said["number"], len(said["missing"])) == (claim.number, 3)


def test_a_named_document_is_added_once(verified, customer):
    claim = file_one(verified, customer)
    verified.slots = {"files": [upload(verified)]}
    answer = verified.run(AttachFiles, entities=ESTIMATE)
    verified.run(AttachFiles, entities=ESTIMATE)
    assert answer.said("utter_document_added_missing")["missing"] == ["photos", "driving_licence"]
    assert answer.slots == {"files": None, "claim_in_focus": claim.number}
    with verified.store.reading() as session:
        assert len(claims.claim(session, customer["id"], claim.number).documents) == 1


def test_a_foreign_file_is_not_added(verified, customer):
    file_one(verified, customer)
    verified.slots = {"files": ["f" * 32]}
    answer = verified.run(AttachFiles, entities=ESTIMATE)
    assert (answer.responses, answer.slots["files"]) == (["utter_attach_files_again"], None)


def test_without_a_claim_the_files_are_kept(verified):
    verified.slots = {"files": ["f1"]}
    answer = verified.run(AttachFiles)
    assert (answer.responses, answer.slots) == (["utter_files_without_claim"], {})


def test_nobody_adds_files_unverified(desk):
    assert desk.run(AttachFiles).slots == {"signal": "verify"}


def test_a_question_about_documents_with_files_waiting_adds_them(verified, customer):
    file_one(verified, customer)
    verified.slots = {"files": [upload(verified)]}
    assert verified.run(ClaimDocuments, entities=ESTIMATE).responses == ["utter_document_added_missing"]


def test_the_claim_in_focus_is_meant(verified, customer):
    file_one(verified, customer)
    second = file_one(verified, customer, "home")
    verified.slots = {"claim_in_focus": second.number}
    answer = verified.run(ClaimStatus)
    assert answer.responses == ["utter_claim_status", "utter_other_claims"]
    assert answer.said("utter_claim_status")["number"] == second.number


def test_all_claims_can_be_asked_for(verified, customer):
    file_one(verified, customer)
    second = file_one(verified, customer, "home")
    verified.slots = {"claim_in_focus": second.number}
    answer = verified.run(ClaimStatus, entities=[{"entity": "choice", "value": "all"}])
    assert answer.responses == ["utter_claims"]
