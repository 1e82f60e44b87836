"""`python -m models needs`: the report from the store, or from a table somebody has."""

import argparse
from datetime import datetime, timezone
from pathlib import Path

import polars as pl

from crm.services._days import today
from crm.store import Store
from models import columns, customers, facts, tables
from models.errors import TableError
from models.needs import page
from models.needs.page import Request


def run(given: argparse.Namespace) -> Path:
    """Write the report; its path. Raises `TableError` when there is nothing to look at."""
    request = _from_table(given) if given.table else _from_store(given)
    return page.write(request, page.analyse(request), given.out, given.language)


def _from_store(given: argparse.Namespace) -> Request:
    with Store.from_settings().reading() as session:
        day = today(session, datetime.now(timezone.utc))
        people, contracts = customers.tables(facts.of_all(session, day), day)
    if people.is_empty():
        raise TableError("The store holds no customers yet: import them with `python -m crm import`.")
    kinds = columns.infer(people)
    return Request(
        "the customer store",
        _with_products(people, columns.typed(people, kinds), customers.PRODUCTS),
        [kind for kind in kinds if kind.name not in customers.PRODUCTS],
        given.compare or [customers.LEFT],
        customers.PRODUCTS,
        contracts,
        contract_group="line",
        present=people[customers.LEFT] == "no",
        known=True,
    )


def _from_table(given: argparse.Namespace) -> Request:
    frame = tables.read(given.table)
    for name in [*given.compare, *given.products, given.duration, given.event]:
        if name is not None and name not in frame.columns:
            raise TableError(f"There is no column {name}; there are: {', '.join(frame.columns)}.")
    kinds = columns.infer(frame)
    typed = _with_products(frame, columns.typed(frame, kinds), given.products)
    contracts = None
    if given.duration and given.event:
        years = columns.typed(frame, [kind for kind in kinds if kind.name == given.duration])[given.duration]
        ended = frame[given.event].cast(pl.String).str.to_lowercase().is_in(["1", "yes", "true", "y", "\u662f"])
        contracts = pl.DataFrame({"years": years.cast(pl.Float64), "ended": ended})
    learned = [kind for kind in kinds if kind.name not in given.products]
    return Request(given.table.name, typed, learned, given.compare, given.products, contracts)


def _with_products(frame: pl.DataFrame, typed: pl.DataFrame, products: list[str]) -> pl.DataFrame:
    """The typed columns, with products as they came: a product nobody holds is constant, and still a product."""
    return typed.with_columns([frame[name] for name in products])
