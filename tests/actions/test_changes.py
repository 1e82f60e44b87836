"""Documents, contact details, vehicle, beneficiaries, cover, renewal and cancellation: asked, shown, then written."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from actions.addresses import read_address
from actions.beneficiary import (
    AskBeneficiaryNames,
    CheckBeneficiaryNames,
    ChooseBeneficiaryPolicy,
    SubmitBeneficiary,
    read_people,
)
from actions.cancellation import AskCancellationConfirm, SubmitCancellation
from actions.contact import AskContactConfirm, AskContactWhat, CheckContactAddress, SubmitContact
from actions.coverage_change import AskCoverCode, AskCoverConfirm, SubmitCover
from actions.documents import ChooseProofPolicy, ExportMyData, SubmitProof
from actions.own_data import AskErasureConfirm, AskMarketingConfirm, SubmitErasure, SubmitMarketing
from actions.renewal import AskRenewalConfirm, ChooseRenewalPolicy, SubmitRenewal
from actions.vehicle import AskVehicleConfirm, SubmitVehicle
from crm.schema import Customer, Policy, ServiceRequest
from crm.services import attachments, erasure, policies, policy_changes
from tests.factories.crm import NOW, a_policy

TODAY = NOW.date()


def requests(desk) -> int:
    with desk.store.session() as session:
        return session.scalar(select(func.count()).select_from(ServiceRequest))


def ends(desk, number: str, days: int) -> None:
    with desk.store.session() as session:
        row = next(row for row in session.scalars(select(Policy)) if row.number == number)  # the number is sealed
        row.ends_on = TODAY + timedelta(days=days)


@pytest.fixture
def life(desk, customer) -> str:
    with desk.store.session() as session:
        return a_policy(session, session.get(Customer, customer["id"]), "life", insured={}).number


@pytest.mark.parametrize(
    "action",
    [ChooseProofPolicy, AskContactWhat, AskContactConfirm, AskCoverCode, AskRenewalConfirm, AskErasureConfirm,
     AskMarketingConfirm, AskCancellationConfirm, AskVehicleConfirm, AskBeneficiaryNames],
)  # fmt: skip
def test_nobody_is_asked_or_shown_anything_before_verification(desk, action):
    answer = desk.run(action)
    assert (answer.responses, answer.slots["signal"]) == ([], "verify")


@pytest.mark.parametrize(
    "action", [SubmitProof, ExportMyData, SubmitContact, SubmitVehicle, SubmitBeneficiary, SubmitCover, SubmitRenewal,
               SubmitCancellation, SubmitErasure],
)  # fmt: skip
def test_nothing_is_changed_or_handed_out_without_a_code(verified, action):
    names = ("beneficiary", "cover", "renewal", "cancellation", "erasure")
    verified.slots = {f"{name}_confirm": True for name in names}
    assert verified.run(action).slots == {"signal": "one_time_code"}
    assert requests(verified) == 0


class TestChoosing:
    def test_one_of_several_is_asked_for(self, verified, customer):
        shown = verified.run(ChooseProofPolicy).said("utter_ask_proof_policy")["policies"]
        assert {policy["number"] for policy in shown} == {customer["auto"], customer["home"]}

    def test_the_line_of_the_request_decides(self, verified, customer):
        verified.slots = {"focus": {"line_of_business": "home"}}
        assert verified.run(ChooseProofPolicy).slots == {"proof_policy": customer["home"]}

    def test_an_answer_in_words(self, verified, customer):
        verified.slots = {"proof_policy": "the Volvo"}
        assert verified.run(ChooseProofPolicy).slots == {"proof_policy": customer["auto"]}

    def test_an_answer_that_fits_none_is_asked_again(self, verified):
        verified.slots = {"proof_policy": "hm"}
        answer = verified.run(ChooseProofPolicy)
        assert answer.responses == ["utter_policy_unclear", "utter_ask_proof_policy"]
        assert answer.slots == {"proof_policy": None}

    def test_somebody_elses_number(self, verified):
        verified.slots = {"focus": {"policy_number": "PA-9999999"}}
        assert verified.run(ChooseProofPolicy).responses[0] == "utter_policy_not_suitable"

    def test_a_line_that_is_not_there(self, verified):
        verified.slots = {"focus": {"line_of_business": "travel"}}
        assert verified.run(ChooseProofPolicy).responses == ["utter_line_not_suitable", "utter_ask_proof_policy"]

    def test_no_life_policy(self, verified):
        answer = verified.run(ChooseBeneficiaryPolicy)
        assert (answer.responses, answer.slots) == (["utter_no_life_policy"], {"signal": "abandon"})


class TestFiles:
    def test_a_proof_is_a_file_of_the_conversation_and_issued_once(self, confirmed, customer):
        confirmed.slots = {"proof_policy": customer["auto"]}
        first, again = confirmed.run(SubmitProof), confirmed.run(SubmitProof)
        file = first.said("utter_proof_issued")["attachment"]
        assert file == again.messages[0]["attachment"]
        assert file["media_type"] == "application/pdf"
        with confirmed.store.session() as session:
            assert attachments.read(session, confirmed.conversation_id, file["id"])[1].startswith(b"%PDF")

    def test_a_policy_that_ended(self, confirmed, customer):
        ends(confirmed, customer["auto"], -1)
        confirmed.slots = {"proof_policy": customer["auto"]}
        assert confirmed.run(SubmitProof).responses == ["utter_proof_not_in_force"]

    def test_the_copy_of_all_data(self, confirmed):
        file = confirmed.run(ExportMyData).said("utter_data_exported")["attachment"]
        assert file["media_type"] == "application/zip"


class TestContact:
    def test_the_summary_shows_the_old_values_masked(self, verified, customer):
        verified.slots = {"contact_phone": "+15550100177", "contact_email": "new@example.com"}
        rows = verified.run(AskContactConfirm).said("utter_ask_contact_confirm")["rows"]
        shown = {row["label"]: row["value"] for row in rows}
        assert shown["new_email"] == "new@example.com"
        assert customer["phone"] not in str(rows)

    def test_an_address_is_shown_in_its_parts(self, verified):
        verified.slots = {"contact_address": {"line": "12 Elm Street", "city": "Alderwick", "postcode": "62704"}}
        rows = verified.run(AskContactConfirm).said("utter_ask_contact_confirm")["rows"]
        assert [row["value"] for row in rows] == ["12 Elm Street", "Alderwick", "62704"]

    def test_several_at_once_changed_once(self, confirmed, customer):
        confirmed.slots = {
            "contact_phone": "+15550100177",
            "contact_email": "new@example.com",
            "contact_address": {"line": "12 Elm Street", "city": "Alderwick", "postcode": "62704"},
            "contact_confirm": True,
        }
        first, again = confirmed.run(SubmitContact), confirmed.run(SubmitContact)
        assert first.messages == again.messages
        assert first.responses == ["utter_contact_changed_warned"]
        assert requests(confirmed) == 1
        with confirmed.store.session() as session:
            assert session.get(Customer, customer["id"]).email == "new@example.com"

    def test_what_is_no_number_is_asked_again(self, verified):
        verified.slots = {"contact_phone": "12"}
        answer = verified.run(AskContactConfirm)
        assert answer.responses == ["utter_hint_contact_phone"]
        assert answer.slots == {"contact_phone": None, "contact_confirm": None}

    def test_an_address_without_its_parts_is_asked_again(self, verified):
        verified.slots = {"contact_address": "somewhere else"}
        assert verified.run(CheckContactAddress).slots == {"contact_address": None}

    @pytest.mark.parametrize(
        ("text", "line", "city", "postcode"),
        [
            ("12 Elm Street, Springfield, IL 62704", "12 Elm Street", "Springfield, IL", "62704"),
            ("it's 5 Main Rd, Alderwick AW4 2QL", "5 Main Rd", "Alderwick", "AW4 2QL"),
            ("Rose Cottage, 2 Mill Lane, Leeds, LS1 4AP", "Rose Cottage, 2 Mill Lane", "Leeds", "LS1 4AP"),
            ("北京市朝阳区建国路88号 100020", "朝阳区建国路88号", "北京市", "100020"),
            ("我的新地址是广东省深圳市南山区科技园路1号，518000", "南山区科技园路1号", "深圳市", "518000"),
        ],
    )
    def test_addresses_are_taken_apart(self, text, line, city, postcode):
        assert read_address(text) == {"line": line, "city": city, "postcode": postcode}


class TestVehicle:
    def asked(self, desk, customer, day: date):
        desk.slots = {
            "vehicle_policy": customer["auto"],
            "vehicle_model": "2021 Honda Civic",
            "vehicle_plate": "abc 1234",
            "vehicle_from": day.isoformat(),
            "vehicle_confirm": True,
        }
        return desk

    def test_the_summary_changes_nothing(self, verified, customer):
        answer = self.asked(verified, customer, TODAY).run(AskVehicleConfirm)
        assert answer.responses == ["utter_ask_vehicle_confirm"]
        assert requests(verified) == 0

    def test_from_today_it_counts_at_once(self, confirmed, customer):
        answer = self.asked(confirmed, customer, TODAY).run(SubmitVehicle)
        assert answer.responses == ["utter_vehicle_changed"]
        with confirmed.store.session() as session:
            insured = policies.policy(session, customer["id"], customer["auto"]).insured
        assert insured["plate"] == "ABC 1234"

    def test_for_a_later_day_a_person_does_it(self, confirmed, customer):
        answer = self.asked(confirmed, customer, TODAY + timedelta(days=9)).run(SubmitVehicle)
        assert answer.responses == ["utter_vehicle_change_requested"]

    def test_a_day_too_far_away_is_asked_again(self, verified, customer):
        answer = self.asked(verified, customer, TODAY + timedelta(days=900)).run(AskVehicleConfirm)
        assert answer.responses == ["utter_day_not_possible"]
        assert answer.slots == {"vehicle_from": None, "vehicle_confirm": None}


class TestBeneficiary:
    @pytest.mark.parametrize(
        ("text", "people"),
        [
            ("Anna Lee 60%, Tom Lee 40%", [("Anna Lee", 60, ""), ("Tom Lee", 40, "")]),
            ("my daughter Anna Lee and my son Tom Lee", [("Anna Lee", 50, "daughter"), ("Tom Lee", 50, "son")]),
            ("Ann Roe, Bob Roe and Cy Roe", [("Ann Roe", 34, ""), ("Bob Roe", 33, ""), ("Cy Roe", 33, "")]),
            ("李安娜 60%，李明 40%", [("李安娜", 60, ""), ("李明", 40, "")]),
            ("我女儿李安娜", [("李安娜", 100, "女儿")]),
            ("12", []),
        ],
    )
    def test_names_and_shares_are_read(self, text, people):
        assert [(p["name"], p["share"], p["relation"]) for p in read_people(text)] == people

    def test_shares_that_do_not_add_up(self, desk):
        desk.slots = {"beneficiary_names": "Ann Roe 60%, Bob Roe 60%"}
        assert desk.run(CheckBeneficiaryNames).responses == ["utter_beneficiary_shares"]

    def test_they_are_named_once_and_a_no_asks_again(self, confirmed, customer, life):
        people = read_people("Anna Lee 60%, Tom Lee 40%")
        confirmed.slots = {"beneficiary_policy": life, "beneficiary_names": people, "beneficiary_confirm": False}
        assert confirmed.run(SubmitBeneficiary).responses == ["utter_beneficiary_again"]
        confirmed.slots = {**confirmed.slots, "beneficiary_confirm": True}
        confirmed.run(SubmitBeneficiary)
        assert confirmed.run(SubmitBeneficiary).responses == ["utter_beneficiary_changed"]
        with confirmed.store.session() as session:
            named = policy_changes.beneficiaries(session, customer["id"], life)
        assert [(person.name, person.share) for person in named] == [("Anna Lee", 60), ("Tom Lee", 40)]
        assert requests(confirmed) == 1


class TestCover:
    def wish(self, desk, customer, action, code, amount=None):
        desk.slots = {
            "cover_policy": customer["auto"], "cover_action": action, "cover_code": code, "cover_amount": amount,
            "cover_confirm": True,
        }  # fmt: skip
        return desk

    def test_the_price_is_shown_before_and_nothing_is_asked_for_yet(self, verified, customer):
        answer = self.wish(verified, customer, "deductible", "theft", 500).run(AskCoverConfirm)
        assert answer.responses[0].startswith("utter_ask_cover_confirm")
        assert requests(verified) == 0

    def test_it_is_asked_for_once(self, confirmed, customer):
        desk = self.wish(confirmed, customer, "deductible", "theft", 500)
        assert desk.run(SubmitCover).messages == desk.run(SubmitCover).messages
        assert requests(confirmed) == 1

    @pytest.mark.parametrize(
        ("action", "code", "response"),
        [
            ("add", "theft", "utter_cover_held_already"),
            ("remove", "liability", "utter_cover_not_possible"),
            ("remove", "glass", "utter_hint_cover_code"),
        ],
    )
    def test_what_cannot_be(self, verified, customer, action, code, response):
        answer = self.wish(verified, customer, action, code).run(AskCoverConfirm)
        assert answer.responses == [response]

    def test_nothing_to_add(self, verified, customer):
        self.wish(verified, customer, "add", None)
        assert verified.run(AskCoverCode).responses == ["utter_cover_nothing_to_add"]

    def test_a_no_needs_no_code(self, verified, customer):
        self.wish(verified, customer, "remove", "theft").slots["cover_confirm"] = False
        assert verified.run(SubmitCover).responses == ["utter_cover_not_wished"]


class TestRenewal:
    def test_nothing_is_due(self, verified, customer):
        ends(verified, customer["auto"], 200)
        ends(verified, customer["home"], 200)
        answer = verified.run(ChooseRenewalPolicy)
        assert (answer.responses, answer.slots) == (["utter_no_renewal_due"], {"signal": "abandon"})

    def test_another_line_is_not_renewed_instead(self, verified, customer):
        ends(verified, customer["auto"], 200)
        ends(verified, customer["home"], 20)
        verified.slots = {"focus": {"line_of_business": "auto"}}
        shown = verified.run(ChooseRenewalPolicy).said("utter_no_renewal_due")["policies"]
        assert [policy["number"] for policy in shown] == [customer["auto"]]

    def test_offered_with_its_price_and_accepted_once(self, confirmed, customer):
        ends(confirmed, customer["auto"], 20)
        confirmed.slots = {"renewal_policy": customer["auto"], "renewal_confirm": True}
        rows = confirmed.run(AskRenewalConfirm).said("utter_ask_renewal_confirm")["rows"]
        assert {"premium_now", "premium_new"} <= {row["label"] for row in rows}
        assert confirmed.run(SubmitRenewal).messages == confirmed.run(SubmitRenewal).messages
        assert confirmed.run(AskRenewalConfirm).responses == ["utter_renewed_already"]


class TestCancellation:
    def test_shown_first_then_requested_and_the_policy_stays_in_force(self, confirmed, customer):
        confirmed.slots = {
            "cancellation_policy": customer["auto"],
            "cancellation_from": (TODAY + timedelta(days=3)).isoformat(),
            "cancellation_reason": "not_given",
            "cancellation_confirm": True,
        }
        assert confirmed.run(AskCancellationConfirm).responses == ["utter_ask_cancellation_confirm"]
        assert requests(confirmed) == 0
        assert confirmed.run(SubmitCancellation).responses == ["utter_cancellation_requested"]
        with confirmed.store.session() as session:
            assert policies.policy(session, customer["id"], customer["auto"]).status == "active"

    def test_a_day_after_the_end(self, verified, customer):
        verified.slots = {"cancellation_policy": customer["auto"], "cancellation_from": "2028-01-01"}
        assert verified.run(AskCancellationConfirm).responses == ["utter_day_not_possible"]


class TestOwnData:
    def test_the_consequences_come_first_and_a_no_changes_nothing(self, verified):
        assert verified.run(AskErasureConfirm).responses == ["utter_ask_erasure_confirm_policies"]
        verified.slots = {"erasure_confirm": False}
        assert verified.run(SubmitErasure).responses == ["utter_erasure_not_wished"]
        assert requests(verified) == 0

    def test_erasure_has_a_deadline_and_is_asked_for_once(self, confirmed):
        confirmed.slots = {"erasure_confirm": True}
        assert confirmed.run(SubmitErasure).said("utter_erasure_requested")["due_on"] > TODAY.isoformat()
        assert confirmed.run(AskErasureConfirm).responses == ["utter_erasure_waiting"]

    def test_where_nothing_stands_against_it_erasure_begins_at_once(self, confirmed, customer):
        with confirmed.store.session() as session:
            session.execute(update(Policy).where(Policy.customer_id == customer["id"]).values(status="expired"))
        assert confirmed.run(AskErasureConfirm).responses == ["utter_ask_erasure_confirm_now"]
        confirmed.slots = {"erasure_confirm": True}
        answer = confirmed.run(SubmitErasure)
        assert answer.responses == ["utter_erasure_begun", "utter_erasure_kept", "utter_erasure_farewell"]
        assert [item["law"] for item in answer.said("utter_erasure_kept")["kept"]] == ["contracts"]
        assert confirmed.run(SubmitErasure).responses == answer.responses
        with confirmed.store.session() as session:
            assert [view.conversation_id for view in erasure.open_erasures(session)] == [confirmed.conversation_id]

    def test_marketing_ends_at_once(self, verified, customer):
        assert verified.run(AskMarketingConfirm).responses == ["utter_ask_marketing_confirm"]
        verified.slots = {"marketing_confirm": True}
        assert verified.run(SubmitMarketing).responses == ["utter_marketing_off"]
        assert verified.run(AskMarketingConfirm).responses == ["utter_marketing_off_already"]


def test_a_store_that_is_down_changes_nothing_and_keeps_the_form(confirmed, monkeypatch):
    def down(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr("crm.services.contact_changes.change_contact", down)
    confirmed.slots = {"contact_phone": "+15550100177", "contact_confirm": True}
    answer = confirmed.run(SubmitContact)
    assert (answer.responses, answer.slots) == (
        ["utter_service_trouble"],
        {"contact_confirm": None, "signal": "failed"},
    )
