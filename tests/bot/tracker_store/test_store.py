"""Sealed rows, appended once, and an error rather than a lost conversation."""

import sqlite3
import uuid

import pytest
from rasa.core.agent import Agent
from rasa.core.tracker_store import FailSafeTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered
from rasa.utils.endpoints import EndpointConfig

from bot.tracker_store import (
    ConcurrentTurn,
    SealedTrackerStore,
    TrackerStoreUnavailable,
    UnreadableConversation,
)
from bot.turn import Turn, current_turn
from tests.bot import tiny

LISTEN = ActionExecuted("action_listen")


@pytest.fixture
def database(tmp_path):
    """The database behind `store`, for looking at it and spoiling it."""
    connection = sqlite3.connect(tmp_path / "tracker.db", isolation_level=None)
    yield connection
    connection.close()


def exchange(text: str, answer: str) -> list:
    said = UserUttered(text, {"name": "greet", "confidence": 1.0}, message_id=uuid.uuid4().hex)
    return [said, ActionExecuted("utter_greet"), BotUttered(answer), ActionExecuted("action_listen")]


async def converse(store, conversation_id: str, *events, message_id: str = "", broken: bool = False):
    tracker = await store.get_or_create_tracker(conversation_id)
    if message_id:
        current_turn.set(Turn(conversation_id, message_id, utterances=1, broken=broken))
    tracker.update_with_events(list(events), store.domain)
    await store.save(tracker)
    current_turn.set(None)
    return tracker


async def test_a_conversation_comes_back(store):
    await converse(store, "c", *exchange("hello", "Hello there"), SlotSet("topic", "theft"), LISTEN)

    tracker = await store.retrieve("c")

    assert tracker.latest_message.text == "hello"
    assert tracker.get_slot("topic") == "theft"
    assert tracker.get_slot("language") == "en"


async def test_an_unknown_conversation_is_none(store):
    assert await store.retrieve("nobody") is None


async def test_only_new_events_are_written(store, database):
    for number in range(3):
        await converse(store, "c", *exchange(f"hello {number}", "Hello"))

    sequence = [seq for (seq,) in database.execute("SELECT seq FROM tracker_events ORDER BY seq")]

    assert sequence == list(range(1 + 3 * 4))


async def test_nothing_personal_is_readable_in_the_files(store, tmp_path):
    await converse(store, "c", *exchange("I am Wilhelmina", "Hello Wilhelmina"), message_id="wilhelmina-1")

    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert written
    assert b"ilhelmina" not in written


async def test_an_altered_row_stops_the_turn(store, database):
    await converse(store, "c", *exchange("hello", "Hello there"))
    database.execute("UPDATE tracker_events SET data = CAST(data || X'00' AS BLOB) WHERE seq = 1")

    with pytest.raises(UnreadableConversation):
        await store.get_or_create_tracker("c")


@pytest.mark.parametrize(
    "spoil",
    [
        "UPDATE tracker_events SET data = (SELECT data FROM tracker_events o WHERE o.conversation_id = 'other'"
        " AND o.seq = tracker_events.seq) WHERE conversation_id = 'c' AND seq = 1",
        "UPDATE tracker_events SET data = (SELECT data FROM tracker_events o WHERE o.conversation_id = 'c'"
        " AND o.seq = 3) WHERE conversation_id = 'c' AND seq = 1",
        "DELETE FROM tracker_events WHERE conversation_id = 'c' AND seq = 1",
        "DELETE FROM tracker_events WHERE conversation_id = 'c' AND seq = 0",
    ],
)
async def test_rows_moved_or_missing_stop_the_turn(store, database, spoil):
    await converse(store, "c", *exchange("hello", "Hello there"))
    await converse(store, "other", *exchange("good day", "Hello there"))
    database.execute(spoil)

    with pytest.raises(UnreadableConversation):
        await store.retrieve("c")


async def test_rows_sealed_with_another_key_stop_the_turn(store, tmp_path):
    await converse(store, "c", *exchange("hello", "Hello there"))
    from vault import Vault

    foreign = SealedTrackerStore(
        store.domain, f"sqlite:///{tmp_path / 'tracker.db'}", vault=Vault.load(tmp_path / "other.key", {})
    )

    with pytest.raises(UnreadableConversation):
        await foreign.retrieve("c")


async def test_a_lost_database_is_an_error(vault, tmp_path):
    (tmp_path / "file").write_text("no folder")
    store = SealedTrackerStore(Domain.empty(), f"sqlite:///{tmp_path}", vault=vault)

    with pytest.raises(TrackerStoreUnavailable):
        await store.retrieve("c")
    with pytest.raises(TrackerStoreUnavailable):
        await store.ping()


async def test_a_second_writer_is_an_error_and_changes_nothing(store):
    await converse(store, "c", *exchange("hello", "Hello there"))
    first, second = await store.retrieve("c"), await store.retrieve("c")
    for tracker, text in ((first, "first"), (second, "second")):
        tracker.update_with_events(exchange(text, "Hello"), store.domain)
    await store.save(first)

    with pytest.raises(ConcurrentTurn):
        await store.save(second)

    assert (await store.retrieve("c")).latest_message.text == "first"


async def test_a_broken_turn_leaves_no_trace(store):
    await converse(store, "c", *exchange("hello", "Hello there"), message_id="m1")
    await converse(store, "c", *exchange("claim", "Filing it"), message_id="m2", broken=True)

    assert (await store.retrieve("c")).latest_message.text == "hello"
    assert await store.answered("c", "m2") is None


async def test_a_turn_that_did_not_come_to_its_end_is_broken(store):
    tracker = await store.get_or_create_tracker("c")
    turn = Turn("c", "m1", utterances=1)
    current_turn.set(turn)
    tracker.update_with_events(exchange("hello", "Hello")[:-1], store.domain)
    await store.save(tracker)

    assert turn.broken
    assert await store.answered("c", "m1") is None


async def test_a_stored_message_is_answered_with_what_was_said(store):
    await converse(store, "c", *exchange("hello", "Hello there"), message_id="m1")
    await converse(store, "c", *exchange("thanks", "You are welcome"), message_id="m2")

    assert [message["text"] for message in await store.answered("c", "m1")] == ["Hello there"]
    assert [message["text"] for message in await store.answered("c", "m2")] == ["You are welcome"]
    assert await store.answered("c", "m3") is None
    assert await store.answered("other", "m1") is None


async def test_a_forgotten_conversation_begins_anew(store, database):
    await converse(store, "c", *exchange("hello", "Hello there"), message_id="m1")
    await converse(store, "other", *exchange("hello", "Hello there"), message_id="m1")

    assert await store.forget("c") == 5

    assert await store.retrieve("c") is None
    assert await store.answered("c", "m1") is None
    assert list(await store.keys()) == ["other"]
    for table in ("tracker_events", "tracker_turns", "tracker_snapshots"):
        assert database.execute(f"SELECT count(*) FROM {table} WHERE conversation_id = 'c'").fetchone() == (0,)


def test_rasa_does_not_wrap_the_store(store):
    agent = Agent(domain=Domain.from_yaml(tiny.DOMAIN), tracker_store=store)

    assert agent.tracker_store is store
    assert not isinstance(agent.tracker_store, FailSafeTrackerStore)


def test_rasa_makes_the_store_from_the_endpoint_file(tmp_path, monkeypatch):
    monkeypatch.setenv("CARELINE_VAR", str(tmp_path))
    endpoint = EndpointConfig(type="bot.tracker_store.SealedTrackerStore")

    assert type(TrackerStore.create(endpoint)) is SealedTrackerStore


async def test_a_turn_reads_no_more_at_the_end_of_a_long_conversation(store):
    for number in range(60):
        await converse(store, "c", *exchange(f"hello {number}", "Hello"), message_id=f"m{number}")

    assert len((await store.retrieve("c")).events) < 100
