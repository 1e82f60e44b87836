from datetime import timedelta

import pytest
from sqlalchemy import func, select

from actions.filing import AskClaimConfirm, AskClaimPolicy, CheckClaimPolicy, SubmitClaim
from crm.schema import Claim
from crm.services import attachments, claims
from tests.factories.crm import NOW, a_customer, a_policy


def answers(customer, **changed):
    return {
        "claim_injured": False,
        "claim_policy": customer["auto"],
        "claim_line": "auto",
        "claim_what": "A van hit me from behind",
        "claim_date": "2026-11-12",
        "claim_time": "17:30",
        "claim_place": "Main Street",
        "claim_auto_kind": "collision",
        "claim_other_party": True,
        "claim_other_details": "not_given",
        "claim_drivable": True,
        "claim_report": "not_given",
        "claim_photos": False,
        "claim_confirm": True,
    } | changed


def filed(desk) -> int:
    with desk.store.session() as session:
        return session.scalar(select(func.count()).select_from(Claim))


def test_a_claim_is_filed_with_every_answer(verified, customer):
    verified.slots = answers(customer)
    answer = verified.run(SubmitClaim)
    said = answer.said("utter_claim_filed_handler_documents")
    assert answer.slots["signal"] == "done"
    with verified.store.session() as session:
        claim = claims.claim(session, customer["id"], said["claim_number"])
    assert (claim.kind, claim.place, claim.description) == ("collision", "Main Street", "A van hit me from behind")
    assert claim.incident_time.isoformat("minutes") == "17:30"
    assert claim.details["injured"] == "no"
    assert claim.details["other_party"] == "yes"


def test_the_same_message_files_it_once(verified, customer):
    verified.slots = answers(customer)
    first = verified.run(SubmitClaim).messages
    assert verified.run(SubmitClaim).messages == first
    assert filed(verified) == 1


def test_another_message_files_another(verified, customer):
    verified.slots = answers(customer)
    verified.run(SubmitClaim)
    verified.message_id = "m2"
    verified.run(SubmitClaim)
    assert filed(verified) == 2


def test_photos_go_along(verified, customer):
    with verified.store.session() as session:
        file = attachments.add(
            session, verified.conversation_id, name="a.jpg", media_type="image/jpeg", content=b"x", now=NOW
        )
    verified.slots = answers(customer, files=[file.id])
    said = verified.run(SubmitClaim).said("utter_claim_filed_handler_documents")
    assert "photos" not in said["missing"]


def test_another_conversation_s_file_files_nothing(verified, customer):
    verified.slots = answers(customer, files=["0" * 32])
    answer = verified.run(SubmitClaim)
    assert answer.responses == ["utter_service_trouble"]
    assert answer.slots == {"claim_confirm": None, "signal": "failed"}
    assert filed(verified) == 0


def test_a_day_in_the_future_is_asked_for_again_and_the_retry_may_file(verified, customer):
    verified.slots = answers(customer, claim_date=str((NOW + timedelta(days=9)).date()))
    answer = verified.run(SubmitClaim)
    assert answer.responses == ["utter_claim_date_in_future"]
    assert answer.slots == {"claim_date": None, "claim_confirm": None}
    verified.slots = answers(customer)
    verified.run(SubmitClaim)
    assert filed(verified) == 1


def test_another_customer_s_policy_files_nothing(verified, customer):
    with verified.store.session() as session:
        foreign = a_policy(session).number
    verified.slots = answers(customer, claim_policy=foreign)
    assert verified.run(SubmitClaim).responses == ["utter_service_trouble"]
    assert filed(verified) == 0


class TestWhichPolicy:
    def test_all_that_fit_are_offered(self, verified, customer):
        offered = verified.run(AskClaimPolicy).said("utter_ask_claim_policy")["policies"]
        assert {policy["number"] for policy in offered} == {customer["auto"], customer["home"]}

    @pytest.mark.parametrize(
        "slots",
        [{"focus": {"line_of_business": "home"}}, {"claim_home_kind": "water"}],
        ids=["the line was said", "the kind tells"],
    )
    def test_the_only_one_that_fits_is_taken(self, verified, customer, slots):
        verified.slots = slots
        answer = verified.run(AskClaimPolicy)
        assert answer.responses == ["utter_claim_policy_assumed"]
        assert answer.slots == {"claim_policy": customer["home"], "claim_line": "home"}

    def test_a_number_is_taken(self, verified, customer):
        verified.slots = {"claim_policy": customer["auto"].lower()}
        assert verified.run(CheckClaimPolicy).slots["claim_policy"] == customer["auto"]

    def test_words_may_name_it(self, verified, customer):
        verified.slots = {"claim_policy": "the Volvo"}
        answer = verified.run(CheckClaimPolicy)
        assert answer.slots == {"claim_policy": customer["auto"], "claim_line": "auto"}
        assert answer.responses == ["utter_claim_policy_assumed"]

    def test_words_that_name_none(self, verified):
        verified.slots = {"claim_policy": "hm"}
        answer = verified.run(CheckClaimPolicy)
        assert answer.responses == ["utter_claim_policy_unclear"]
        assert answer.slots == {"claim_policy": None, "claim_line": None}

    def test_a_line_that_is_not_taken_yet(self, verified, customer):
        with verified.store.session() as session:
            from crm.schema import Customer

            travel = a_policy(session, session.get(Customer, customer["id"]), "travel").number
        verified.slots = {"claim_policy": travel}
        answer = verified.run(CheckClaimPolicy)
        assert answer.responses == ["utter_claim_line_not_yet"]
        assert answer.slots["signal"] == "abandon"

    def test_nobody_s_policies(self, desk):
        with desk.store.session() as session:
            number = a_policy(session, a_customer(session), "life").number
        desk.verify(number)
        assert desk.run(AskClaimPolicy).responses == ["utter_claim_line_not_yet"]


def test_the_summary_leaves_out_what_was_not_given(desk, customer):
    desk.slots = answers(customer, files=["a", "b"])
    rows = {row["label"]: row["value"] for row in desk.run(AskClaimConfirm).said("utter_claim_summary")["rows"]}
    assert rows["kind"] == "collision"
    assert rows["injured"] is False
    assert rows["photos"] == 2
    assert "other_details" not in rows
    assert "habitable" not in rows
