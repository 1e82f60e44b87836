"""What customers say in passing is understood as they mean it."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from actions.beneficiary import SubmitBeneficiary, corrected_people
from actions.billing import BillingBalance
from actions.complaints import BeginFeedback
from actions.contact import CheckContactAddress, wishes
from actions.coverage_change import ChooseCoverPolicy
from actions.renewal import ChooseRenewalPolicy
from actions.vehicle import model
from crm.schema import Customer, Policy
from tests.factories.crm import NOW, a_policy, an_invoice

LEES = [{"name": "Mia Lee", "share": 50, "relation": "daughter"}, {"name": "Leo Lee", "share": 50, "relation": "son"}]


class TestBeneficiaries:
    def test_new_shares_beside_the_no_are_taken(self, verified):
        verified.slots = {"beneficiary_names": LEES, "beneficiary_confirm": False}
        slots = verified.run(SubmitBeneficiary, text="no, Mia 70% and Leo 30%").slots
        assert [(p["name"], p["share"]) for p in slots["beneficiary_names"]] == [("Mia Lee", 70), ("Leo Lee", 30)]
        assert slots["beneficiary_confirm"] is None

    def test_a_bare_no_asks_for_the_names_again(self, verified):
        verified.slots = {"beneficiary_names": LEES, "beneficiary_confirm": False}
        assert verified.run(SubmitBeneficiary, text="no").responses == ["utter_beneficiary_again"]

    @pytest.mark.parametrize("text", ["no, Mia 70%", "no, my brother too", "不对"])
    def test_half_a_correction_is_none(self, text):
        assert corrected_people(text, LEES) == []

    def test_in_chinese(self):
        people = corrected_people("不对，李小美70%，李小明30%", [])
        assert [(p["name"], p["share"]) for p in people] == [("李小美", 70), ("李小明", 30)]


class TestContact:
    @pytest.mark.parametrize(
        ("language", "typed", "meant"),
        [
            ("zh", "138 0013 8000", "+8613800138000"),
            ("en", "13105550123", "13105550123"),
            ("zh", "010-12345678", "010-12345678"),
        ],
    )
    def test_eleven_digits_in_chinese_are_a_chinese_mobile(self, language, typed, meant):
        assert wishes(SimpleNamespace(slots={"language": language, "contact_phone": typed})) == {"phone": meant}

    def test_half_an_address_said_in_passing_is_asked_for_without_a_lesson(self, desk):
        desk.slots = {"contact_address": "7 Mill Lane", "requested_slot": None}
        answer = desk.run(CheckContactAddress)
        assert (answer.responses, answer.slots) == ([], {"contact_address": None, "contact_what": "address"})

    def test_the_postcode_behind_an_address_said_in_passing_belongs_to_it(self, desk):
        desk.slots = {"contact_address": "北京市海淀区中关村大街1号", "requested_slot": None}
        answer = desk.run(CheckContactAddress, text="搬家了，新地址北京市海淀区中关村大街1号 100080")
        assert answer.slots["contact_address"]["postcode"] == "100080"


@pytest.mark.parametrize("typed", ["its a 2021 Honda Civic", "2021 Honda Civic", "A 2021 Honda Civic."])
def test_a_car_is_named_without_the_words_that_lead_to_it(typed):
    assert model(SimpleNamespace(slots={"vehicle_model": typed})) == "2021 Honda Civic"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("I have some feedback", False),
        ("can I leave a review please", False),
        ("我想提个意见", False),
        ("your chat is really quick, well done", True),
        ("你们这个聊天挺好用的", True),
        ("my feedback is that the website is confusing and slow on the phone", True),
    ],
)
def test_feedback_that_is_only_announced_is_asked_for(desk, text, kept):
    assert desk.run(BeginFeedback, text=text).slots == {"feedback_comment": text if kept else None}


def test_the_policy_with_the_cover_is_the_one_meant(verified, customer):
    with verified.store.session() as session:
        home = next(p for p in session.scalars(select(Policy)) if p.number == customer["home"])
        next(c for c in home.plan.coverages if c.code == "theft").code = "contents"
    verified.slots = {"cover_action": "deductible", "cover_code": "theft"}
    assert verified.run(ChooseCoverPolicy).slots == {"cover_policy": customer["auto"]}


def test_a_renewal_that_is_not_due_names_the_policy_meant(verified, customer):
    with verified.store.session() as session:
        for row in session.scalars(select(Policy)):
            row.ends_on = NOW.date() + timedelta(days=200)
        a_policy(
            session, session.get(Customer, customer["id"]), "life", insured={}, ends_on=NOW.date() + timedelta(200)
        )
    verified.slots = {"focus": {"line_of_business": "life"}}
    shown = verified.run(ChooseRenewalPolicy).said("utter_no_renewal_due")["policies"]
    assert [policy["line"] for policy in shown] == ["life"]


def test_a_sum_that_is_late_as_a_whole_is_named_once(verified, customer):
    with verified.store.session() as session:
        policy = next(p for p in session.scalars(select(Policy)) if p.number == customer["auto"])
        an_invoice(session, policy, NOW.date() - timedelta(days=10))
    assert verified.run(BillingBalance).responses == ["utter_balance_overdue_all"]
