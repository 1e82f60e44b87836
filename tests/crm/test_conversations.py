from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from crm.domain import MessageStatus, Sender
from crm.errors import InvalidInput, NotFound
from crm.services import attachments, conversations
from tests.factories import crm as make


def say(session, conversation, message_id="m1", text="Hello", **more):
    return conversations.add_customer_message(
        session, conversation.id, message_id=message_id, text=text, now=make.NOW, **more
    )


def answer(session, conversation, ordinal=0, text="Hi", in_reply_to="m1", **more):
    return conversations.add_reply(
        session, conversation.id, in_reply_to=in_reply_to, ordinal=ordinal, text=text, now=make.NOW, **more
    )


def test_only_its_browser_resumes_a_conversation(session):
    conversation = make.a_conversation(session, browser="mine")
    assert conversations.resume(session, conversation.id, "mine") == conversation
    with pytest.raises(NotFound):
        conversations.resume(session, conversation.id, "theirs")


def test_messages_come_back_in_order_with_everything_said(session):
    conversation = make.a_conversation(session)
    say(session, conversation, text="我要理赔", command='/affirm{"a":"1"}')
    answer(session, conversation, quick_replies=[{"title": "Yes", "payload": "/affirm"}], data={"kind": "list"})
    session.expire_all()
    said, answered = conversations.history(session, conversation.id)
    assert (said.seq, said.sender, said.text, said.command) == (
        1,
        Sender.CUSTOMER,
        "我要理赔",
        '/affirm{"a":"1"}',
    )
    assert (answered.seq, answered.data) == (2, {"kind": "list"})
    assert answered.quick_replies == ({"title": "Yes", "payload": "/affirm"},)


def test_the_same_message_is_stored_once(session):
    conversation = make.a_conversation(session)
    first, created = say(session, conversation)
    again, created_again = say(session, conversation, text="something else")
    assert (created, created_again) == (True, False)
    assert again == first


def test_one_message_id_may_be_used_in_two_conversations(session):
    one, two = make.a_conversation(session), make.a_conversation(session)
    assert say(session, one)[1]
    assert say(session, two)[1]


def test_the_same_utterance_is_stored_once(session):
    conversation = make.a_conversation(session)
    say(session, conversation)
    assert [answer(session, conversation)[1] for _ in range(2)] == [True, False]
    assert answer(session, conversation, ordinal=1)[0].seq == 3


def test_words_of_a_colleague_without_a_question_are_all_stored(session):
    conversation = make.a_conversation(session)
    replies = [answer(session, conversation, in_reply_to=None, ordinal=None, sender="agent")[0] for _ in range(2)]
    assert [reply.seq for reply in replies] == [1, 2]


def test_an_overlong_message_id_is_refused(session):
    with pytest.raises(InvalidInput):
        say(session, make.a_conversation(session), message_id="m" * 65)


def test_history_gives_what_is_new(session):
    conversation = make.a_conversation(session)
    for n in range(5):
        say(session, conversation, message_id=f"m{n}")
    assert [m.seq for m in conversations.history(session, conversation.id, after_seq=3)] == [4, 5]
    assert [m.seq for m in conversations.history(session, conversation.id, limit=2)] == [4, 5]


def test_what_waits_for_an_answer_is_found_oldest_first(session):
    conversation = make.a_conversation(session)
    for n in range(3):
        say(session, conversation, message_id=f"m{n}")
    conversations.mark_answered(session, conversation.id, "m1", outcome="answered", now=make.NOW)
    assert [m.id for m in conversations.unanswered(session)] == ["m0", "m2"]
    assert conversations.history(session, conversation.id)[1].status is MessageStatus.ANSWERED


def test_only_payloads_offered_lately_in_this_conversation_count(session):
    conversation, other = make.a_conversation(session), make.a_conversation(session)
    answer(session, other, quick_replies=[{"title": "x", "payload": "/deny"}])
    answer(session, conversation, quick_replies=[{"title": "Old", "payload": "/greet"}])
    for n in range(conversations.OFFERS_LOOKED_AT - 1):
        answer(session, conversation, in_reply_to=f"q{n}")
    answer(session, conversation, in_reply_to="last", quick_replies=[{"title": "Yes", "payload": "/affirm"}])
    assert conversations.offered_payloads(session, conversation.id) == {"/affirm"}


def test_files_belong_to_the_message_they_came_with(session):
    conversation = make.a_conversation(session)
    file = attachments.add(
        session, conversation.id, name="dent.png", media_type="image/png", content=b"123", now=make.NOW
    )
    message, _ = say(session, conversation, attachments=[file.id])
    assert message.attachments == (file,)
    assert conversations.history(session, conversation.id)[0].attachments == (file,)
    assert attachments.of_message(session, conversation.id, "m1") == [file]
    with pytest.raises(InvalidInput):
        say(session, conversation, message_id="m2", attachments=[file.id])


def test_a_file_is_read_in_its_own_conversation_only(session):
    mine, theirs = make.a_conversation(session), make.a_conversation(session)
    file = attachments.add(session, mine.id, name="a.png", media_type="image/png", content=b"\0\1", now=make.NOW)
    session.expire_all()
    assert attachments.read(session, mine.id, file.id) == (file, b"\0\1")
    with pytest.raises(NotFound):
        attachments.read(session, theirs.id, file.id)


def test_numbers_have_no_gaps_when_many_write_at_once(store):
    with store.session() as session:
        conversation = make.a_conversation(session)

    def write(n: int) -> None:
        try:
            with store.session() as session:
                say(session, conversation, message_id=f"m{n % 30}")
                if n % 5 == 0:
                    raise RuntimeError
        except RuntimeError:
            pass

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(80)))
    with store.reading() as session:
        messages = conversations.history(session, conversation.id)
        last_seq = conversations.get_conversation(session, conversation.id).last_seq
    assert [m.seq for m in messages] == list(range(1, len(messages) + 1))
    assert len({m.id for m in messages}) == len(messages) == last_seq


def test_the_language_changes_for_good(session):
    conversation = make.a_conversation(session)
    conversations.set_language(session, conversation.id, "zh")
    session.expire_all()
    assert conversations.get_conversation(session, conversation.id).language == "zh"


def test_an_older_message_does_not_turn_back_the_clock(session):
    conversation = make.a_conversation(session)
    conversations.add_customer_message(
        session, conversation.id, message_id="late", text="x", now=make.NOW - timedelta(hours=1)
    )
    assert conversations.get_conversation(session, conversation.id).last_active_at == make.NOW
