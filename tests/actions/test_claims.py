from actions.claim_files import ClaimDocuments
from actions.claims import ClaimStatus
from crm.schema import Customer
from crm.services import claims, policies
from tests.factories.crm import NOW, a_policy, a_report


def file_one(desk, customer, line="auto"):
    with desk.store.session() as session:
        policy = policies.policy(session, customer["id"], customer[line])
        report = a_report(policy, kind="collision" if line == "auto" else "water")
        return claims.file_claim(session, customer["id"], report, now=NOW)


def test_without_claims_one_is_offered(verified):
    assert verified.run(ClaimStatus).responses == ["utter_no_claims"]


def test_the_only_claim(verified, customer):
    claim = file_one(verified, customer)
    said = verified.run(ClaimStatus).said("utter_claim_status")
    assert (said["number"], said["status"], said["next_step"]) == (claim.number, "awaiting_documents", "send_documents")
    assert said["history"][0]["code"] == "filed"


def test_which_one_is_asked(verified, customer):
    file_one(verified, customer)
    file_one(verified, customer, "home")
    asked = verified.run(ClaimStatus).said("utter_claims")
    assert asked["count"] == 2
    assert asked["shown"][0]["intent"] == "claim_status"


def test_the_line_decides(verified, customer):
    file_one(verified, customer)
    claim = file_one(verified, customer, "home")
    verified.slots = {"focus": {"line_of_business": "home"}}
    assert verified.run(ClaimStatus).said("utter_claim_status")["number"] == claim.number


def test_another_customer_s_claim_is_not_found(verified, customer):
    file_one(verified, customer)
    with verified.store.session() as session:
        foreign = a_policy(session)
        other = claims.file_claim(session, session.get(Customer, foreign.customer_id).id, a_report(foreign), now=NOW)
    verified.slots = {"focus": {"claim_number": other.number}}
    answer = verified.run(ClaimStatus)
    assert answer.responses == ["utter_claim_not_found", "utter_one_claim"]
    assert other.number not in str(answer.said("utter_one_claim"))


def test_missing_documents(verified, customer):
    file_one(verified, customer)
    said = verified.run(ClaimDocuments).said("utter_claim_documents_missing")
    assert said["missing"] == ["photos", "driving_licence", "repair_estimate"]
