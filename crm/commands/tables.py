"""`init` and `diagram`: the tables themselves."""

import argparse
from typing import Any

from crm import diagram
from crm.store import Store


def add_to(commands: Any) -> None:
    """Add the commands to the parser."""
    init = commands.add_parser("init", help="create the tables, or bring them to the newest version")
    init.set_defaults(run=_init)
    picture = commands.add_parser("diagram", help="print the entity-relationship diagram (Mermaid)")
    picture.set_defaults(run=lambda _: print(diagram.mermaid()))


def _init(_: argparse.Namespace) -> None:
    store = Store.from_settings()
    store.migrate()
    print(f"the store is ready: {store.engine.url.render_as_string(hide_password=True)}")
