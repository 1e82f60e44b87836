"""`doctor`: what is wrong with the store, and what to do about it."""

import argparse
from datetime import datetime, timezone
from typing import Any

from crm.doctor import Level, examine
from crm.settings import CrmSettings
from crm.store import Store


def add_to(commands: Any) -> None:
    """Add the command to the parser."""
    doctor = commands.add_parser("doctor", help="check the store, its keys and its disk; exit status 1 on errors")
    doctor.set_defaults(run=_doctor)


def _doctor(_: argparse.Namespace) -> int:
    settings = CrmSettings()
    store = Store.from_settings(settings)
    errors = 0
    for name, findings in examine(store, settings.var, datetime.now(timezone.utc)):
        if not findings:
            print(f"{name}: in order")
        for finding in findings:
            errors += finding.level is Level.ERROR
            print(f"{name}: {finding.level}: {finding.what}\n    {finding.do}")
    print(f"{errors} errors" if errors else "no errors")
    store.close()
    return 1 if errors else 0
