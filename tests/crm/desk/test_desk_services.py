import pytest

from crm.domain import MarkState
from crm.errors import InvalidInput, NotEligible, NotFound
from crm.services import audit, canned_replies, customer_fields, feedback, notes, review, transcripts
from tests.factories import crm as make
from tests.factories import desk


def saved(session, **values):
    defaults = {"shortcut": "hello", "language": "en", "title": "Greeting", "text": "Hello {given_name}", "by": 1}
    return canned_replies.save(session, **(defaults | values), now=make.NOW)


def verbs(store, customer_id):
    with store.reading() as session:
        return [(entry.verb, entry.area, entry.fields) for entry in audit.entries_about(session, customer_id)]


# Notes


def test_a_note_bears_its_author_s_name_and_a_retry_changes_nothing(session):
    talk, ada = desk.a_talk(session), desk.an_account(session, "Ada")
    for _ in range(2):
        notes.add(session, talk, author_id=ada.id, text=" Call the garage ", now=make.NOW, note_id="once")

    assert [(note.author, note.text) for note in notes.list_notes(session, talk)] == [("Ada", "Call the garage")]


@pytest.mark.parametrize("text", ["", "  ", "x" * 4_001])
def test_a_note_that_says_nothing_or_too_much_is_refused(session, text):
    with pytest.raises(InvalidInput):
        notes.add(session, desk.a_talk(session), author_id=1, text=text, now=make.NOW)


# Kept replies


def test_places_of_a_reply_are_filled_with_what_is_known(session):
    desk.a_fact(session, "name", "Harbour")
    customer = make.a_customer(session, given_name="Imogen")
    reply = saved(session, text="Hello {given_name}, {agent_name} of {company}, {phone}")

    filled = canned_replies.filled(session, reply.id, desk.a_talk(session, customer=customer), agent_name="Ada")
    stranger = canned_replies.filled(session, reply.id, desk.a_talk(session), agent_name="Ada")

    assert filled == "Hello Imogen, Ada of Harbour, {phone}"
    assert stranger == "Hello {given_name}, Ada of Harbour, {phone}"


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("text", {"text": "Hello {password}"}),
        ("text", {"text": "Hello {given_name.__class__}"}),
        ("text", {"text": "Hello {"}),
        ("text", {"text": ""}),
        ("shortcut", {"shortcut": "two words"}),
        ("title", {"title": " "}),
        ("language", {"language": "../en"}),
    ],
)
def test_a_reply_that_cannot_be_is_refused_and_told_why(session, field, values):
    with pytest.raises(InvalidInput) as refused:
        saved(session, **values)
    assert refused.value.field == field


def test_a_shortcut_is_taken_once_in_a_language(session):
    saved(session)
    other = saved(session, language="zh")

    with pytest.raises(NotEligible):
        saved(session, shortcut="/HELLO")
    with pytest.raises(NotEligible):
        saved(session, language="en", reply_id=other.id)
    assert len(canned_replies.list_replies(session)) == 2


def test_replies_that_come_with_the_product_are_put_in_once(session):
    assert canned_replies.seed(session, now=make.NOW) > 0
    assert canned_replies.seed(session, now=make.NOW) == 0
    languages = {reply.language for reply in canned_replies.list_replies(session)}
    assert languages == {"en", "zh"}


# Marked mistakes


def test_a_mark_knows_what_the_bot_took_it_for_and_hides_what_is_personal(session):
    customer = make.a_customer(session, given_name="Imogen", family_name="Thackeray")
    talk = desk.a_talk(session, customer=customer)
    message = desk.says(session, talk, "Imogen Thackeray wants out", intent="greet")

    mark = review.mark(session, talk, message, right_intent="cancel_policy", by=1, now=make.NOW)

    assert (mark.taken_for, mark.right_intent, mark.state) == ("greet", "cancel_policy", MarkState.WAITING)
    assert "Thackeray" not in mark.text
    assert transcripts.transcript(session, talk).entries[0].mark == mark


def test_marking_again_corrects_the_mark_until_it_was_reviewed(session):
    talk = desk.a_talk(session)
    message = desk.says(session, talk, "x", intent="greet")
    for right in ("cancel_policy", "complaint"):
        mark = review.mark(session, talk, message, right_intent=right, by=1, now=make.NOW)
    assert [each.right_intent for each in review.marks(session)] == ["complaint"]

    review.settle(session, mark.id, accepted=True, now=make.NOW)
    with pytest.raises(NotEligible):
        review.mark(session, talk, message, right_intent="help", by=1, now=make.NOW)
    with pytest.raises(NotEligible):
        review.take_back(session, mark.id)


def test_only_words_of_the_customer_can_be_marked_and_never_with_what_the_bot_thought(session):
    talk = desk.a_talk(session)
    message = desk.says(session, talk, "x", intent="greet", answer="Hello")
    answer = transcripts.transcript(session, talk).entries[1].message.id

    with pytest.raises(NotEligible):
        review.mark(session, talk, answer, right_intent="help", by=1, now=make.NOW)
    with pytest.raises(InvalidInput):
        review.mark(session, talk, message, right_intent="greet", by=1, now=make.NOW)
    with pytest.raises(NotFound):
        review.mark(session, talk, "nowhere", right_intent="help", by=1, now=make.NOW)


def test_a_written_example_is_not_rejected_afterwards(session):
    talk = desk.a_talk(session)
    message = desk.says(session, talk, "x", intent="greet")
    mark = review.mark(session, talk, message, right_intent="help", by=1, now=make.NOW)
    with pytest.raises(NotEligible):
        review.written(session, mark.id)
    review.settle(session, mark.id, accepted=True, now=make.NOW)
    review.written(session, mark.id)

    with pytest.raises(NotEligible):
        review.settle(session, mark.id, accepted=False, now=make.NOW)


# What is masked


def test_one_message_is_unmasked_at_a_time_and_entered(store):
    with store.session() as session:
        customer = make.a_customer(session, given_name="Imogen", family_name="Thackeray")
        talk = desk.a_talk(session, customer=customer)
        message = desk.says(session, talk, "I am Imogen Thackeray")
    with store.session() as session:
        assert "Thackeray" not in transcripts.transcript(session, talk).entries[0].message.text
        assert transcripts.unmask(session, talk, message).text == "I am Imogen Thackeray"

    assert ("unmask", "messages", ()) in verbs(store, customer.id)


def test_one_field_of_the_customer_is_unmasked_at_a_time_and_entered(store):
    with store.session() as session:
        customer = make.a_customer(session, email="imogen@example.com")
    with store.session() as session:
        assert customer_fields.unmask(session, customer.id, "email") == "imogen@example.com"
        with pytest.raises(InvalidInput):
            customer_fields.unmask(session, customer.id, "income")

    assert ("unmask", "customers", ("email",)) in verbs(store, customer.id)


# The mark a customer gives


def test_a_customer_is_asked_once_a_colleague_has_said_something_and_left(session):
    talk = desk.a_talk(session, "a person please")
    assert not feedback.is_due(session, talk)

    handoff = desk.a_handoff(session, talk, employee=desk.an_employee(session))
    assert not feedback.is_due(session, talk), "the colleague has said nothing"

    desk.agent_says(session, talk, "Hello")
    assert feedback.is_due(session, talk)

    feedback.give(session, talk, score=5, now=handoff.ended_at)
    assert not feedback.is_due(session, talk)
    assert feedback.of(session, talk).score == 5
