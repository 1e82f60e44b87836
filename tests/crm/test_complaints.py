from datetime import date

import pytest

from crm.errors import InvalidInput, NotFound, OutOfRange
from crm.schema import ClosedDay, Interaction
from crm.services import complaints, feedback, service_requests
from tests.factories import crm as make


def file(session, customer, category="service", text="Nobody rang back.", now=make.NOW, conversation_id=None):
    return complaints.file_complaint(
        session, customer.id, category=category, text=text, conversation_id=conversation_id, now=now
    )


@pytest.mark.parametrize(
    ("category", "due"),
    [("privacy", date(2026, 11, 25)), ("service", date(2026, 11, 27)), ("other", date(2026, 12, 4))],
)
def test_the_answer_is_due_in_business_days(session, category, due):
    filed = file(session, make.a_customer(session), category)
    assert filed.answer_due_on == due


def test_a_closed_day_is_no_business_day(session):
    session.add(ClosedDay(day=date(2026, 11, 24), name="a holiday on Tuesday"))
    session.flush()
    assert file(session, make.a_customer(session), "privacy").answer_due_on == date(2026, 11, 26)


def test_it_reads_back_under_its_number_for_its_customer_only(session):
    customer = make.a_customer(session)
    filed = file(session, customer, text="  Nobody rang back. ")
    session.expire_all()
    assert complaints.complaint(session, customer.id, filed.number.lower()) == filed
    assert (filed.text, filed.status) == ("Nobody rang back.", "open")
    with pytest.raises(NotFound):
        complaints.complaint(session, make.a_customer(session).id, filed.number)


def test_the_newest_comes_first(session):
    customer = make.a_customer(session)
    numbers = [file(session, customer).number for _ in range(3)]
    assert [c.number for c in complaints.list_complaints(session, customer.id)] == numbers[::-1]


def test_it_is_a_contact_of_its_conversation(session):
    chat = make.a_conversation(session)
    filed = file(session, make.a_customer(session), conversation_id=chat.id)
    contact = session.query(Interaction).one()
    assert (contact.topic, contact.summary, contact.channel) == ("complaint", filed.number, "chat")


def test_unknown_categories_say_which_there_are(session):
    with pytest.raises(OutOfRange) as refused:
        file(session, make.a_customer(session), "weather")
    assert refused.value.choices == complaints.categories()
    assert "other" in complaints.categories()


@pytest.mark.parametrize("text", ["", "  ", "x" * 4_001])
def test_a_complaint_has_words(session, text):
    with pytest.raises(InvalidInput):
        file(session, make.a_customer(session), text=text)


def test_a_foreign_conversation_is_not_found(session):
    with pytest.raises(NotFound):
        file(session, make.a_customer(session), conversation_id="0" * 32)


class TestFeedback:
    def test_a_second_opinion_replaces_the_first(self, session):
        chat = make.a_conversation(session)
        feedback.give(session, chat.id, score=2, comment="slow", now=make.NOW)
        given = feedback.give(session, chat.id, score=5, comment=" solved ", now=make.NOW)
        assert (given.score, given.comment) == (5, "solved")
        assert session.query(feedback.Feedback).count() == 1

    @pytest.mark.parametrize("score", [0, 6])
    def test_the_score_is_one_to_five(self, session, score):
        with pytest.raises(OutOfRange):
            feedback.give(session, make.a_conversation(session).id, score=score, now=make.NOW)

    def test_an_unknown_conversation_is_not_found(self, session):
        with pytest.raises(NotFound):
            feedback.give(session, "0" * 32, score=3, now=make.NOW)


def test_requests_and_complaints_do_not_answer_to_each_other_s_numbers(session):
    customer = make.a_customer(session)
    with pytest.raises(NotFound):
        service_requests.request(session, customer.id, file(session, customer).number)
