import pytest

from crm.errors import NotFound
from crm.schema import Conversation
from crm.services import attachments, conversations
from tests.factories import crm as make


@pytest.fixture
def talk(session):
    conversation = make.a_conversation(session)
    customer = make.a_customer(session, given_name="Imogen", family_name="Zed")
    session.get(Conversation, conversation.id).customer_id = customer.id
    file = attachments.add(
        session, conversation.id, name="Imogen Zed.jpg", media_type="image/jpeg", content=b"x", now=make.NOW
    )
    conversations.add_customer_message(
        session,
        conversation.id,
        message_id="m1",
        text="I'm imogen zed, born 9 March 1984",
        attachments=[file.id],
        now=make.NOW,
    )
    conversations.add_reply(
        session, conversation.id, in_reply_to="m1", ordinal=0, text="Thank you, Imogen.", now=make.NOW,
        data={"kind": "summary", "rows": [["Policy", "PA-1234567"]]},
        quick_replies=[{"title": "Call +1 212 555 0199", "payload": "/affirm"}],
    )  # fmt: skip
    return conversation


def test_staff_read_a_conversation_without_personal_data(session, talk):
    said, answer = conversations.transcript(session, talk.id)
    assert said.text == "I'm [NAME], born [BIRTH_DATE]"
    assert said.attachments[0].name == "[NAME].jpg"
    assert answer.text == "Thank you, [NAME]."
    assert answer.data == {"kind": "summary", "rows": [["Policy", "[POLICY]"]]}
    assert answer.quick_replies == ({"title": "Call [PHONE]", "payload": "/affirm"},)


def test_what_has_to_be_seen_can_be(session, talk):
    assert conversations.transcript(session, talk.id, masked=False) == conversations.history(session, talk.id)


def test_there_is_no_transcript_of_nothing(session):
    with pytest.raises(NotFound):
        conversations.transcript(session, "0" * 32)
