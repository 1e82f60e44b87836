"""`outbox`: what waits to be delivered to customers."""

import argparse
from typing import Any

from crm.services import outbox
from crm.store import Store


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    outgoing = commands.add_parser("outbox", help="print the newest messages to customers, one-time codes among them")
    outgoing.add_argument("--limit", type=int, default=10, help="how many (default 10)")
    outgoing.set_defaults(run=_outbox)


def _outbox(options: argparse.Namespace) -> None:
    with Store.from_settings().reading() as session:
        entries = outbox.newest(session, limit=options.limit)
    if not entries:
        print("the outbox is empty")
    for entry in entries:
        print(f"{entry.at:%Y-%m-%d %H:%M:%S} UTC  {entry.channel} to {entry.destination}: {entry.text}")
