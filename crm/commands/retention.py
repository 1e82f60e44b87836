"""`retention`: what has grown too old goes, by the rules of crm/reference/privacy.yml."""

import argparse
from datetime import datetime, timezone
from typing import Any

from crm.retention import running, table
from crm.store import Store


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    retention = commands.add_parser("retention", help="delete what has grown too old, by the rules")
    retention.add_argument("--dry-run", action="store_true", help="only say how much would go")
    retention.add_argument("--table", action="store_true", help="print the rules as a table (Markdown)")
    retention.set_defaults(run=_retention)


def _retention(options: argparse.Namespace) -> None:
    if options.table:
        print(table.markdown())
        return
    store, now = Store.from_settings(), datetime.now(timezone.utc)
    if options.dry_run:
        _say("would go", running.due(store, now))
        return
    _say("gone", running.run(store, now))


def _say(what: str, rows: dict[str, int]) -> None:
    if not rows:
        print("nothing has grown too old")
    for name, count in sorted(rows.items()):
        print(f"{what}: {count:,} of {name}")
