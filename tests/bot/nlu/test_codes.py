"""Contract numbers, phone numbers, addresses and words of the trade."""

import pytest

from bot.nlu.extraction import extractor_for
from bot.values.codes import normalise


def found(text: str) -> dict[str, object]:
    return {entity["entity"]: entity["value"] for entity in extractor_for("en").extract(text)}


@pytest.mark.parametrize(
    "text",
    [
        "PA-1234567",
        "PA1234567",
        "pa 1234567",
        "pa 123 4567",
        "Pa-123-4567",
        "p a 1 2 3 4 5 6 7",
        "my policy is PA#1234567.",
        "policy 1234567",
        "policy number is 123 4567",
        "1234567 is my policy number",
        "the policy no. is 123-4567, thanks",
    ],
)
def test_a_policy_number_however_it_is_written(text: str) -> None:
    assert found(text)["policy_number"] == "PA-1234567"


@pytest.mark.parametrize("text", ["CL-7654321", "cl 765 4321", "claim 7654321", "what about my claim no 765-4321?"])
def test_a_claim_number_however_it_is_written(text: str) -> None:
    assert found(text)["claim_number"] == "CL-7654321"


def test_policy_and_claim_in_one_sentence() -> None:
    entities = found("claim 7654321 on policy 1234567")
    assert entities["claim_number"] == "CL-7654321"
    assert entities["policy_number"] == "PA-1234567"


@pytest.mark.parametrize("text", ["PA-123456", "PA-12345678", "I drove 1234567 miles"])
def test_what_is_no_contract_number(text: str) -> None:
    assert "policy_number" not in found(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("call me at 555-0123-456", "5550123456"),
        ("+1 (202) 555-0123", "+12025550123"),
        ("0044 20 7946 0958", "+442079460958"),
        ("my phone is 555 0123", "5550123"),
        ("020 7946 0958", "02079460958"),
    ],
)
def test_a_phone_number(text: str, number: str) -> None:
    assert found(text)["phone_number"] == number


def test_an_email_address() -> None:
    assert found("write to Ann.Lee+x@Example.co.uk, please")["email"] == "ann.lee+x@example.co.uk"


@pytest.mark.parametrize(
    ("text", "code"), [("SW1A1AA", "SW1A 1AA"), ("zip code 90210", "90210"), ("my postcode is m1 1ae", "M1 1AE")]
)
def test_a_postcode(text: str, code: str) -> None:
    assert found(text)["postcode"] == code


@pytest.mark.parametrize(
    ("text", "line"),
    [("my car", "auto"), ("house insurance", "home"), ("trip insurance", "travel"), ("life cover", "life")],
)
def test_a_line_of_business_by_its_synonyms(text: str, line: str) -> None:
    assert found(text)["line_of_business"] == line


def test_being_at_home_is_no_line_of_business() -> None:
    assert "line_of_business" not in found("I am at home today")


def test_documents_and_coverages_have_the_stores_names() -> None:
    assert found("here is the police report")["document_type"] == "police_report"
    assert found("do I have roadside assistance")["coverage"] == "roadside"


def test_a_vehicle_with_year_make_and_model() -> None:
    assert found("I bought a 2018 Honda Civic")["vehicle"] == "2018 Honda Civic"


def test_an_entity_keeps_the_words_it_came_from() -> None:
    text = "it cost two and a half grand"
    (entity,) = extractor_for("en").extract(text)
    assert text[entity["start"] : entity["end"]] == entity["text"] == "two and a half grand"
    assert entity["value"] == 2500


def test_a_currency_is_told() -> None:
    (entity,) = extractor_for("en").extract("£75")
    assert (entity["value"], entity["currency"]) == (75, "GBP")


def test_several_answers_in_one_sentence() -> None:
    entities = found("hit yesterday around noon, damage about $900, policy pa 123 4567")
    assert set(entities) == {"date", "time", "amount_of_money", "policy_number"}


@pytest.mark.parametrize("text", ["", " ", "\u3000", "a" * 5000, "1" * 400, "9/" * 300, "$" * 50, "12th " * 100])
def test_odd_texts_do_no_harm(text: str) -> None:
    for entity in extractor_for("en").extract(text):
        assert 0 <= entity["start"] < entity["end"] <= len(text)


@pytest.mark.parametrize(("text", "code"), [("123", None), ("PA-1234567", "PA-1234567"), ("CL 1234567", None)])
def test_normalising(text: str, code: str | None) -> None:
    assert normalise(text, "PA") == code
