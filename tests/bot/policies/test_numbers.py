"""Amounts, numbers and choices said anywhere in a message, read with a form of these tests."""

from datetime import date

import pytest

from bot.policies.forms import FormSpec, SlotSpec
from bot.policies.lexicon import Lexicon
from bot.policies.message import Entity, Message
from bot.policies.reading import Reader

FORM = FormSpec(
    "trip",
    (
        SlotSpec("kind", reads="choice", anywhere=True, named_by="line_of_business"),
        SlotSpec("days", reads="number", anywhere=True),
        SlotSpec("people", reads="number", sums=True),
        SlotSpec("age", reads="number"),
        SlotSpec("cost", reads="amount"),
        SlotSpec("smoker", reads="yes_no", anywhere=True, when={"kind": ["life", "health"]}),
        SlotSpec("excess", reads="choice", anywhere=True),
        SlotSpec("postcode", reads="postcode"),
        SlotSpec("confirm", reads="yes_no", mentioned=False),
    ),
)
LEXICON = Lexicon.of(
    [
        {
            "correction": ["sorry", "i meant", "wrong"],
            "previous": ["my last answer"],
            "fields": {
                "days": ["days", "weeks"],
                "people": ["adults", "kids"],
                "age": ["oldest", "years old"],
                "cost": ["cost"],
                "excess": ["deductible"],
            },
            "choices": {
                "kind": {"travel": ["trip"], "life": ["life"], "auto": ["car"]},
                "days": {"14": ["two weeks"]},
                "smoker": {"true": ["smoker"], "false": ["non smoker"]},
                "excess": {"500": ["500 deductible"], "1000": ["1000 deductible"]},
            },
        }
    ]
)
READER = Reader(LEXICON, lambda *_: None)


def heard(text: str, **kinds: str) -> Message:
    """`number="2=2 3=3"`: words and values of the entities of a kind."""
    found = []
    for kind, pairs in kinds.items():
        for pair in pairs.split():
            word, _, value = pair.partition("=")
            start = text.index(word)
            found.append(Entity(kind, float(value) if "." in value else int(value), start, start + len(word)))
    return Message(text, "inform", 0.9, tuple(found), today=date(2026, 11, 20))


def test_several_numbers_go_where_their_names_are():
    message = heard("2 adults and 3 kids for two weeks, the oldest is 67", number="2=2 3=3 67=67 two=2")
    assert READER.opening(FORM, message) == {"days": 14, "people": 5, "age": 67}


def test_an_amount_beside_another_name_is_not_taken():
    message = heard("a trip with $500 deductible that cost 1200 in all", amount_of_money="$500=500 1200=1200")
    assert READER.opening(FORM, message) == {"kind": "travel", "cost": 1200, "excess": "500"}


def test_a_bare_number_answers_the_question_only():
    message = heard("45", number="45=45")
    assert READER.answers(FORM, "age", message, {}) == {"age": 45}
    assert READER.opening(FORM, message) == {}


def test_a_bare_number_names_an_option():
    assert READER.answers(FORM, "excess", heard("1000", number="1000=1000"), {}) == {"excess": "1000"}


def test_a_year_or_a_day_of_the_month_is_a_number():
    message = Message("the 15th", "inform", 0.9, (Entity("date", {"kind": "date", "day": 15}, 0, 8),))
    assert READER.answers(FORM, "days", message, {}) == {"days": 15}


def test_a_bare_number_puts_the_last_one_right():
    message = heard("sorry, 46", number="46=46")
    assert READER.correction(FORM, "postcode", message, {"kind": "travel", "age": 45}) == {"age": 46}


def test_the_question_before_is_asked_again_when_its_answer_is_called_wrong():
    known = {"kind": "travel", "days": 3, "people": 2, "age": 45}
    assert READER.correction(FORM, "cost", heard("my last answer was wrong"), known) == {"age": None}
    assert READER.correction(FORM, "excess", heard("my last answer was wrong"), {**known, "cost": 9}) == {"cost": None}
    assert READER.correction(FORM, "kind", heard("my last answer was wrong"), {}) == {}


def test_a_named_number_is_put_right_at_the_end():
    known = {"kind": "travel", "days": 3, "people": 2, "age": 45, "cost": 10, "excess": "500", "postcode": "A1"}
    assert READER.correction(FORM, "confirm", heard("make it 10 days", number="10=10"), known) == {"days": 10}
    assert READER.correction(FORM, "confirm", heard("with a 1000 deductible"), known) == {"excess": "1000"}


def test_a_question_that_names_an_option_is_no_correction():
    known = {"kind": "travel", "days": 3, "people": 2, "age": 45, "cost": 10, "excess": "500", "postcode": "A1"}
    assert READER.correction(FORM, "confirm", heard("is theft covered while my car is parked?"), known) == {}
    assert READER.correction(FORM, "confirm", heard("is my car in it?"), known) == {}
    assert READER.correction(FORM, "confirm", heard("no, for the car"), known) == {"kind": "auto"}
    assert READER.correction(FORM, "confirm", heard("the car"), known) == {"kind": "auto"}


def test_what_another_kind_needs_is_left_alone():
    message = heard("a non smoker")
    assert READER.answers(FORM, "days", message, {"kind": "travel"}) == {}
    assert READER.answers(FORM, "days", message, {"kind": "life"}) == {"smoker": False}


@pytest.mark.parametrize(("text", "value"), [("GF4 2AB", "GF4 2AB"), ("30309.", "30309"), ("no idea", None)])
def test_a_postcode_as_typed(text, value):
    assert READER.answers(FORM, "postcode", heard(text), {}).get("postcode") == value


def test_the_kind_is_told_by_an_entity():
    message = Message("for my jalopy", "inform", 0.9, (Entity("line_of_business", "auto", 7, 13),))
    assert READER.opening(FORM, message) == {"kind": "auto"}


def test_a_name_that_two_kinds_share_means_the_one_that_is_asked_for():
    form = FormSpec(
        "value",
        (
            SlotSpec("kind", reads="choice"),
            SlotSpec("a_home", reads="amount", when={"kind": "home"}),
            SlotSpec("b_car", reads="amount", when={"kind": "auto"}),
            SlotSpec("confirm", reads="yes_no", mentioned=False),
        ),
    )
    reader = Reader(Lexicon.of([{"fields": {"a_home": ["worth"], "b_car": ["worth"]}}]), lambda *_: None)
    known = {"kind": "auto", "b_car": 20000}
    message = heard("worth 30000", number="30000=30000")
    assert reader.correction(form, "confirm", message, known) == {"b_car": 30000}
