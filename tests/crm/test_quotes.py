from datetime import date, timedelta

import pytest
from sqlalchemy import text

from crm.domain import Line, Money
from crm.errors import NotFound, OutOfRange
from crm.services import quotes
from tests.crm.test_rating import ANSWERS
from tests.factories import crm as make


def a_quote(session, line=Line.AUTO, **options):
    return quotes.quote(session, line, ANSWERS[line], now=make.NOW, **options)


@pytest.mark.parametrize("line", Line)
def test_a_quote_reads_back_with_its_steps(session, line):
    customer = make.a_customer(session)
    made = a_quote(session, line, customer_id=customer.id)
    session.expire_all()
    assert quotes.find(session, made.number, now=make.NOW, customer_id=customer.id) == made
    assert made.base.minor + sum(factor.effect.minor for factor in made.factors) == made.premium.minor
    assert set(ANSWERS[line]) < set(made.answers)


def test_it_holds_for_thirty_days(session):
    chat = make.a_conversation(session)
    made = a_quote(session, conversation_id=chat.id)
    assert made.valid_until == date(2026, 12, 20)
    for days, valid in ((30, True), (31, False)):
        found = quotes.find(session, made.number, now=make.NOW + timedelta(days=days), conversation_id=chat.id)
        assert found.is_valid is valid


def test_a_quote_is_found_in_any_spelling_by_whom_it_was_made_for_only(session):
    mine, other = make.a_conversation(session), make.a_conversation(session)
    made = a_quote(session, conversation_id=mine.id)
    spelled = made.number.lower().replace("-", " ")
    assert quotes.find(session, spelled, now=make.NOW, conversation_id=mine.id).number == made.number
    stranger = make.a_customer(session)
    for asked in ({"conversation_id": other.id}, {"customer_id": stranger.id}, {}):
        with pytest.raises(NotFound):
            quotes.find(session, made.number, now=make.NOW, **asked)


def test_what_is_out_of_range_leaves_no_quote(session):
    with pytest.raises(OutOfRange):
        quotes.quote(session, Line.AUTO, ANSWERS[Line.AUTO] | {"vehicle_value": "5"}, now=make.NOW)
    assert session.scalar(text("SELECT count(*) FROM quotes")) == 0


def test_the_list_holds_what_is_valid_the_newest_first(session):
    customer = make.a_customer(session)
    for days in (40, 5, 1):
        quotes.quote(
            session,
            Line.TRAVEL,
            ANSWERS[Line.TRAVEL] | {"days": str(days)},
            now=make.NOW - timedelta(days=days),
            customer_id=customer.id,
        )
    assert [q.answers["days"] for q in quotes.list_quotes(session, customer.id, make.NOW)] == ["1", "5"]


def test_travel_has_no_monthly_price(session):
    assert a_quote(session, Line.TRAVEL).monthly is None
    made = a_quote(session, Line.AUTO)
    assert made.monthly == Money(round(made.premium.minor / 12), "USD")


def test_answers_are_sealed(session):
    a_quote(session)
    row = session.execute(text("SELECT answers, steps, number FROM quotes")).one()
    assert not any(b"1984" in bytes(value) or b"vehicle" in bytes(value) for value in row)
