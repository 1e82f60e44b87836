from datetime import date, timedelta

import pytest

from crm.domain import Beneficiary, Line, Money, PolicyStatus
from crm.errors import InvalidInput, NotEligible, NotFound, OutOfRange
from crm.schema import Interaction, Payment, PlanCoverage
from crm.services import coverage_changes, policies, policy_changes, service_requests
from crm.services.once import once
from tests.factories import crm as make

TODAY = make.NOW.date()


def usd(minor):
    return Money(minor, "USD")


def call(verb, session, policy, **options):
    return verb(session, policy.customer_id, policy.number, **({"conversation_id": None, "now": make.NOW} | options))


def vehicle(session, policy, **options):
    wanted = {"vehicle": " Skoda  Octavia ", "plate": "ab12 cde"}
    return call(policy_changes.change_vehicle, session, policy, **(wanted | options))


def cancel(session, policy, **options):
    return call(policy_changes.request_cancellation, session, policy, **options)


def coverage(session, policy, action, code="glass", **options):
    return call(coverage_changes.change_coverage, session, policy, action=action, code=code, **options)


class TestVehicle:
    def test_from_today_it_is_insured_at_once(self, session):
        policy = make.a_policy(session)
        change = vehicle(session, policy)
        assert change.applied
        insured = policies.policy(session, policy.customer_id, policy.number).insured
        assert insured == {"vehicle": "Skoda Octavia", "plate": "AB12 CDE"}
        (event,) = policy_changes.history(session, policy.customer_id, policy.number)
        assert event.values["before"]["vehicle"] == "Volvo V60"

    def test_for_a_later_day_a_person_does_it(self, session):
        policy = make.a_policy(session)
        change = vehicle(session, policy, effective_on=TODAY + timedelta(days=10))
        assert not change.applied
        assert (change.request.waits_for_person, change.request.due_on) == (True, date(2026, 11, 27))
        assert change.policy.insured["vehicle"] == "Volvo V60"

    def test_the_price_effect_is_known_when_both_values_are(self, session):
        policy = make.a_policy(session)
        assert vehicle(session, policy, value=usd(20_000_00)).price_effect is None
        effect = vehicle(session, policy, value=usd(40_000_00)).price_effect
        assert effect == usd(19_170)  # 600.00 times what 2 to the power of 0.4 is above 1
        assert policies.policy(session, policy.customer_id, policy.number).premium == usd(60_000)

    @pytest.mark.parametrize(
        ("options", "field"),
        [
            ({"vehicle": " "}, "vehicle"),
            ({"plate": ""}, "plate"),
            ({"value": usd(1)}, "vehicle_value"),
            ({"effective_on": TODAY - timedelta(days=1)}, "effective_on"),
            ({"effective_on": TODAY + timedelta(days=91)}, "effective_on"),
        ],
    )
    def test_what_cannot_be_is_refused(self, session, options, field):
        with pytest.raises(InvalidInput) as refused:
            vehicle(session, make.a_policy(session), **options)
        assert refused.value.field == field

    def test_only_where_a_vehicle_is_insured(self, session):
        with pytest.raises(NotEligible):
            vehicle(session, make.a_policy(session, line=Line.HOME))


class TestBeneficiary:
    def name(self, session, policy, *people):
        return call(policy_changes.change_beneficiary, session, policy, beneficiaries=people)

    def test_the_new_ones_replace_the_old(self, session):
        policy = make.a_policy(session, line=Line.LIFE)
        self.name(session, policy, Beneficiary("Ada"))
        change = self.name(session, policy, Beneficiary("Ben Old", 60, "son"), Beneficiary("Cleo", 40))
        assert change.applied
        named = policy_changes.beneficiaries(session, policy.customer_id, policy.number)
        assert named == (Beneficiary("Ben Old", 60, "son"), Beneficiary("Cleo", 40))
        assert change.request.details["before"] == [{"name": "Ada", "share": 100, "relation": ""}]

    @pytest.mark.parametrize("shares", [(60, 30), (150, -50), (100, 0)])
    def test_shares_make_a_hundred(self, session, shares):
        policy = make.a_policy(session, line=Line.LIFE)
        with pytest.raises(InvalidInput) as refused:
            self.name(session, policy, *(Beneficiary("Ada", share) for share in shares))
        assert refused.value.field == "share"

    def test_somebody_has_to_be_named(self, session):
        policy = make.a_policy(session, line=Line.LIFE)
        for people in ((), (Beneficiary(" "),)):
            with pytest.raises(InvalidInput):
                self.name(session, policy, *people)

    def test_only_on_life_policies(self, session):
        with pytest.raises(NotEligible):
            self.name(session, make.a_policy(session), Beneficiary("Ada"))


class TestCoverage:
    @pytest.fixture
    def policy(self, session):
        """Liability and glass are covered; a dearer plan has roadside assistance too."""
        policy = make.a_policy(session)
        plan = policy.plan
        dearer = make.Plan(product_id=plan.product_id, code="top", name="Top", base_premium_minor=90_000)
        session.add(dearer)
        session.flush()
        for where, code in ((plan, "glass"), (dearer, "glass"), (dearer, "roadside")):
            session.add(
                PlanCoverage(plan_id=where.id, code=code, name=code, limit_minor=100_000, deductible_minor=50_000)
            )
        session.flush()
        session.expire_all()
        return policy

    @pytest.mark.parametrize(
        ("action", "code", "amount", "effect"),
        [
            ("add", "roadside", None, 1_800),
            ("add", "roadside", 200_000, 2_294),
            ("remove", "glass", None, -2_400),
            ("limit", "glass", 200_000, 659),
            ("limit", "glass", 50_000, -517),
            ("deductible", "glass", 100_000, -237),
            ("deductible", "glass", 0, 655),
        ],
    )
    def test_the_price_effect_follows_the_rating(self, session, policy, action, code, amount, effect):
        change = coverage(session, policy, action, code, amount=None if amount is None else usd(amount))
        assert change.price_effect == usd(effect)

    def test_a_person_approves_before_anything_is_covered(self, session, policy):
        before = policies.policy(session, policy.customer_id, policy.number)
        change = coverage(session, policy, "add", "roadside")
        assert (change.applied, change.request.waits_for_person) == (False, True)
        assert policies.policy(session, policy.customer_id, policy.number) == before == change.policy
        (event,) = policy_changes.history(session, policy.customer_id, policy.number)
        assert event.code == "change_of_coverage_requested"

    def test_without_a_share_in_the_table_no_price_is_made_up(self, session, policy):
        assert coverage(session, policy, "limit", "liability", amount=usd(1)).price_effect is None

    @pytest.mark.parametrize(
        ("action", "code"), [("add", "glass"), ("remove", "roadside"), ("limit", "roadside"), ("remove", "liability")]
    )
    def test_what_the_policy_does_not_allow(self, session, policy, action, code):
        with pytest.raises(NotEligible):
            coverage(session, policy, action, code, amount=usd(100))

    def test_unknown_coverages_and_actions_say_what_there_is(self, session, policy):
        with pytest.raises(OutOfRange) as refused:
            coverage(session, policy, "add", "aliens")
        assert (refused.value.field, set(refused.value.choices)) == (
            "coverage",
            {"liability", "theft", "glass", "roadside"},
        )
        with pytest.raises(OutOfRange):
            coverage(session, policy, "double")

    @pytest.mark.parametrize("amount", [None, Money(5, "EUR"), Money(0, "USD"), Money(-5, "USD"), Money(10**12, "USD")])
    def test_an_amount_has_to_be_one(self, session, policy, amount):
        with pytest.raises(InvalidInput) as refused:
            coverage(session, policy, "limit", amount=amount)
        assert refused.value.field == "amount"

    def test_what_could_be_added(self, session, policy):
        offered = coverage_changes.coverages_on_offer(session, policy.customer_id, policy.number)
        assert [c.code for c in offered] == ["roadside"]


class TestCancellation:
    def test_a_person_approves_and_the_policy_stays_until_then(self, session):
        policy = make.a_policy(session)
        change = cancel(session, policy, reason="too dear")
        assert (change.applied, change.policy.status) == (False, PolicyStatus.ACTIVE)
        assert change.request.details["reason"] == "too dear"
        assert change.refund_estimate == usd(0)

    def test_the_estimate_is_the_unused_part_of_what_was_paid(self, session):
        policy = make.a_policy(session)
        for issued, minor in ((date(2026, 10, 1), 15_000), (date(2026, 3, 1), 15_000)):
            invoice = make.an_invoice(session, policy, issued + timedelta(days=21), status="paid")
            session.add(
                Payment(invoice_id=invoice.id, paid_at=make.NOW, amount_minor=minor, method="card", reference="r")
            )
        session.flush()
        used = (date(2026, 11, 30) - date(2026, 10, 1)).days
        change = cancel(session, policy, effective_on=date(2026, 11, 30))
        assert change.refund_estimate == usd(round(15_000 * (1 - used / 91.25)))

    def test_asking_again_adds_no_second_request(self, session):
        policy = make.a_policy(session)
        first = cancel(session, policy, effective_on=date(2026, 12, 5))
        again = cancel(session, policy)
        assert (again.request, again.effective_on) == (first.request, date(2026, 12, 5))
        assert len(service_requests.list_requests(session, policy.customer_id)) == 1

    def test_taken_back_it_can_be_asked_for_anew(self, session):
        policy = make.a_policy(session)
        first = cancel(session, policy).request
        taken = service_requests.withdraw(session, policy.customer_id, first.number, now=make.NOW)
        assert (taken.status, taken.closed_at) == ("withdrawn", make.NOW)
        with pytest.raises(NotEligible):
            service_requests.withdraw(session, policy.customer_id, first.number, now=make.NOW)
        assert cancel(session, policy).request.number != first.number

    @pytest.mark.parametrize("day", [TODAY - timedelta(days=1), date(2027, 1, 1)])
    def test_the_day_lies_within_the_policy(self, session, day):
        with pytest.raises(OutOfRange) as refused:
            cancel(session, make.a_policy(session), effective_on=day)
        assert (refused.value.minimum, refused.value.maximum) == (TODAY, date(2026, 12, 31))


@pytest.mark.parametrize("verb", [vehicle, cancel, lambda s, p, **o: coverage(s, p, "remove", "theft", **o)])
def test_only_active_policies_change(session, verb):
    with pytest.raises(NotEligible):
        verb(session, make.a_policy(session, status=PolicyStatus.LAPSED))


@pytest.mark.parametrize("verb", [vehicle, cancel, lambda s, p, **o: coverage(s, p, "remove", "theft", **o)])
def test_another_customer_s_policy_is_not_found(session, verb):
    policy = make.a_policy(session)
    session.expunge(policy)
    policy.customer_id = make.a_customer(session).id
    with pytest.raises(NotFound):
        verb(session, policy)


def test_every_change_is_a_contact_of_its_conversation(session):
    policy, chat = make.a_policy(session), make.a_conversation(session)
    change = vehicle(session, policy, conversation_id=chat.id)
    contact = session.query(Interaction).one()
    assert (contact.conversation_id, contact.topic, contact.summary) == (
        chat.id,
        "change_of_vehicle",
        change.request.number,
    )
    with pytest.raises(NotFound):
        vehicle(session, policy, conversation_id="0" * 32)


def test_a_retried_turn_changes_once(session):
    policy, chat = make.a_policy(session), make.a_conversation(session)

    def do():
        return {"number": vehicle(session, policy, conversation_id=chat.id).request.number}

    tries = [once(session, conversation_id=chat.id, message_id="m", action="change_vehicle", do=do) for _ in range(2)]
    assert tries[0] == tries[1]
    assert len(service_requests.list_requests(session, policy.customer_id)) == 1


def test_a_request_is_found_in_any_spelling_by_its_customer_only(session):
    policy = make.a_policy(session)
    number = cancel(session, policy).request.number
    spelled = number.lower().replace("-", " ")
    assert service_requests.request(session, policy.customer_id, spelled).policy_number == policy.number
    with pytest.raises(NotFound):
        service_requests.request(session, make.a_customer(session).id, number)
