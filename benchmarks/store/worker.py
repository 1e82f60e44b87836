"""A process with one store, sealed or plain, that does what it is told line by line: the two are measured in turns.

Started by `benchmarks.store.stores`; speaks JSON lines on its standard input and output.
"""

import json
import random
import sys
from datetime import date, datetime, timezone
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import MetaData, inspect, select

from benchmarks.store.plain import unseal_schema

KIND, URL, KEY_FILE = sys.argv[1:4]
if KIND == "plain":
    unseal_schema()  # before the services, whose statements are built from the tables when they are imported

from crm.demo import Job, fill, job_of  # noqa: E402
from crm.schema import Base, Customer, Policy  # noqa: E402
from crm.services import conversations, verification  # noqa: E402
from crm.services.customer_360 import customer_360  # noqa: E402
from crm.store import Store  # noqa: E402
from vault import Vault  # noqa: E402

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
MADE_ON = "2026-11-20"
FIRST_CUSTOMER = 10


class Worker:
    """One store and the customers that are asked for."""

    def __init__(self) -> None:
        self.store = Store.open(URL, Vault.load(KEY_FILE, environ={}))
        self.chosen: list[tuple[int, str, date]] = []
        self.random = random.Random(1)

    def make(self, customers: int, seed: int) -> dict[str, Any]:
        """Fill the store, or go on where an interrupted run ended; a store that is full stays as it is."""
        began = perf_counter()
        self._make_tables()
        if self._is_outdated():
            self._drop_everything()
            self._make_tables()
        with self.store.reading() as session:
            job = job_of(session) or Job(customers, seed, MADE_ON)
        if not job.finished:
            fill(self.store, job, key_file=Path(KEY_FILE))  # its workers import this module, and are plain, too
        return {"seconds": perf_counter() - began}

    def _make_tables(self) -> None:
        if KIND == "plain":
            Base.metadata.create_all(self.store.engine)
        else:
            self.store.migrate()

    def _is_outdated(self) -> bool:
        """Whether the store was made for other tables than the program has by now."""
        found = inspect(self.store.engine)
        return any(
            {column["name"] for column in found.get_columns(table.name)} != set(table.columns.keys())
            for table in Base.metadata.tables.values()
        )

    def _drop_everything(self) -> None:
        there = MetaData()
        there.reflect(self.store.engine)
        there.drop_all(self.store.engine)
        self.store.engine.dispose()

    def choose(self, customers: int, count: int) -> dict[str, Any]:
        """Draw the customers to ask for: the same in every store of one size."""
        ids = random.Random(7).sample(range(FIRST_CUSTOMER, customers + FIRST_CUSTOMER - 2), count)
        with self.store.reading() as session:
            for customer_id in ids:
                numbers = select(Policy.number).where(Policy.customer_id == customer_id).order_by(Policy.id)
                born = session.scalars(select(Customer.birth_date).where(Customer.id == customer_id)).one()
                self.chosen.append((customer_id, session.scalars(numbers).first() or "", born))
        self.chosen = [one for one in self.chosen if one[1]]
        return {"chosen": len(self.chosen)}

    def verify(self, count: int) -> dict[str, Any]:
        """Verifications by policy number and birth date, each in a conversation of its own, from start to commit."""
        times, cpu = [], []
        for customer_id, number, born in self.random.sample(self.chosen, count):
            with self.store.session() as session:
                chat = conversations.open_conversation(session, channel="chat", browser="benchmark", now=NOW)
            began, worked = perf_counter(), process_time()
            with self.store.session() as session:
                found = verification.verify(session, chat.id, identifier=number, birth_date=born, now=NOW)
            times.append(perf_counter() - began)
            cpu.append(process_time() - worked)
            if found.id != customer_id:
                raise AssertionError("somebody else was found")
        return {"times": times, "cpu": cpu}

    def view(self, count: int) -> dict[str, Any]:
        """Customers at a glance, from opening the session to closing it."""
        times, cpu = [], []
        for customer_id, number, born in self.random.sample(self.chosen, count):
            began, worked = perf_counter(), process_time()
            with self.store.reading() as session:
                seen = customer_360(session, customer_id, NOW)
            times.append(perf_counter() - began)
            cpu.append(process_time() - worked)
            if seen.customer.birth_date != born or number not in {policy.number for policy in seen.policies}:
                raise AssertionError("somebody else was shown")
        return {"times": times, "cpu": cpu}


def main() -> None:
    """Serve until the input ends."""
    worker = Worker()
    for line in sys.stdin:
        order = json.loads(line)
        answer = getattr(worker, order.pop("do"))(**order)
        print(json.dumps(answer), flush=True)
    worker.store.close()


if __name__ == "__main__":  # worker processes of a bulk load import this module, too
    main()
