from datetime import timedelta

from sqlalchemy import select

from crm import holdings
from crm.schema import Base
from crm.services import erasure, notes, review, tags
from tests.factories import crm as make
from tests.factories import desk

OURS = ("message_readings", "conversation_notes", "conversation_tags", "intent_marks")


def worked_on(store, name):
    """A customer with something in each table of the desk's work; and the conversation."""
    with store.session() as session:
        customer = make.a_customer(session, given_name=name)
        talk = desk.a_talk(session, customer=customer)
        message = desk.says(session, talk, "x", intent="greet")
        notes.add(session, talk, author_id=1, text=f"{name} was upset", now=make.NOW)
        tags.add(session, talk, "theft", by=1, now=make.NOW)
        review.mark(session, talk, message, right_intent="help", by=1, now=make.NOW, comment=f"said {name}")
        return customer.id


def counts(store):
    with store.engine.connect() as connection:
        return {name: len(connection.execute(select(Base.metadata.tables[name])).all()) for name in OURS}


def test_a_copy_of_a_customer_s_data_has_what_colleagues_wrote(store):
    customer_id = worked_on(store, "Imogen")
    worked_on(store, "Beatrice")

    with store.reading() as session:
        held = holdings.collect(session, customer_id)

    assert [len(held[name]) for name in OURS] == [1, 1, 1, 1]
    assert held["conversation_notes"][0]["text"] == "Imogen was upset"
    assert "Beatrice" not in str(held)


def test_an_erasure_takes_it_along_and_leaves_other_people_s(store):
    customer_id = worked_on(store, "Imogen")
    worked_on(store, "Beatrice")

    with store.session() as session:
        asked = erasure.request(session, customer_id, conversation_id=None, now=make.NOW)
    with store.session() as session:
        erasure.carry_out(session, asked.id, make.NOW + timedelta(hours=1))

    assert counts(store) == dict.fromkeys(OURS, 1)
