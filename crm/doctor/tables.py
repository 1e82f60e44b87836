"""Whether the tables, their indexes and references are those of this program."""

from collections.abc import Iterator

from sqlalchemy import Inspector, Table, UniqueConstraint, inspect, text

from crm import migrations
from crm.doctor.findings import Finding, error, warning
from crm.schema import Base
from crm.store import Store

_INIT = "Run `python -m crm init`."


def version(store: Store) -> Iterator[Finding]:
    """The store's version is the program's."""
    with store.engine.connect() as connection:
        here = migrations.current(connection)
    newest = migrations.versions()[-1]
    if here is None:
        yield error("The store has no tables yet.", _INIT)
    elif here not in migrations.versions():
        yield error(
            f"The store has version {here}, which this program does not know.",
            "It was made by a newer program: use that one, or restore the backup from before the update.",
        )
    elif here != newest:
        yield error(f"The store has version {here}; this program needs {newest}.", f"Back it up, then: {_INIT}")


def columns(store: Store) -> Iterator[Finding]:
    """Every table has the columns the program reads."""
    found = inspect(store.engine)
    there = set(found.get_table_names())
    for table in Base.metadata.sorted_tables:
        if table.name not in there:
            yield error(f"The table {table.name} is missing.", "Restore the last backup; nothing removes a table.")
            continue
        names = {column["name"] for column in found.get_columns(table.name)}
        for column in sorted(set(table.columns.keys()) - names):
            yield error(f"The column {table.name}.{column} is missing.", "Restore the last backup.")


def indexes(store: Store) -> Iterator[Finding]:
    """Every index is there: without one of them a look-up reads the whole table."""
    found = inspect(store.engine)
    for table in Base.metadata.sorted_tables:
        there = _indexed(found, table)
        for unique, names in _wanted(table):
            if not any(columns == names and (is_unique or not unique) for is_unique, columns in there):
                kind = "UNIQUE INDEX" if unique else "INDEX"
                name = f"{'uq' if unique else 'ix'}_{table.name}_{'_'.join(names)}"
                yield (error if unique else warning)(
                    f"An index on {table.name} ({', '.join(names)}) is missing.",
                    f"Run in the database: CREATE {kind} {name} ON {table.name} ({', '.join(names)});",
                )


def references(store: Store) -> Iterator[Finding]:
    """The database itself watches that rows refer to rows that exist."""
    found = inspect(store.engine)
    for table in Base.metadata.sorted_tables:
        there = {
            (tuple(key["constrained_columns"]), key["referred_table"]) for key in found.get_foreign_keys(table.name)
        }
        for constraint in table.foreign_key_constraints:
            names = tuple(constraint.column_keys)
            if (names, constraint.referred_table.name) not in there:
                yield error(
                    f"{table.name}.{', '.join(names)} is no longer tied to {constraint.referred_table.name}.",
                    "Restore the last backup, or add the foreign key again.",
                )
    if store.engine.dialect.name == "sqlite":
        with store.engine.connect() as connection:
            if connection.scalar(text("PRAGMA foreign_keys")) != 1:
                yield error("SQLite does not check references.", "Use a SQLite that was built with foreign keys.")


def _wanted(table: Table) -> Iterator[tuple[bool, tuple[str, ...]]]:
    for index in table.indexes:
        yield bool(index.unique), tuple(column.name for column in index.columns)
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield True, tuple(column.name for column in constraint.columns)


def _indexed(found: Inspector, table: Table) -> list[tuple[bool, tuple[str, ...]]]:
    made = [
        (bool(index["unique"]), tuple(str(name) for name in index["column_names"]))
        for index in found.get_indexes(table.name)
    ]
    return made + [(True, tuple(one["column_names"])) for one in found.get_unique_constraints(table.name)]
