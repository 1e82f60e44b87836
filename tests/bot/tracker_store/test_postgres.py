"""The store on PostgreSQL."""

import threading

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered

from bot.tracker_store import ConcurrentTurn, SealedTrackerStore
from bot.tracker_store.rows import Rows
from bot.turn import Turn, current_turn
from tests.bot import postgres, tiny

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(not postgres.is_available(), reason="the PostgreSQL wheel is not installed"),
]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    with postgres.server(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture
def store(url, vault):
    store = SealedTrackerStore(Domain.from_yaml(tiny.DOMAIN), url, vault=vault)
    yield store
    store.close()


async def turn(store, conversation_id: str, number: int) -> None:
    tracker = await store.get_or_create_tracker(conversation_id)
    said = UserUttered(f"hello {number}", {"name": "greet", "confidence": 1.0})
    answer = [ActionExecuted("utter_greet"), BotUttered(f"Hello {number}"), ActionExecuted("action_listen")]
    tracker.update_with_events([said, *answer], store.domain)
    current_turn.set(Turn(conversation_id, f"m{number}", utterances=1))
    await store.save(tracker)


async def test_a_long_conversation_comes_back(store):
    for number in range(40):
        await turn(store, "long", number)

    assert (await store.retrieve("long")).latest_message.text == "hello 39"
    assert len((await store.retrieve_full_tracker("long")).events) == 40 * 4 + 1
    assert [m["text"] for m in await store.answered("long", "m7")] == ["Hello 7"]
    assert await store.forget("long") == 40 * 4 + 1
    assert await store.retrieve("long") is None


async def test_a_second_writer_is_an_error(store):
    await turn(store, "c", 0)
    first, second = await store.retrieve("c"), await store.retrieve("c")
    current_turn.set(None)
    for tracker in (first, second):
        tracker.update(ActionExecuted("action_listen"))
    await store.save(first)

    with pytest.raises(ConcurrentTurn):
        await store.save(second)


def test_processes_that_start_together_make_the_tables_once(url, vault):
    from sqlalchemy import create_engine

    from bot.tracker_store.schema import metadata

    metadata.drop_all(create_engine(url))
    stores, errors = [Rows(url, vault) for _ in range(6)], []

    def ping(rows: Rows) -> None:
        try:
            rows.ping()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=ping, args=(rows,)) for rows in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for rows in stores:
        rows.close()

    assert errors == []


async def test_what_was_forgotten_is_vacuumed(store):
    await turn(store, "gone", 0)

    assert await store.forget("gone") > 0
    assert await store.scrub()

    assert await store.retrieve("gone") is None
