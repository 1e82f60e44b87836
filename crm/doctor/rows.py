"""Whether rows belong to something, and whether any should be gone."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select

from crm.doctor.findings import Finding, error, warning
from crm.retention import running
from crm.schema import Base
from crm.store import Store

GRACE = timedelta(days=2)  # housekeeping is daily; one day's run may have failed


def orphans(store: Store) -> Iterator[Finding]:
    """No row refers to one that is gone."""
    with store.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
                parent = key.column.table.alias("parent")
                missing = ~exists().where(parent.c[key.column.name] == key.parent)
                count = connection.scalar(
                    select(func.count()).select_from(table).where(key.parent.is_not(None), missing)
                )
                if count:
                    yield error(
                        f"{count:,} rows of {table.name} refer to {key.column.table.name} that do not exist "
                        f"({key.parent.name}).",
                        "Restore what was removed from a backup, or delete these rows once it is clear why.",
                    )


def overdue(store: Store, now: datetime) -> Iterator[Finding]:
    """Nothing stays longer than `crm/reference/privacy.yml` allows."""
    for table, count in running.due(store, now - GRACE).items():
        if count:
            yield warning(
                f"{count:,} rows of {table} should have gone by the rules of retention.",
                "Run `python -m crm retention`, and look why the daily run did not.",
            )
