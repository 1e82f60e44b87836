"""The checks in their order."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from crm.doctor import keys, machine, rows, tables
from crm.doctor.findings import Finding, Level
from crm.store import Store

Check = Callable[[Store, Path, datetime], Iterator[Finding]]

CHECKS: dict[str, Check] = {
    "file": lambda store, folder, now: machine.file(store),
    "version": lambda store, folder, now: tables.version(store),
    "tables": lambda store, folder, now: tables.columns(store),
    "indexes": lambda store, folder, now: tables.indexes(store),
    "references": lambda store, folder, now: tables.references(store),
    "orphans": lambda store, folder, now: rows.orphans(store),
    "keys": lambda store, folder, now: keys.sealed(store),
    "look-ups": lambda store, folder, now: keys.blind(store),
    "rotation": lambda store, folder, now: keys.rotation(store),
    "retention": lambda store, folder, now: rows.overdue(store, now),
    "log": lambda store, folder, now: machine.log(store),
    "space": lambda store, folder, now: machine.space(store, folder),
}
_FIRST = ("file", "version", "tables")  # without these in order, the others would only stumble


def examine(store: Store, folder: Path, now: datetime) -> Iterator[tuple[str, list[Finding]]]:
    """Every check with what it found, as it is done.

    Args:
        folder: where the running system writes; its disk is looked at.
    """
    for name, check in CHECKS.items():
        found = list(check(store, folder, now))
        yield name, found
        if name in _FIRST and any(finding.level is Level.ERROR for finding in found):
            return
