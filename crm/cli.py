"""The command line of the customer store: `python -m crm --help`."""

import argparse
import getpass
import sys
from collections.abc import Sequence

from sqlalchemy.exc import OperationalError

from crm.commands import audit, demo, doctor, importing, keys, outbox, retention, rights, search, staff, tables
from crm.domain.audit import Actor, current_actor
from crm.errors import CrmError
from vault import VaultError

# Each adds its commands.
_GROUPS = (tables, demo, outbox, keys, rights, audit, retention, importing, search, doctor, staff)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    options = _parser().parse_args(arguments)
    current_actor.set(Actor.command(user()))
    try:
        return int(options.run(options) or 0)
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


def user() -> str:
    """Who is at the terminal, for the audit."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as somebody without a name
        return "unknown"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m crm", description="The customer store.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in _GROUPS:
        group.add_to(commands)
    return parser
