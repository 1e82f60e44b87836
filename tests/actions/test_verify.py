from datetime import timedelta

import pytest
from sqlalchemy import select

from actions.policies import ListPolicies
from actions.verify import SubmitVerify
from crm.schema import Interaction
from crm.services import verification
from tests.factories.crm import BORN, NOW


def try_verify(desk, identifier, born=BORN):
    desk.slots = {"verify_identifier": identifier, "verify_birth_date": str(born)}
    return desk.run(SubmitVerify)


def is_verified(desk) -> bool:
    with desk.store.session() as session:
        return verification.verified_customer(session, desk.conversation_id, desk.now) is not None


def test_right_details(desk, customer):
    answer = try_verify(desk, customer["auto"])
    assert answer.responses == ["utter_verified"]
    assert answer.slots == {"verify_identifier": None, "verify_birth_date": None, "signal": "done"}
    assert is_verified(desk)


@pytest.mark.parametrize(("number", "born"), [("PA-9999999", BORN), (None, BORN + timedelta(days=1))])
def test_wrong_details_sound_the_same_whichever_is_wrong(desk, customer, number, born):
    answer = try_verify(desk, number or customer["auto"], born)
    assert answer.responses == ["utter_verification_failed"]
    assert answer.slots == {"verify_identifier": None, "verify_birth_date": None}
    assert not is_verified(desk)


def test_the_third_failure_locks(desk, customer):
    for _ in range(2):
        try_verify(desk, "PA-9999999")
    answer = try_verify(desk, "PA-9999999")
    assert answer.responses == ["utter_verification_locked"]
    assert answer.slots["signal"] == "abandon"
    assert try_verify(desk, customer["auto"]).responses == ["utter_verification_locked"]


def test_a_date_that_is_none(desk, customer):
    assert try_verify(desk, customer["auto"], "last spring").responses == ["utter_verification_failed"]


def test_an_emergency_heard_before_is_put_on_record(desk, customer):
    desk.slots = {"verify_identifier": customer["auto"], "verify_birth_date": str(BORN), "danger": True}
    assert desk.run(SubmitVerify).slots["danger"] is None
    with desk.store.session() as session:
        assert [entry.topic for entry in session.scalars(select(Interaction))] == ["emergency"]


def test_it_runs_out(verified):
    verified.now = NOW + timedelta(minutes=10)
    assert verified.run(ListPolicies).responses == ["utter_policies"]
    verified.now = NOW + timedelta(minutes=40)
    statement = verified.vault.sign(
        {"conversation": verified.conversation_id, "message": "m1"}, "turn", timedelta(minutes=15), verified.now
    )
    answer = verified.run(ListPolicies, statement=statement)
    assert (answer.responses, answer.slots) == ([], {"signal": "verify"})
