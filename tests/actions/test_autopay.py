from datetime import date

import pytest

from actions.autopay import AskAutopayConfirm, AskAutopayWish, CheckAutopayDay, ChooseAutopayPolicy, SubmitAutopay
from crm.payments import SandboxPayments
from crm.services import autopay, checkouts, one_time_codes
from tests.factories.crm import NOW


@pytest.fixture
def agreed(verified, customer, monkeypatch):
    """A customer who has confirmed a code and everything else."""
    monkeypatch.setattr(one_time_codes, "confirmed", lambda *_: True)
    verified.slots = {
        "autopay_wish": "set_up",
        "autopay_policy": customer["auto"],
        "autopay_day": 15,
        "autopay_confirm": True,
    }
    return verified


@pytest.fixture
def running(agreed, customer):
    with agreed.store.session() as session:
        view = autopay.set_up(
            session,
            customer["id"],
            customer["auto"],
            day=5,
            provider=SandboxPayments(),
            conversation_id=agreed.conversation_id,
            now=NOW,
        )
        checkouts.complete_payment(session, view.checkout.reference, now=NOW)
    return agreed


def state(desk, customer):
    with desk.store.reading() as session:
        return [(view.state, view.day) for view in autopay.status(session, customer["id"], NOW)]


def test_without_any_it_can_only_be_set_up(verified):
    answer = verified.run(AskAutopayWish)
    assert (answer.messages, answer.slots) == ([], {"autopay_wish": "set_up"})


def test_what_runs_is_shown(running):
    assert running.run(AskAutopayWish).said("utter_ask_autopay_wish")["running"][0]["day"] == 5


def test_only_what_runs_can_be_turned_off(running, customer):
    running.slots = {"autopay_wish": "turn_off"}
    assert running.run(ChooseAutopayPolicy).slots == {"autopay_policy": customer["auto"]}


def test_nothing_to_turn_off(verified):
    verified.slots = {"autopay_wish": "turn_off"}
    answer = verified.run(ChooseAutopayPolicy)
    assert answer.responses == ["utter_autopay_none"]
    assert answer.slots["signal"] == "done"


@pytest.mark.parametrize("day", [0, 29, 31, 2.5, "x"])
def test_a_day_not_in_every_month_is_asked_again(verified, day):
    verified.slots = {"autopay_day": day}
    assert verified.run(CheckAutopayDay).slots == {"autopay_day": None}


@pytest.mark.parametrize("wish", ["set_up", "change_day", "new_account", "turn_off"])
def test_the_effect_is_said_first(agreed, customer, wish):
    agreed.slots["autopay_wish"] = wish
    assert agreed.run(AskAutopayConfirm).responses == [f"utter_autopay_confirm_{wish}"]
    assert state(agreed, customer) == []


def test_a_code_is_needed_for_a_yes_only(agreed, customer, monkeypatch):
    monkeypatch.setattr(one_time_codes, "confirmed", lambda *_: False)
    assert agreed.run(SubmitAutopay).slots == {"signal": "one_time_code"}
    agreed.slots["autopay_confirm"] = False
    assert agreed.run(SubmitAutopay).responses == ["utter_autopay_unchanged"]
    assert state(agreed, customer) == []


def test_setting_up_leads_to_the_page_once(agreed, customer):
    first, second = (agreed.run(SubmitAutopay).said("utter_autopay_page") for _ in range(2))
    assert first["url"] == second["url"]
    assert state(agreed, customer) == [("pending", 15)]


def test_another_day(running, customer):
    running.slots["autopay_wish"] = "change_day"
    said = running.run(SubmitAutopay).said("utter_autopay_day_changed")
    assert said["next_on"] == date(2026, 12, 15).isoformat()
    assert state(running, customer) == [("active", 15)]


def test_turning_off(running, customer):
    running.slots["autopay_wish"] = "turn_off"
    assert running.run(SubmitAutopay).responses == ["utter_autopay_turned_off"]
    assert state(running, customer) == [("off", 5)]


def test_another_account_needs_a_new_page(running, customer):
    running.slots["autopay_wish"] = "new_account"
    assert running.run(SubmitAutopay).responses == ["utter_autopay_page"]
    assert state(running, customer) == [("pending", 15)]


def test_turning_off_what_is_off_changes_nothing(agreed, customer):
    agreed.slots["autopay_wish"] = "turn_off"
    answer = agreed.run(SubmitAutopay)
    assert answer.responses == ["utter_autopay_not_possible"]
    assert answer.slots["signal"] == "done"


def test_a_broken_store_asks_again(agreed, monkeypatch):
    monkeypatch.setattr(autopay, "set_up", lambda *a, **k: 1 / 0)
    answer = agreed.run(SubmitAutopay)
    assert answer.responses == ["utter_service_trouble"]
    assert answer.slots == {"autopay_confirm": None, "signal": "failed"}
