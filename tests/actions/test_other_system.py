"""Actions with an insurer's existing system behind them, made from its description."""

import pytest

from actions.billing import BillingBalance, PaymentHistory, RefundStatus
from actions.branches import MyAgent
from actions.cancellation import ChooseCancellationPolicy
from actions.claim_files import ClaimDocuments
from actions.claims import ClaimStatus
from actions.contact import SubmitContact
from actions.filing import AskClaimPolicy, SubmitClaim
from actions.paying import AskPaymentConfirm
from actions.policies import ListPolicies, PolicyDetails
from actions.verify import SubmitVerify
from crm.connectors import RestConnector
from crm.connectors.http import Caller
from crm.schema import Claim, Policy
from crm.services import one_time_codes
from tests.crm.connectors.conftest import DESCRIPTION, TOKEN
from tests.factories.crm import NOW
from tests.factories.described_server import DescribedServer, served


@pytest.fixture(scope="module")
def running():
    with served(DescribedServer.of(DESCRIPTION, TOKEN)) as server:
        yield server


@pytest.fixture
def there(running):
    for kept in (running.seen, running.answers, running.kept, running.faults):
        kept.clear()
    yield running
    assert running.faults == []


@pytest.fixture
def desk(desk, there):
    desk.connector = RestConnector(there.url, TOKEN, Caller(there.url, TOKEN, pause=lambda _: None))
    yield desk
    desk.connector.close()


def verify(desk):
    desk.slots = {"verify_identifier": "PA-1234567", "verify_birth_date": "1979-04-18"}
    answer = desk.run(SubmitVerify)
    desk.slots = {}
    return answer


def test_verify_list_policies_and_ask_for_the_claim(desk, there):
    assert desk.run(ListPolicies).slots == {"signal": "verify"}
    assert verify(desk).said("utter_verified")["given_name"] == "Margaret"
    listed = desk.run(ListPolicies).said("utter_policies")
    assert {policy["number"] for policy in listed["policies"]} == {"PA-1234567", "PA-7654321"}
    claim = desk.run(ClaimStatus).said("utter_claim_status")
    assert (claim["number"], claim["status"], claim["next_step"]) == (
        "CL-1234567",
        "awaiting_documents",
        "send_documents",
    )
    assert [seen.operation for seen in there.seen] == ["matchCustomer", "listPolicies", "listClaims"]


def test_everything_else_that_reads(desk):
    verify(desk)
    desk.slots = {"focus": {"policy_number": "PA-1234567"}}
    assert desk.run(PolicyDetails).said("utter_policy_details")["number"] == "PA-1234567"
    desk.slots = {}
    assert desk.run(ClaimDocuments).said("utter_claim_documents_missing")["missing"] == ["repair_estimate"]
    assert desk.run(BillingBalance).responses == ["utter_balance_due"]
    assert desk.run(PaymentHistory).responses == ["utter_one_payment"]
    assert desk.run(RefundStatus).responses == ["utter_refunds"]
    assert len(desk.run(AskClaimPolicy).said("utter_ask_claim_policy")["policies"]) == 2
    assert desk.run(MyAgent).responses == ["utter_no_agent"]


def a_claim(desk):
    desk.slots = {
        "claim_policy": "PA-1234567",
        "claim_line": "auto",
        "claim_auto_kind": "collision",
        "claim_date": "2026-11-13",
        "claim_what": "Hit a bollard",
        "claim_confirm": True,
    }
    return desk.run(SubmitClaim)


def test_a_claim_is_filed_there_and_not_here(desk, there):
    verify(desk)
    assert a_claim(desk).said("utter_claim_filed_handler_documents")["claim_number"] == "CL-1234567"
    assert there.seen[-1].body["description"] == "Hit a bollard"
    with desk.store.reading() as session:
        assert (session.query(Claim).count(), session.query(Policy).count()) == (0, 0)


def test_a_claim_that_got_lost_on_its_way_back_is_filed_once(desk, there):
    verify(desk)
    there.answers["fileClaim"] = [(503, {}), (201, None)]
    assert a_claim(desk).responses == ["utter_service_trouble"]
    desk.message_id = "m2"
    assert a_claim(desk).responses == ["utter_claim_filed_handler_documents"]
    desk.message_id = "m3"
    a_claim(desk)
    lost, again, another = (seen.headers["idempotency-key"] for seen in there.seen if seen.operation == "fileClaim")
    assert lost == again != another


def test_contact_data_change_there(desk, there):
    verify(desk)
    sent = []

    class Hand:
        def deliver(self, session, message) -> None:
            sent.append(message.code)

    with desk.store.session() as session:
        one_time_codes.request_code(session, desk.conversation_id, deliver=Hand(), now=NOW)
    with desk.store.session() as session:
        one_time_codes.confirm_code(session, desk.conversation_id, sent[0], NOW)
    desk.slots = {"contact_phone": "+15552000099", "contact_confirm": True}
    assert desk.run(SubmitContact).said("utter_contact_changed_warned")["changed"] == ["phone"]
    assert there.seen[-1].operation == "changeContact"


def test_a_system_that_is_down_sounds_like_trouble_and_not_like_a_wrong_answer(desk, there):
    there.answers["matchCustomer"] = [(503, {})]
    assert verify(desk).responses == ["utter_service_trouble"]
    there.answers.clear()
    verify(desk)
    there.answers["listPolicies"] = [(503, {})]
    assert desk.run(ListPolicies).responses == ["utter_service_trouble"]


def test_a_wrong_birth_date_sounds_as_ever(desk, there):
    there.answers["matchCustomer"] = [(404, None)]
    assert verify(desk).responses == ["utter_verification_failed"]


@pytest.mark.parametrize("action", [ChooseCancellationPolicy, AskPaymentConfirm])
def test_what_only_works_on_our_own_store_is_left_to_a_person(desk, there, action):
    verify(desk)
    answer = desk.run(action)
    assert (answer.responses, answer.slots) == (["utter_no_suitable_policy"], {"signal": "abandon"})
