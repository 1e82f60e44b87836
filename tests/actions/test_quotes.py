from datetime import timedelta

import pytest

from actions.quotes import (
    SLOTS,
    AskQuoteConfirm,
    AskQuoteDeductible,
    AskQuoteHealthDeductible,
    AskQuoteLine,
    CheckQuote,
    ProductInfo,
    SubmitQuote,
)
from crm import rating
from crm.domain import Line
from crm.services import quotes
from tests.factories.crm import NOW

CAR = {
    "quote_line": "auto",
    "quote_birth_date": "1985-03-04",
    "quote_vehicle_value": 20_000,
    "quote_postcode": "30309",
    "quote_mileage": "not_given",
    "quote_claims": "not_given",
    "quote_deductible": "500",
}
LIFE = {
    "quote_line": "life",
    "quote_birth_date": "1960-03-04",
    "quote_life_sum": 200_000,
    "quote_term": 30,
    "quote_smoker": False,
    "quote_occupation": "office",
}
TRAVEL = {
    "quote_line": "travel",
    "quote_destination": "europe",
    "quote_days": 10,
    "quote_travellers": 4,
    "quote_oldest": 40,
    "quote_trip_cost": "not_given",
    "quote_winter_sports": False,
}


def test_every_field_of_the_rating_table_has_its_slot():
    for line in Line:
        assert {field.name for field in rating.fields(line)} == SLOTS[line].keys()


def test_the_line_of_the_request_is_not_asked_again(desk):
    desk.slots = {"focus": {"line_of_business": "travel"}}
    assert desk.run(AskQuoteLine).slots == {"quote_line": "travel"}
    desk.slots = {}
    assert desk.run(AskQuoteLine).responses == ["utter_ask_quote_line"]


def test_each_deductible_has_its_price(desk):
    desk.slots = {**CAR, "quote_deductible": None}
    options = desk.run(AskQuoteDeductible).said("utter_ask_quote_deductible")["options"]
    assert [option["choice"] for option in options] == ["250", "500", "1000"]
    prices = [option["price"]["minor"] for option in options]
    assert prices == sorted(prices, reverse=True)


def test_health_has_deductibles_of_its_own(desk):
    desk.slots = {"quote_line": "health", "quote_birth_date": "1985-03-04", "quote_smoker": False}
    options = desk.run(AskQuoteHealthDeductible).said("utter_ask_quote_health_deductible")["options"]
    assert [option["choice"] for option in options] == ["500", "1000", "2500"]


def test_base_and_steps_make_the_price(desk):
    desk.slots = CAR
    said = desk.run(AskQuoteConfirm).said("utter_quote_price")
    steps = sum(s["effect"]["minor"] * (1 if s["sign"] == "more" else -1) for s in said["steps"])
    assert said["base"]["minor"] + steps == said["premium"]["minor"]
    assert {row["label"] for row in said["rows"]} >= {"quote_birth_date", "quote_plan", "quote_deductible"}


def test_a_trip_has_a_price_of_its_own_kind(desk):
    desk.slots = TRAVEL
    assert desk.run(AskQuoteConfirm).responses == ["utter_quote_price_travel"]


@pytest.mark.parametrize(
    ("slot", "value", "response"),
    [
        ("quote_birth_date", "2015-01-01", "utter_quote_range_age"),
        ("quote_vehicle_value", 5, "utter_quote_range_money"),
        ("quote_mileage", 1_000_000, "utter_quote_range_number"),
        ("quote_postcode", "??", "utter_quote_not_understood"),
    ],
)
def test_what_is_not_accepted_is_asked_again_with_its_limits(desk, slot, value, response):
    desk.slots = {**CAR, slot: value}
    answer = desk.run(CheckQuote)
    assert answer.responses == [response]
    assert answer.slots == {slot: None}


def test_what_is_accepted_passes_in_silence(desk):
    desk.slots = CAR
    answer = desk.run(CheckQuote)
    assert (answer.messages, answer.slots) == ([], {})


def test_answers_that_do_not_go_together(desk):
    desk.slots = LIFE
    answer = desk.run(AskQuoteConfirm)
    assert answer.said("utter_quote_range_number")["maximum"] == 14
    assert answer.slots == {"quote_term": None}


def test_the_quote_is_kept_once_for_thirty_days(desk):
    desk.slots = {**CAR, "quote_confirm": True}
    first, second = (desk.run(SubmitQuote).said("utter_quote_kept") for _ in range(2))
    assert first["number"] == second["number"]
    assert first["valid_until"] == (NOW.date() + timedelta(days=30)).isoformat()
    with desk.store.reading() as session:
        found = quotes.find(session, first["number"], now=NOW, conversation_id=desk.conversation_id)
        assert found.premium.minor == first["premium"]["minor"]


def test_a_verified_customer_s_quote_is_theirs(verified, customer):
    verified.slots = {**CAR, "quote_confirm": True}
    verified.run(SubmitQuote)
    with verified.store.reading() as session:
        assert len(quotes.list_quotes(session, customer["id"], NOW)) == 1


def test_a_broken_store_asks_again(desk, monkeypatch):
    monkeypatch.setattr(quotes, "quote", lambda *a, **k: 1 / 0)
    desk.slots = {**CAR, "quote_confirm": True}
    answer = desk.run(SubmitQuote)
    assert answer.responses == ["utter_service_trouble"]
    assert answer.slots == {"quote_confirm": None, "signal": "failed"}


@pytest.mark.parametrize(("text", "miles"), [("一年跑10000公里左右", 6214), ("10000km", 6214), ("about 10000", None)])
def test_kilometres_become_miles_once(desk, text, miles):
    desk.slots = {"quote_line": "auto", "quote_mileage": 10000}
    mileage = [{"entity": "number", "value": 10000}]
    assert desk.run(CheckQuote, text=text, entities=mileage).slots.get("quote_mileage") == miles
    desk.slots = {"quote_line": "auto", "quote_mileage": 6214}
    assert desk.run(CheckQuote, text=text, entities=mileage).slots == {}


def test_products(desk):
    assert desk.run(ProductInfo).responses == ["utter_product_lines"]
    line = [{"entity": "line_of_business", "value": "auto"}]
    plans = desk.run(ProductInfo, entities=line).said("utter_product_plans")["plans"]
    assert plans[0]["name"] == "Basic"
    passage = {name: "x" for name in ("passage", "title", "heading", "url")}
    assert desk.run(ProductInfo, entities=line, knowledge=[passage]).responses == ["utter_product_plans"]
    assert desk.run(ProductInfo, knowledge=[passage]).responses == ["utter_knowledge", "utter_product_more"]
    unsure = [{**passage, "certain": False}]
    assert desk.run(ProductInfo, knowledge=unsure).responses == ["utter_product_lines"]
