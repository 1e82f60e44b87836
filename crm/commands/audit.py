"""`audit verify` and `audit show`: who read or changed what of whom."""

import argparse
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from crm import audit_anchors, audit_chain
from crm.services import audit
from crm.services._find import customer_id_of
from crm.settings import CrmSettings
from crm.store import Store


def add_to(commands: Any) -> None:
    """Add the commands to the parser."""
    group = commands.add_parser("audit", help="check the audit, or show who read or changed what of a customer")
    verbs = group.add_subparsers(required=True, metavar="VERB")
    verify = verbs.add_parser("verify", help="find entries that were removed, altered or put in another order")
    verify.add_argument("--anchors", type=Path, help="the anchor file (default CARELINE_AUDIT_ANCHORS)")
    verify.set_defaults(run=_verify)
    show = verbs.add_parser("show", help="who read or changed what of a customer")
    show.add_argument("customer", help="policy number, e-mail address, phone number or id; the id also once erased")
    show.add_argument("--limit", type=int, default=100, help="how many entries (default the newest 100)")
    show.set_defaults(run=_show)


def _verify(options: argparse.Namespace) -> int:
    settings = CrmSettings()
    store = Store.from_settings(settings)
    path = options.anchors or settings.anchor_file
    with store.engine.connect() as connection:
        anchors = audit_anchors.read(connection, path)
        report = audit_chain.verify(connection, anchors)
        for fault in report.faults:
            where = "" if fault.seq is None else f", entry {fault.seq}"
            print(f"chain {fault.chain}{where}: {fault.what}")
        if report.faults:
            return 1
        audit_anchors.add(connection, path, datetime.now(timezone.utc))
    print(f"{report.entries:,} entries in {report.chains} chains: nothing was removed, altered or moved")
    return 0


def _show(options: argparse.Namespace) -> None:
    with Store.from_settings().session() as session:
        customer_id = customer_id_of(session, options.customer)
        entries = audit.entries_about(session, customer_id, options.limit)
        audit.note_read(session, "audit_entries", customer_id=customer_id)
    for entry in reversed(entries):
        who = entry.actor if entry.who == entry.actor else f"{entry.actor} {entry.who}"
        fields = f" ({', '.join(entry.fields)})" if entry.fields else ""
        print(f"{entry.at:%Y-%m-%d %H:%M:%S} UTC  {who} by {entry.channel}: {entry.verb} {entry.area}{fields}")
    if not entries:
        print("nothing is known about this customer")
