"""The record of calls."""

import io
import json
import wave
import zipfile
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from crm import own_copy
from crm.domain import Spoken
from crm.errors import NotEligible, NotFound
from crm.retention import running
from crm.schema import Call, CallAudio, Conversation, MessageToken
from crm.services import calls, conversations, erasure
from tests.factories import crm as make

PCM = b"\x01\x02" * 800
QUESTION = {"kind": "digits", "about": "policy_number"}


@pytest.fixture
def call(session):
    return make.a_call(session).id


def say(session, call, text="my claim", number=1, spoken=None, now=make.NOW):
    spoken = spoken or Spoken(1200, 2400, 0.75, ("my claims",))
    return conversations.add_customer_message(
        session, call, message_id=f"said-{number}", text=text, spoken=spoken, now=now
    )[0]


def keep(session, call, number=1, now=make.NOW, pcm=PCM):
    return calls.keep_sound(session, call, f"said-{number}", pcm=pcm, heard="my claim", expected=QUESTION, now=now)


def sounds(session):
    return session.scalar(select(func.count()).select_from(CallAudio))


def test_a_call_is_begun_once_and_ended_once(session, call):
    later = make.NOW + timedelta(minutes=2)
    again = calls.begin(session, call, transport="twilio", caller=None, rate=16_000, language="zh", now=later)
    assert (again.transport, again.rate, again.started_at) == ("audiosocket", 8000, make.NOW)
    calls.end(session, call, why="goodbye", facts=[{"what": "barge_in", "at_ms": 900}], now=later)
    ended = calls.end(session, call, why="lost", now=later + timedelta(minutes=1))
    assert (ended.why, ended.ended_at, len(ended.facts)) == ("goodbye", later, 1)


def test_a_chat_is_no_call(session):
    assert calls.call(session, make.a_conversation(session).id) is None


def test_a_call_needs_its_conversation(session):
    with pytest.raises(NotFound):
        calls.begin(session, "0" * 32, transport="browser", caller=None, rate=8000, language="en", now=make.NOW)


def test_times_and_confidence_stand_with_the_words(session, call):
    say(session, call)
    (found,) = conversations.history(session, call)
    assert found.spoken == Spoken(1200, 2400, 0.75)


def test_other_readings_are_never_handed_out(session, call):
    stored = say(session, call)
    assert stored.spoken.alternatives == ()
    assert "my claims" not in repr(conversations.transcript(session, call, masked=False))


def test_sound_is_kept_only_with_consent(session, call):
    say(session, call)
    assert not keep(session, call)
    calls.consent(session, call, True)
    assert keep(session, call)
    assert keep(session, call)  # twice is once
    (found,) = calls.recordings(session, call)
    assert (found.pcm, found.heard, found.expected, found.seq) == (PCM, "my claim", QUESTION, 1)


def test_what_was_kept_goes_when_consent_is_withdrawn(session, call):
    say(session, call)
    calls.consent(session, call, True)
    keep(session, call)
    calls.consent(session, call, False)
    assert sounds(session) == 0
    with pytest.raises(NotEligible):
        calls.recordings(session, call)


def test_sound_needs_its_message(session, call):
    calls.consent(session, call, True)
    with pytest.raises(NotFound):
        keep(session, call)


def test_digits_that_are_a_secret_go_with_all_that_was_heard_of_them(session, call):
    calls.consent(session, call, True)
    say(session, call, "123456", spoken=Spoken(0, 900, 0.5, ("123457",)))
    keep(session, call)
    conversations.mask_digits(session, call, "said-1")
    message = session.scalars(select(conversations.Message)).one()
    assert "alternatives" not in message.body
    assert "123456" not in str(message.body)
    assert sounds(session) == 0


def test_sound_the_caller_s_number_and_what_was_noticed_are_sealed(session, call):
    calls.consent(session, call, True)
    say(session, call)
    keep(session, call)
    calls.end(session, call, why="caller", facts=[{"what": "consent"}], now=make.NOW)
    for table, column, plain in (
        ("calls", "caller", b"+15552009999"),
        ("calls", "facts", b"consent"),
        ("call_audio", "sound", PCM[:40]),
        ("call_audio", "heard", b"my claim"),
    ):
        stored = session.scalar(text(f"SELECT {column} FROM {table}"))
        assert plain not in bytes(stored)


def test_sound_goes_after_its_time_and_the_words_stay(store):
    with store.session() as session:
        call = make.a_call(session).id
        calls.consent(session, call, True)
        for number, now in enumerate((make.NOW, make.NOW + timedelta(days=20)), 1):
            say(session, call, number=number, now=now)
            keep(session, call, number, now=now)
    running.run(store, make.NOW + timedelta(days=31))
    with store.session() as session:
        assert sounds(session) == 1
        assert len(conversations.history(session, call)) == 2


def test_a_call_goes_with_its_conversation(store):
    with store.session() as session:
        call = make.a_call(session).id
        calls.consent(session, call, True)
        say(session, call)
        keep(session, call)
    running.run(store, make.NOW + timedelta(days=91))
    with store.session() as session:
        assert session.scalar(select(func.count()).select_from(Call)) == 0
        assert session.scalar(select(func.count()).select_from(CallAudio)) == 0


@pytest.fixture
def customers_call(session, call):
    """A call of a verified customer with one utterance kept as sound."""
    customer = make.a_customer(session)
    session.get(Conversation, call).customer_id = customer.id
    calls.consent(session, call, True)
    say(session, call)
    keep(session, call)
    return customer.id


def test_an_erasure_takes_calls_and_their_sound(session, customers_call):
    asked = erasure.request(session, customers_call, conversation_id=None, now=make.NOW)
    erasure.carry_out(session, asked.id, make.NOW)
    for table in (Call, CallAudio, MessageToken):
        assert session.scalar(select(func.count()).select_from(table)) == 0


def test_the_copy_a_customer_gets_has_the_sound_as_files(session, customers_call):
    archive = zipfile.ZipFile(io.BytesIO(own_copy.make(session, customers_call, language="en", now=make.NOW)))
    held = json.loads(archive.read("data.json"))["data"]
    (sound,) = held["call_audio"]
    with wave.open(io.BytesIO(archive.read(sound["file"]))) as file:
        assert (file.getframerate(), file.readframes(file.getnframes())) == (8000, PCM)
    assert held["calls"][0]["caller"] == "+15552009999"
