"""Stored conversations under a new data key: readable before, during and after, and resumable at any point."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import datetime, timezone

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bot.tracker_store import UnreadableConversation
from bot.tracker_store.rotation import Place
from bot.tracker_store.rows import NewTurn, Rows
from bot.tracker_store.schema import TABLES
from tests.bot import postgres
from tests.bot.process import ROOT
from vault import Vault

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if not postgres.is_available():
        pytest.skip("the PostgreSQL wheel is not installed")
    with postgres.server(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'tracker.db'}"
    return request.getfixturevalue("server")


@pytest.fixture
def rows(url, vault):
    rows = Rows(url, vault)
    for conversation in rows.conversations():
        rows.forget(conversation)
    yield rows
    rows.close()


def say(rows: Rows, conversation: str, first: int, text: str) -> None:
    """A turn of two events, with a snapshot from the third turn on."""
    snapshot = (first, [{"event": "slot", "name": "n", "value": first}]) if first > 4 else None
    events = [{"event": "user", "text": text}, {"event": "bot", "text": f"heard {text}"}]
    rows.write(NewTurn(conversation, first, events, f"m{first}", snapshot))


def fill(rows: Rows, conversations: int = 3, turns: int = 5) -> None:
    for conversation in range(conversations):
        for turn in range(turns):
            say(rows, f"c{conversation}", 2 * turn, f"hello {turn}")


def held(rows: Rows) -> list:
    """All that can be read."""
    return [
        (
            conversation,
            rows.read(conversation, everything=True),
            rows.read(conversation),
            rows.turn_events(conversation, "m2"),
        )
        for conversation in sorted(rows.conversations())
    ]


def rotate(vault: Vault) -> None:
    with vault.file.locked():
        vault.file.change(lambda ring, wrapper: ring.with_next(wrapper, NOW).advanced())


def drop(vault: Vault) -> None:
    with vault.file.locked():
        vault.file.change(lambda ring, wrapper: ring.without_old(wrapper, NOW))
    vault.refresh()


def renew(rows: Rows, limit: int = 4) -> tuple[int, int]:
    """One pass: how many rows it renewed, and how many it says are left."""
    place, moved = Place(), 0
    while place is not None:
        step = rows.renew(limit, place)
        moved, place = moved + step.rows, step.next
    return moved, step.left


def test_every_row_comes_under_the_new_key(rows, vault):
    fill(rows)
    before = held(rows)
    rotate(vault)
    assert held(rows) == before  # also with none of them renewed yet
    assert renew(rows) == (3 * (10 + 5 + 1), 0)
    drop(vault)
    assert held(rows) == before
    assert renew(rows) == (0, 0)


def test_a_message_is_known_under_either_key_meanwhile(rows, vault):
    fill(rows, 1)
    rotate(vault)
    rows.renew(3, Place())
    say(rows, "c0", 10, "late")
    assert rows.turn_events("c0", "m0")[0]["text"] == "hello 0"
    assert rows.turn_events("c0", "m10")[0]["text"] == "late"


def test_what_was_written_under_the_old_key_meanwhile_is_found_by_the_next_pass(rows, vault, url):
    fill(rows, 1)
    unaware = Rows(url, Vault([], None, vault.file.load()))
    rotate(vault)
    place = rows.renew(100, Place()).next
    say(unaware, "b0", 0, "late")  # before the place that the pass has come to
    while place:
        step = rows.renew(100, place)
        place = step.next
    assert step.left > 0
    assert renew(rows)[1] == 0
    drop(vault)
    assert rows.turn_events("b0", "m0")[0]["text"] == "late"
    unaware.close()


def test_a_pass_that_was_broken_off_is_begun_again(rows, vault):
    fill(rows)
    before, draw = held(rows), random.Random(1)
    rotate(vault)
    for _ in range(20):
        place = Place()
        for _ in range(draw.randrange(3)):
            place = rows.renew(2, place).next or Place()
        assert held(rows) == before
    assert renew(rows)[1] == 0
    assert held(rows) == before


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_a_row_that_does_not_open_stops_the_rotation(rows, vault, table):
    fill(rows, 1)
    column = table.c.message if "message" in table.c else table.c.data
    rotate(vault)
    with rows._engine.begin() as connection:
        stored = bytes(connection.execute(sa.select(column)).scalars().first())
        flipped = stored[:-1] + bytes([stored[-1] ^ 1]) if column.name == "data" else stored[:-1]
        connection.execute(sa.update(table).where(column == stored).values({column.name: flipped}))
    with pytest.raises(UnreadableConversation):
        renew(rows)


@given(st.binary(min_size=20, max_size=20), st.integers(0, 9), st.text(max_size=9))
def test_a_place_survives_being_passed_around(message, seq, conversation):
    for place in (Place(), Place(0, (conversation, seq)), Place(1, (conversation,)), Place(2, (conversation, message))):
        assert Place.from_json(json.loads(json.dumps(place.as_json()))) == place


@given(st.one_of(st.none(), st.text(), st.dictionaries(st.text(), st.integers()), st.just({"table": 9, "key": []})))
def test_anything_else_is_no_place(given_place):
    with pytest.raises(ValueError):
        Place.from_json(given_place)


@pytest.mark.slow
def test_the_command_renews_while_rasa_does_not_run_and_survives_kills(tmp_path):
    var = tmp_path / "var"
    vault = Vault.load(var / "master.key", {})
    rows = Rows(f"sqlite:///{var / 'tracker.db'}", vault)
    fill(rows, 40, 30)
    before = held(rows)
    rotate(vault)
    environ = {**os.environ, "CARELINE_VAR": str(var), "RASA_TELEMETRY_ENABLED": "false"}
    command = [sys.executable, "-W", "ignore", "-m", "bot.tracker_store"]
    killed = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True)
    killed.stdout.readline()
    time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert held(rows) == before
    printed = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True).stdout
    assert json.loads(printed.splitlines()[-1])["left"] == 0
    drop(vault)
    assert held(rows) == before
    with sqlite3.connect(var / "tracker.db") as database:
        keys = {bytes(data)[1:5] for (data,) in database.execute("SELECT data FROM tracker_events")}
    assert keys == {vault.active_key}
    rows.close()
