import pytest

from actions.claim_files import ClaimDocuments
from actions.claims import ClaimStatus
from actions.filing import AskClaimPolicy, CheckClaimPolicy, SubmitClaim
from actions.policies import ListPolicies, PolicyDetails
from tests.factories.crm import a_customer, a_policy


@pytest.mark.parametrize(
    "action", [ListPolicies, PolicyDetails, ClaimStatus, ClaimDocuments, AskClaimPolicy, CheckClaimPolicy, SubmitClaim]
)
def test_nothing_is_shown_before_verification(desk, customer, action):
    answer = desk.run(action)
    assert answer.messages == []
    assert answer.slots["signal"] == "verify"


def test_the_list_holds_the_customer_s_own_policies_only(verified, customer):
    with verified.store.session() as session:
        a_policy(session)
    listed = verified.run(ListPolicies).said("utter_policies")
    assert [policy["number"] for policy in listed["policies"]] == [customer["home"], customer["auto"]] or {
        policy["number"] for policy in listed["policies"]
    } == {customer["home"], customer["auto"]}


def test_the_list_of_one_line(verified, customer):
    verified.slots = {"focus": {"line_of_business": "home"}}
    listed = verified.run(ListPolicies).said("utter_one_policy")
    assert [policy["number"] for policy in listed["policies"]] == [customer["home"]]


def test_no_policies(desk):
    with desk.store.session() as session:
        row = a_customer(session)
        row_id = a_policy(session, row, status="active").number
    desk.verify(row_id)
    with desk.store.session() as session:
        from crm.schema import Policy

        session.delete(session.query(Policy).filter(Policy.number_index == row_id).one())
    assert desk.run(ListPolicies).responses == ["utter_no_policies"]


def test_details_of_a_named_policy(verified, customer):
    verified.slots = {"focus": {"policy_number": customer["auto"]}}
    details = verified.run(PolicyDetails).said("utter_policy_details")
    assert details["number"] == customer["auto"]
    assert {row["label"] for row in details["rows"]} >= {"status", "premium", "vehicle", "plate"}
    assert details["coverages"][0]["limit"]["currency"] == "USD"


def test_details_of_another_customer_s_policy_are_not_found(verified):
    with verified.store.session() as session:
        foreign = a_policy(session).number
    verified.slots = {"focus": {"policy_number": foreign}}
    assert verified.run(PolicyDetails).responses == ["utter_policy_not_found", "utter_policies"]


def test_an_entity_of_this_message_beats_the_request(verified, customer):
    verified.slots = {"focus": {"policy_number": "PA-0000000"}}
    entities = [{"entity": "policy_number", "value": customer["home"]}]
    details = verified.run(PolicyDetails, entities=entities).said("utter_policy_details")
    assert details["number"] == customer["home"]


def test_which_policy_is_asked_when_several_fit(verified):
    assert verified.run(PolicyDetails).responses == ["utter_which_policy"]


def test_a_line_without_a_policy_is_said_so(verified):
    verified.slots = {"focus": {"line_of_business": "life"}}
    assert verified.run(PolicyDetails).responses == ["utter_no_policy_of_line", "utter_policies"]


def test_the_line_decides(verified, customer):
    verified.slots = {"focus": {"line_of_business": "auto"}}
    assert verified.run(PolicyDetails).said("utter_policy_details")["number"] == customer["auto"]
