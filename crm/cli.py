"""The command line of the customer store: `python -m crm --help`."""

import argparse
import sys
from collections.abc import Sequence
from datetime import date, datetime, timezone

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import OperationalError

from crm import diagram
from crm.demo import Job, demo_logins, fill, has_customers, job_of
from crm.errors import CrmError
from crm.services import outbox
from crm.settings import CrmSettings
from crm.store import Store
from vault import VaultError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (CrmError, VaultError) as error:
        print(f"crm: {error}", file=sys.stderr)
        return 1
    except (OperationalError, OSError) as error:
        reason = str(getattr(error, "orig", error)).splitlines()[0]
        print(f"crm: {reason}; check CARELINE_DATABASE_URL, CARELINE_VAR and the space left", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("crm: stopped; the same command continues where this one ended", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m crm", description="The customer store.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    init = commands.add_parser("init", help="create the tables, or bring them to the newest version")
    init.set_defaults(run=_init)
    demo = commands.add_parser("demo", help="fill an empty store with demo customers")
    demo.add_argument("--customers", type=int, default=5_000, help="how many (default 5,000)")
    demo.add_argument("--seed", type=int, default=1, help="the same seed gives the same data (default 1)")
    demo.add_argument("--as-of", type=date.fromisoformat, help="the day the data stands at (default today)")
    demo.add_argument("--show", action="store_true", help="only print the demo customers of the store")
    demo.set_defaults(run=_demo)
    outgoing = commands.add_parser("outbox", help="print the newest messages to customers, one-time codes among them")
    outgoing.add_argument("--limit", type=int, default=10, help="how many (default 10)")
    outgoing.set_defaults(run=_outbox)
    picture = commands.add_parser("diagram", help="print the entity-relationship diagram (Mermaid)")
    picture.set_defaults(run=lambda _: print(diagram.mermaid()))
    return parser


def _init(_: argparse.Namespace) -> None:
    store = Store.from_settings()
    store.migrate()
    print(f"the store is ready: {store.engine.url.render_as_string(hide_password=True)}")


def _demo(options: argparse.Namespace) -> None:
    settings = CrmSettings()
    store = Store.from_settings(settings)
    store.migrate()
    if not options.show:
        _fill(store, settings, options)
    with store.reading() as session:
        logins = demo_logins(session)
    if not logins:
        print("this store holds no demo customers")
    for login in logins:
        print(f"demo customer: policy {login.policy_number} born {login.birth_date} name {login.name}")


def _outbox(options: argparse.Namespace) -> None:
    with Store.from_settings().reading() as session:
        entries = outbox.newest(session, limit=options.limit)
    if not entries:
        print("the outbox is empty")
    for entry in entries:
        print(f"{entry.at:%Y-%m-%d %H:%M:%S} UTC  {entry.channel} to {entry.destination}: {entry.text}")


def _fill(store: Store, settings: CrmSettings, options: argparse.Namespace) -> None:
    with store.reading() as session:
        job, occupied = job_of(session), has_customers(session)
    if occupied and (job is None or job.finished):
        print("the store already holds customers; nothing was changed")
        return
    if job is None:
        as_of = options.as_of or datetime.now(timezone.utc).date()
        job = Job(options.customers, options.seed, as_of.isoformat())
    else:
        print(f"continuing a demo of {job.customers:,} customers, {job.done:,} of them done")
    columns = (TextColumn("demo customers"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        task = bar.add_task("demo", total=job.customers, completed=job.done)
        fill(store, job, key_file=settings.key_file, progress=lambda done: bar.update(task, completed=done))
