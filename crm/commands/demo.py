"""`demo`: an empty store filled with demo customers."""

import argparse
from datetime import date, datetime, timezone
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from crm.demo import Job, demo_logins, fill, has_customers, job_of
from crm.settings import CrmSettings
from crm.store import Store


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    demo = commands.add_parser("demo", help="fill an empty store with demo customers")
    demo.add_argument("--customers", type=int, default=5_000, help="how many (default 5,000)")
    demo.add_argument("--seed", type=int, default=1, help="the same seed gives the same data (default 1)")
    demo.add_argument("--as-of", type=date.fromisoformat, help="the day the data stands at (default today)")
    demo.add_argument("--show", action="store_true", help="only print the demo customers of the store")
    demo.set_defaults(run=_demo)


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
