"""`reindex`: the index of words made anew."""

import argparse
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from crm import search
from crm.store import Store


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    reindex = commands.add_parser("reindex", help="make the index of words in messages anew, while the service runs")
    reindex.set_defaults(run=_reindex)


def _reindex(_: argparse.Namespace) -> None:
    store = Store.from_settings()
    store.migrate()
    with Progress(TextColumn("messages"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) as bar:
        task = bar.add_task("messages", total=None)
        count = search.reindex(store, lambda done, total: bar.update(task, completed=done, total=total))
    print(f"{count:,} messages are indexed")
