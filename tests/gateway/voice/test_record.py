"""The record of a call: what is kept, and what only with consent."""

import asyncio
from contextlib import asynccontextmanager
from datetime import date

import pytest

from crm.errors import NotEligible
from crm.services import calls, conversations
from gateway.clock import utc_now
from gateway.voice.record import Record, spoken
from tests.gateway.harness import house
from tests.voice.fakes import FakeActivity, FakeEars, FakeLine, FakeMouth, simulated, understood, until
from voice.ports import By, Expectation, Kind, Said
from voice.session import CallSession
from voice.settings import VoiceSettings
from voice.texts import Texts

PCM = b"\x01\x02" * 800
QUESTION = Expectation(Kind.DIGITS, "policy_number", 7, 7)


def said(text="my claim", by=By.SPEECH, pcm=PCM, alternatives=(), started=1.2, ended=2.4) -> Said:
    return Said(text, by, understood(text) if by is By.SPEECH else None, started, ended, alternatives, pcm)


class Kept:
    """A call's record, and what the store has of it."""

    def __init__(self, home) -> None:
        self.home = home
        self.record = Record(home.gateway.archive, utc_now)
        with home.store.session() as session:
            self.id = conversations.open_conversation(session, channel="voice", browser="b", now=utc_now()).id

    async def began(self) -> "Kept":
        await self.record.began(self.id, "browser", "+15550100", 16_000, "en")
        return self

    async def says(self, words: Said, expected: Expectation | None = None) -> None:
        """The caller says something, which is stored as a message."""
        with self.home.store.session() as session:
            conversations.add_customer_message(
                session, self.id, message_id=words.text[:36], text=words.text, spoken=spoken(words), now=utc_now()
            )
        await self.record.said(words.text[:36], words, expected)

    @property
    def call(self):
        with self.home.store.reading() as session:
            return calls.call(session, self.id)

    @property
    def sounds(self) -> list:
        with self.home.store.reading() as session:
            try:
                return calls.recordings(session, self.id)
            except NotEligible:
                return []


@pytest.fixture
async def kept(tmp_path):
    async with house(tmp_path) as home:
        yield await Kept(home).began()


async def test_the_frame_of_the_call_is_kept(kept):
    call = kept.call
    assert (call.transport, call.caller, call.rate, call.language) == ("browser", "+15550100", 16_000, "en")
    assert (call.ended_at, call.consent) == (None, None)


async def test_with_consent_words_are_kept_as_sound_with_the_question(kept):
    await kept.record.noticed("consent", {"given": True})
    await kept.says(said(), QUESTION)
    (sound,) = kept.sounds
    assert (sound.pcm, sound.heard, sound.expected["about"]) == (PCM, "my claim", "policy_number")


@pytest.mark.parametrize("facts", [None, {"given": False}, {}, {"given": "yes"}, {"given": 1}])
async def test_without_a_plain_yes_no_sound_is_kept(kept, facts):
    if facts is not None:
        await kept.record.noticed("consent", facts)
    await kept.says(said())
    assert kept.sounds == []


async def test_consent_taken_back_takes_the_sound_with_it(kept):
    await kept.record.noticed("consent", {"given": True})
    await kept.says(said())
    await kept.record.noticed("consent", {"given": False})
    await kept.says(said("and my policy"))
    assert (kept.sounds, kept.call.consent) == ([], False)


async def test_what_was_keyed_in_has_no_sound(kept):
    await kept.record.noticed("consent", {"given": True})
    await kept.says(said("PA-1234567", By.KEYS, b""))
    assert kept.sounds == []


async def test_a_payment_card_is_never_kept_as_sound(kept):
    await kept.record.noticed("consent", {"given": True})
    await kept.says(said("my card is 4111 1111 1111 1111"))
    assert kept.sounds == []


async def test_facts_are_written_at_the_end_with_their_times(kept):
    await kept.record.noticed("barge_in", {"count": 2})
    await kept.record.ended("goodbye")
    (fact,) = kept.call.facts
    assert (fact["what"], fact["count"]) == ("barge_in", 2)
    assert fact["at_ms"] >= 0


async def test_facts_have_a_bound(kept):
    for number in range(600):
        await kept.record.noticed("no_match", {"number": number})
    await kept.record.ended("caller")
    assert len(kept.call.facts) == 500


async def test_a_call_is_ended_once(kept):
    await kept.record.ended("goodbye")
    first = kept.call
    await kept.record.ended("failed")
    assert (kept.call.why, kept.call.ended_at) == ("goodbye", first.ended_at)


async def test_a_record_that_cannot_be_kept_fails_no_call(kept):
    def away(*_):
        raise OSError("the store is away")

    kept.record._archive = type("Archive", (), {"write": staticmethod(away)})
    await kept.record.began(kept.id, "browser", None, 8000, "en")
    await kept.record.noticed("consent", {"given": True})
    await kept.record.said("one", said())
    await kept.record.ended("caller")


# --- what a message keeps of how it was said


def test_times_are_milliseconds_in_their_order():
    found = spoken(said(started=-0.1, ended=2.4))
    assert (found.began_ms, found.ended_ms, found.confidence) == (0, 2400, 0.9)
    assert spoken(said(started=3, ended=2)).ended_ms == 3000


def test_keys_have_no_confidence():
    assert spoken(said("1", By.KEYS, b"")).confidence is None


def test_other_readings_are_kept_but_no_payment_cards():
    found = spoken(said(alternatives=("PA-1234561", "4111 1111 1111 1111", "")))
    assert found.alternatives == ("PA-1234561",)


# --- both sides agree: a session's own words to the record


class Noting:
    """An assistant that hands what is noticed to a record, and keeps what is said."""

    language = "en"

    def __init__(self, record) -> None:
        self.record = record
        self.heard: list[Said] = []
        self._over = asyncio.Event()

    async def say(self, said):
        self.heard.append(said)

    async def noticed(self, what, **facts):
        await self.record.noticed(what, facts)

    async def wants_person(self): ...

    async def events(self):
        await self._over.wait()
        for nothing in ():
            yield nothing

    async def end(self, why):
        self._over.set()


class Ledger:
    """The store as a list of verbs."""

    def __init__(self) -> None:
        self.verbs: list[str] = []

    async def write(self, verb, actor):
        self.verbs.append(verb)


@asynccontextmanager
async def a_session(assistant):
    line, mouth = FakeLine(), FakeMouth()
    settings = VoiceSettings(_env_file=None, release=0.0)
    session = CallSession(
        line, FakeEars(), mouth, assistant, FakeActivity(), Texts(), settings, today=lambda: date(2026, 11, 22)
    )
    call = asyncio.create_task(session.run())
    await until(lambda: any("keep the sound" in text for text in mouth.texts))
    await line.quiet(0.5)
    yield line
    line.hang_up()
    await asyncio.wait_for(call, 300)


@pytest.mark.parametrize(("key", "given"), [("1", True), ("2", False)])
def test_the_sessions_answer_to_the_question_of_consent_is_the_records(key, given):
    async def story() -> None:
        record = Record(Ledger(), utc_now)
        async with a_session(Noting(record)) as line:
            assert record._consent is None
            await line.press(key)
            await until(lambda: record._consent is not None)
        assert record._consent is given

    simulated(story())


@pytest.mark.parametrize(("key", "sounds"), [("1", True), ("2", False)])
def test_a_session_hands_out_sound_only_with_consent(key, sounds):
    async def story() -> None:
        assistant = Noting(Record(Ledger(), utc_now))
        async with a_session(assistant) as line:
            await line.press(key)
            await line.quiet(8)
            await line.speech("what is the status of my claim", 0.8)
            await line.quiet(2)
            await until(lambda: assistant.heard)
        assert bool(assistant.heard[0].pcm) is sounds

    simulated(story())
