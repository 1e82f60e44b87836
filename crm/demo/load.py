"""A demo store, made in chunks: drawn and sealed by worker processes, written by one writer.

How far the writer has come stands in the store beside the rows, so that an interrupted run is continued.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

from sqlalchemy import Connection, select, update
from sqlalchemy.orm import Session

from crm import catalogue
from crm.demo import extras, organisation, personas
from crm.demo.numbers import Numbers
from crm.demo.workers import chunks_in_order
from crm.demo.world import Offered, World
from crm.demo.writer import bulk_writer
from crm.domain import Line
from crm.errors import InvalidInput
from crm.schema import BusinessInformation, Customer, Employee, EmployeeSkill, Plan, Product
from crm.services.organisation import DEMO_KEY
from crm.store import Store

CHUNK = 2_000
PERSONAS = 2
MOST_CUSTOMERS = 1_500_000  # what seven digits of policy number have room for

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Job:
    """What was asked for, and how many customers of it are in the store."""

    customers: int
    seed: int
    as_of: str
    done: int = 0

    def __post_init__(self) -> None:
        if not PERSONAS <= self.customers <= MOST_CUSTOMERS:
            raise InvalidInput("customers", f"A demo has {PERSONAS} to {MOST_CUSTOMERS:,} customers.")

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.done >= self.customers


def job_of(session: Session) -> Job | None:
    """The demo this store holds or was to hold, or None."""
    row = session.get(BusinessInformation, DEMO_KEY)
    return Job(**json.loads(row.value)) if row else None


def has_customers(session: Session) -> bool:
    """Whether anybody is in the store."""
    return session.scalar(select(Customer.id).limit(1)) is not None


def fill(store: Store, job: Job, *, key_file: Path | None, progress: Progress = lambda done: None) -> None:
    """Put `job`, or what is left of it, into a migrated store.

    Args:
        key_file: where worker processes find the master key; None keeps all work in this process.
        progress: told, after each chunk, how many customers are in the store.
    """
    numbers = Numbers.of_seed(job.seed)
    if job.done == 0:
        job = _begin(store, job, numbers)
    with store.reading() as session:
        world = _world(session, job)
    sizes = _sizes(job)
    chunks = chunks_in_order(store, world, numbers, sizes, key_file)
    with store.vault.writing(), bulk_writer(store) as write:
        for packed, (_, size) in zip(chunks, sizes, strict=True):
            job = replace(job, done=job.done + size)
            write(packed, job_recorder(job))
            progress(job.done)


def job_recorder(job: Job) -> Callable[[Connection], None]:
    """Writes down how far the job is."""
    statement = (
        update(BusinessInformation).where(BusinessInformation.key == DEMO_KEY).values(value=json.dumps(asdict(job)))
    )

    def record(connection: Connection) -> None:
        connection.execute(statement)

    return record


def _sizes(job: Job) -> list[tuple[int, int]]:
    """(first, size) of every chunk still to do."""
    first, end = job.done - PERSONAS, job.customers - PERSONAS
    return [(start, min(CHUNK, end - start)) for start in range(first, end, CHUNK)]


def _begin(store: Store, job: Job, numbers: Numbers) -> Job:
    """The catalogue, the organisation and the personas."""
    job = replace(job, done=PERSONAS)
    with store.session() as session:
        catalogue.load(session)
        organisation.build(session, job.seed, date.fromisoformat(job.as_of))
        world = _world(session, job)
        personas.add(session, world, numbers)
        extras.add(session, world, numbers)
        session.add(BusinessInformation(key=DEMO_KEY, value=json.dumps(asdict(job))))
    return job


def _world(session: Session, job: Job) -> World:
    return World(
        seed=job.seed,
        as_of=date.fromisoformat(job.as_of),
        plans={line: _plans(session, line) for line in Line},
        agents=_with_skill(session, "advice"),
        handlers={line: _with_skill(session, f"claims_{line}") for line in Line},
    )


def _plans(session: Session, line: Line) -> list[Offered]:
    query = select(Plan).join(Product).where(Product.line == line).order_by(Plan.base_premium_minor)
    return [
        Offered(
            row.id,
            row.product_id,
            row.base_premium_minor,
            (first.code, first.name, first.limit_minor, first.deductible_minor),
        )
        for row in session.scalars(query)
        for first in row.coverages[:1]
    ]


def _with_skill(session: Session, skill: str) -> list[int]:
    query = (
        select(Employee.id)
        .join(EmployeeSkill, EmployeeSkill.employee_id == Employee.id)
        .where(EmployeeSkill.skill == skill)
        .order_by(Employee.id)
    )
    return list(session.scalars(query))
