from datetime import date
from decimal import Decimal

import pytest

from crm import rating, reference
from crm.domain import Line, Money
from crm.errors import InvalidInput, OutOfRange

ON = date(2026, 11, 20)
ANSWERS = {
    Line.AUTO: {"birth_date": "1984-03-09", "vehicle_value": "20000", "postcode": "MC4 2QL"},
    Line.HOME: {"dwelling": "flat", "sum_insured": "250000", "postcode": "KB1 1AA"},
    Line.HEALTH: {"birth_date": "1984-03-09", "smoker": "no"},
    Line.LIFE: {"birth_date": "1984-03-09", "sum_insured": "250000", "smoker": "yes"},
    Line.TRAVEL: {"destination": "europe", "days": "8", "oldest_age": "42"},
}


@pytest.mark.parametrize("line", Line)
def test_base_and_effects_make_the_price(line):
    rated = rating.rate(line, ANSWERS[line], ON)
    assert rated.base.minor + sum(factor.effect.minor for factor in rated.factors) == rated.premium.minor
    assert rated.premium.minor >= reference.table("rating")[line]["minimum_premium"] * 100


def test_a_price_can_be_worked_out_by_hand():
    rated = rating.rate(Line.AUTO, ANSWERS[Line.AUTO] | {"claims_in_5_years": "1", "deductible": "1000"}, ON)
    assert rated.premium == Money(round(520_00 * 1.1 * 0.88), "USD")
    changing = {factor.code: factor.factor for factor in rated.factors if factor.factor != 1}
    assert changing == {"claims_in_5_years": Decimal("1.1"), "deductible": Decimal("0.88")}


def test_factors_name_the_age_and_the_band_they_went_by():
    rated = rating.rate(Line.HOME, ANSWERS[Line.HOME], ON)
    assert {factor.code: factor.value for factor in rated.factors}["postcode"] == "high"
    rated = rating.rate(Line.LIFE, ANSWERS[Line.LIFE], ON)
    assert {factor.code: factor.value for factor in rated.factors}["age"] == "42"


@pytest.mark.parametrize(
    ("line", "name", "cheap", "dear"),
    [
        (Line.AUTO, "birth_date", "1984-03-09", "2007-01-01"),
        (Line.AUTO, "vehicle_value", "9000", "60000"),
        (Line.HOME, "sum_insured", "50000", "900000"),
        (Line.HEALTH, "smoker", "no", "yes"),
        (Line.LIFE, "term_years", "10", "30"),
        (Line.TRAVEL, "days", "3", "30"),
        (Line.TRAVEL, "travellers", "1", "4"),
    ],
)
def test_more_risk_costs_more(line, name, cheap, dear):
    less, more = (rating.rate(line, ANSWERS[line] | {name: value}, ON).premium for value in (cheap, dear))
    assert less < more


def test_a_price_below_the_minimum_is_lifted_and_says_so():
    rated = rating.rate(Line.TRAVEL, {"destination": "europe", "days": "1", "oldest_age": "9"}, ON)
    assert (rated.premium.minor, rated.factors[-1].code) == (1_568, "winter_sports")
    cheap = {"dwelling": "flat", "sum_insured": "10000", "postcode": "AC1 1AA"}
    rated = rating.rate(Line.HOME, cheap, ON)
    assert (rated.premium.minor, rated.factors[-1].code) == (9_000, "minimum_premium")


@pytest.mark.parametrize(
    ("line", "name", "value", "minimum", "maximum"),
    [
        (Line.AUTO, "birth_date", "2009-01-01", 18, 85),
        (Line.AUTO, "birth_date", "2030-01-01", 18, 85),
        (Line.AUTO, "vehicle_value", "150001", 1000, 150000),
        (Line.LIFE, "sum_insured", "1", 25000, 2000000),
        (Line.LIFE, "term_years", "39", 5, 38),
        (Line.TRAVEL, "days", "0", 1, 365),
    ],
)
def test_what_is_out_of_range_says_the_range(line, name, value, minimum, maximum):
    with pytest.raises(OutOfRange) as refused:
        rating.rate(line, ANSWERS[line] | {name: value}, ON)
    assert (refused.value.field, refused.value.minimum, refused.value.maximum) == (name, minimum, maximum)


def test_a_choice_out_of_range_says_the_choices():
    with pytest.raises(OutOfRange) as refused:
        rating.check(Line.TRAVEL, "destination", "the moon", ON)
    assert refused.value.choices == ("europe", "asia_pacific", "north_america", "worldwide")


@pytest.mark.parametrize(
    ("line", "name", "said", "kept"),
    [
        (Line.AUTO, "vehicle_value", "25,000", "25000"),
        (Line.AUTO, "vehicle_value", "２５０００", "25000"),
        (Line.AUTO, "postcode", "aw4 2ql", "AW4 2QL"),
        (Line.TRAVEL, "destination", "Asia Pacific", "asia_pacific"),
        (Line.LIFE, "smoker", "True", "yes"),
        (Line.HOME, "dwelling", "semi-detached house", "semi_detached_house"),
    ],
)
def test_answers_are_brought_into_one_spelling(line, name, said, kept):
    assert rating.check(line, name, said, ON) == kept


@pytest.mark.parametrize(
    ("name", "value"),
    [("vehicle_value", "a lot"), ("birth_date", "spring"), ("postcode", "?"), ("colour", "red"), ("vehicle_value", "")],
)
def test_what_is_not_understood_names_its_field(name, value):
    with pytest.raises(InvalidInput) as refused:
        rating.check(Line.AUTO, name, value, ON)
    assert refused.value.field == name


def test_a_missing_answer_is_asked_for():
    with pytest.raises(InvalidInput) as refused:
        rating.rate(Line.HEALTH, {"birth_date": "1984-03-09"}, ON)
    assert refused.value.field == "smoker"
    assert [field.name for field in rating.fields(Line.HEALTH) if field.required] == ["birth_date", "smoker"]


@pytest.mark.parametrize("line", Line)
def test_the_table_has_a_factor_for_everything_that_is_accepted(line):
    table = reference.table("rating")[line]
    by_name = {field.name: field for field in rating.fields(line)}
    for rule in table["factors"]:
        field = by_name[rule["by"]]
        if "steps" in rule:
            assert rule["steps"][-1][0] >= field.maximum
        elif field.choices:
            assert set(rule["table"]) == set(field.choices)
    coverages = {c["code"] for plan in reference.table("products")[line]["plans"].values() for c in plan["coverages"]}
    assert set(table["coverages"]) <= coverages
