"""After a whole conversation and an erasure, no file that the system wrote holds anything of the person."""

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import update

from crm import holdings
from crm.errors import NotFound
from crm.schema import Base, Claim, Invoice, Policy, Refund
from crm.schema import Customer as CustomerRow
from crm.schema.types import Sealed
from crm.services import conversations
from tests.e2e.chat import Customer
from tests.e2e.stack import ROOT, Stack
from tests.e2e.story import CLAIM, FILENAME, OTHERS, PLACE, WHAT, photo, say_step
from tests.e2e.test_sealed_on_disk import files, holds

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TAIL = 32  # bytes at the end of a sealed value, which no other has


def test_nothing_of_an_erased_person_is_left_on_disk(tmp_path):
    with Stack(tmp_path / "var") as stack:
        stack.wait_until_ready()
        who = stack.customers[0]
        customer, turn = Customer(stack), None
        for step in CLAIM:
            if step == "<{policy}>" and who.policy_number not in "".join(turn.buttons.values()):
                continue  # the policy was clear from the start
            turn = say_step(customer, who, step, turn)
        customer.say("I want to talk to a person")
        key = stack.customer_id(who)
        sealed = [*sealed_in_store(stack, key), *sealed_in_tracker(stack.var, customer.session)]
        assert len(sealed) > 100
        assert any(value in everything(stack.var) for value in sealed)

        assert run(stack, "erase", str(key), "--yes").returncode == 0

        left = everything(stack.var)
        assert not [value for value in sealed if value in left]
        personal = [*who.name.split(), who.policy_number, who.birth_date, WHAT, PLACE, OTHERS, FILENAME]
        assert not [(value, path.name) for value in personal for path in files(stack.var) if holds(path, value)]
        assert photo()[200:260] not in left
        assert customer.say("hello again").replies, "the service goes on, in a new conversation"
        assert run(stack, "audit", "verify").returncode == 0
        with stack.store().reading() as session:
            assert customer.session not in {view.conversation_id for view in conversations.unanswered(session)}
        customer.close()


def sealed_in_store(stack: Stack, customer_id: int) -> list[bytes]:
    """The ends of all sealed values in rows of the customer."""
    store = stack.store()
    with store.engine.connect() as connection:
        owned = holdings.owned_ids(connection, customer_id)
    found = []
    with sqlite3.connect(stack.var / "careline.db") as database:
        for name, ids in owned.items():
            table = Base.metadata.tables[name]
            key = next(iter(table.primary_key.columns)).name
            for column in (column.name for column in table.columns if isinstance(column.type, Sealed)):
                for row in ids:
                    query = f"SELECT {column} FROM {name} WHERE {key} = ? AND {column} IS NOT NULL"
                    found += [bytes(value)[-TAIL:] for (value,) in database.execute(query, (row,))]
    store.close()
    return found


def sealed_in_tracker(var: Path, conversation_id: str) -> list[bytes]:
    with sqlite3.connect(var / "tracker.db") as database:
        query = "SELECT data FROM tracker_events WHERE conversation_id = ?"
        return [bytes(data)[-TAIL:] for (data,) in database.execute(query, (conversation_id,))]


def everything(var: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in files(var))


def run(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """A command beside the running service."""
    environment = {
        **os.environ,
        "CARELINE_VAR": str(stack.var),
        "CARELINE_RASA_URLS": f"http://127.0.0.1:{stack.rasa_port}",
    }
    return subprocess.run([sys.executable, "-m", "crm", *arguments], cwd=ROOT, env=environment, capture_output=True)


def test_an_erasure_in_the_chat_is_carried_out_and_ends_the_conversation(tmp_path):
    with Stack(tmp_path / "var") as stack:
        stack.wait_until_ready()
        who = stack.customers[1]
        key = stack.customer_id(who)
        with_nothing_open(stack, key)
        customer = Customer(stack)
        ended = customer.session
        customer.say("please delete all my data")
        customer.say(who.policy_number)
        asked = customer.say(who.birth_date)
        assert "I can do it right now" in asked.text, asked.text
        customer.press(asked, "Yes, erase it")
        said = customer.say(customer.code_sent())
        assert "being erased" in said.text, said.text
        assert "Invoices and payments, until" in said.text
        while not any(
            "has been erased" in str(data.get("text")) for name, data in customer.events if name == "bot_uttered"
        ):
            time.sleep(0.1)
        with stack.store().reading() as session:
            assert session.get_one(CustomerRow, key).given_name == ""
            with pytest.raises(NotFound):
                conversations.get_conversation(session, ended)
        assert customer.say("hello").replies
        assert customer.session != ended
        customer.close()


def with_nothing_open(stack: Stack, customer_id: int) -> None:
    """Nothing stands against the customer's erasure."""
    over = {Policy: "expired", Claim: "closed", Invoice: "paid"}
    with stack.store().session() as session:
        for table, status in over.items():
            session.execute(update(table).where(table.customer_id == customer_id).values(status=status))
        session.execute(update(Refund).where(Refund.customer_id == customer_id).values(state="sent"))
