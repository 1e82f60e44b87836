from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from crm import search
from crm.cli import main
from crm.schema import Conversation, Message, MessageToken
from crm.search import tokens_of
from crm.services import conversations
from tests.factories import crm as make


def say(session, text, conversation=None, message_id="m1", now=make.NOW):
    conversation = conversation or make.a_conversation(session)
    conversations.add_customer_message(session, conversation.id, message_id=message_id, text=text, now=now)
    return conversation


def found(session, words, **options):
    return [hit.text for hit in search.search(session, words, masked=False, **options)]


@pytest.mark.parametrize(
    ("said", "sought"),
    [
        ("My claims were filed yesterday", "filing a claim"),
        ("the car was STOLEN, policy PA-1234567", "pa1234567"),
        ("the car was STOLEN, policy pa1234567", "PA-1234567"),
        ("the car was STOLEN, policy PA 1234567", "1234567"),
        ("Müller's café", "muller cafe"),
        ("昨天在北京出了车祸，想申请理赔", "理赔"),
        ("昨天在北京出了车祸，想申请理赔", "北京 车祸"),
        ("请查一下我的交强险保单ＰＡ－1234567", "PA-1234567"),
        ("parked and hit", "parking"),
    ],
)
def test_a_message_is_found_by_its_words(session, said, sought):
    say(session, said)
    assert found(session, sought) == [said]


@pytest.mark.parametrize("sought", ["claim windscreen", "windscreen", "", "the of", "理赔", "%", "' OR 1=1 --"])
def test_what_is_not_there_is_not_found(session, sought):
    say(session, "My claims were filed yesterday")
    assert found(session, sought) == []


def test_words_of_the_bot_and_of_colleagues_are_found(session):
    conversation = say(session, "hello")
    conversations.add_reply(
        session, conversation.id, in_reply_to="m1", ordinal=0, text="Flooding is covered", now=make.NOW
    )
    conversations.add_reply(
        session, conversation.id, in_reply_to=None, ordinal=None, sender="agent", text="I see the flood", now=make.NOW
    )
    assert found(session, "flood") == ["I see the flood", "Flooding is covered"]


def test_hits_are_narrowed_by_customer_and_time_and_number(session):
    first, second = say(session, "storm one"), say(session, "storm two", now=make.NOW + timedelta(days=1))
    customer = make.a_customer(session)
    session.get(Conversation, first.id).customer_id = customer.id
    session.flush()
    assert found(session, "storm", customer_id=customer.id) == ["storm one"]
    assert found(session, "storm", since=make.NOW + timedelta(hours=1)) == ["storm two"]
    assert found(session, "storm", until=make.NOW + timedelta(hours=1)) == ["storm one"]
    assert found(session, "storm", limit=1) == ["storm two"]
    assert search.search(session, "storm", limit=1)[0].conversation_id == second.id


def test_a_hit_is_masked_unless_asked_for_plain(session):
    conversation = say(session, "Imogen Zed here, call +1 212 555 0199")
    customer = make.a_customer(session, given_name="Imogen", family_name="Zed")
    session.get(Conversation, conversation.id).customer_id = customer.id
    session.flush()
    assert search.search(session, "call")[0].text == "[NAME] here, call [PHONE]"


def test_tokens_go_with_their_message(session):
    conversation = say(session, "a storm")
    session.execute(delete(Message).where(Message.conversation_id == conversation.id))
    assert session.scalar(select(func.count()).select_from(MessageToken)) == 0


def test_a_secret_that_is_made_unreadable_is_not_found_either(session):
    conversation = say(session, "my code is 482913")
    conversations.mask_digits(session, conversation.id, "m1")
    assert found(session, "482913") == []
    assert found(session, "code") == ["my code is ••••••"]


def test_nothing_readable_stands_in_the_index(sqlite_store, tmp_path):
    with sqlite_store.session() as session:
        say(session, "zanzibar 理赔申请")
    content = b"".join(path.read_bytes() for path in tmp_path.glob("careline.db*"))
    assert b"zanzibar" not in content
    assert "理赔".encode() not in content


def test_a_message_that_is_stored_twice_is_indexed_once(session):
    conversation = say(session, "a storm")
    say(session, "a storm", conversation)
    assert found(session, "storm") == ["a storm"]


def test_reindex_fills_what_is_missing_and_may_be_repeated(store):
    with store.session() as session:
        for number in range(3):
            say(session, f"storm number {number}")
        session.execute(delete(MessageToken))
    seen = []
    assert search.reindex(store, lambda done, total: seen.append((done, total))) == 3
    assert search.reindex(store) == 3
    assert seen == [(3, 3)]
    with store.reading() as session:
        assert len(found(session, "storm")) == 3


def test_the_command_reindexes(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CARELINE_VAR", str(tmp_path))
    assert main(["reindex"]) == 0
    assert "0 messages are indexed" in capsys.readouterr().out


@settings(deadline=None)  # the first Chinese text waits for the dictionary
@given(st.text(max_size=300))
def test_any_text_has_tokens_that_are_words(text):
    for token in tokens_of(text):
        assert token == token.strip()
        assert token


@settings(deadline=None)  # the first Chinese text waits for the dictionary
@given(st.text(max_size=200))
def test_a_text_is_found_by_itself_however_it_is_capitalised(text):
    assert tokens_of(text) == tokens_of(text)
    assert all(token == token.casefold() for token in tokens_of(text))


def test_a_huge_message_has_a_bounded_number_of_tokens():
    assert len(tokens_of(" ".join(f"word{number}" for number in range(100_000)))) <= 400
