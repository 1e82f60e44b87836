"""`staff`: accounts of those who work at the desk.

A password is made here and printed once, or asked for at the terminal; it is never an argument, where other users of
the machine and the shell's history would see it.
"""

import argparse
import getpass
import sys
from datetime import datetime, timezone
from typing import Any

from sqlalchemy.orm import Session

from crm.demo import desk as demo_desk
from crm.domain import Role, StaffAccount
from crm.errors import InvalidInput
from crm.services import canned_replies, staff, staff_passwords, staff_second_factor
from crm.store import Store

FIRST = "admin"


def add_to(commands: Any) -> None:
    """Add the commands to the parser."""
    group = commands.add_parser("staff", help="accounts of those who work at the staff desk")
    verbs = group.add_subparsers(required=True, metavar="VERB")
    first = verbs.add_parser(
        "first", help=f"make the first account, {FIRST}, if there is none; its password is printed"
    )
    first.set_defaults(run=_first)
    add = verbs.add_parser("add", help="make an account; its password is printed, and changed at the first log-in")
    add.add_argument("username")
    add.add_argument("--name", help="as colleagues and customers see it (default the employee's, else the user name)")
    add.add_argument("--role", type=Role, choices=list(Role), default=Role.AGENT)
    add.add_argument("--employee", type=int, metavar="ID", help="the employee it belongs to; needed to take customers")
    add.add_argument("--language", choices=staff.LANGUAGES, default="en")
    _asks_for_password(add)
    add.set_defaults(run=_add)
    listed = verbs.add_parser("list", help="show all accounts")
    listed.set_defaults(run=_list)
    reset = verbs.add_parser("reset-password", help="print a new password; the account is logged out everywhere")
    reset.add_argument("username")
    reset.add_argument("--second-factor", action="store_true", help="ask for no second factor any more, too")
    _asks_for_password(reset)
    reset.set_defaults(run=_reset)
    for verb, told in (("disable", "let nobody log in with an account any more"), ("enable", "undo `disable`")):
        parser = verbs.add_parser(verb, help=told)
        parser.add_argument("username")
        parser.set_defaults(run=_disable if verb == "disable" else _enable)


def _asks_for_password(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--ask", action="store_true", help="ask for the password here instead of making one")


def _first(_: argparse.Namespace) -> None:
    store = Store.from_settings()
    with store.reading() as session:
        made_before = staff.anybody(session)
    if not made_before:
        password = staff_passwords.generated()
        password_hash = staff_passwords.hashed(password)
        with store.session() as session:
            made_before = staff.anybody(session)
            if not made_before:
                _make_first(session, password_hash)
    if made_before:
        again = f"python -m crm staff reset-password {FIRST}"
        print(f"desk: user {FIRST}, password as printed at the first run (a new one: {again})")
    else:
        print(f"desk: user {FIRST} password {password}")


def _make_first(session: Session, password_hash: str) -> None:
    """Its password was printed to whoever runs this machine: it need not be changed."""
    employee = demo_desk.add_employee(session)
    canned_replies.seed(session, now=_now())
    staff.add(
        session,
        username=FIRST,
        name=employee.name if employee else FIRST,
        role=Role.ADMIN,
        employee_id=employee.id if employee else None,
        password_hash=password_hash,
        must_change_password=False,
        now=_now(),
    )


def _add(options: argparse.Namespace) -> None:
    password = _password(options)
    password_hash = staff_passwords.hashed(password)
    with Store.from_settings().session() as session:
        account = staff.add(
            session,
            username=options.username,
            name=options.name or staff.name_of_employee(session, options.employee) or options.username,
            role=options.role,
            employee_id=options.employee,
            language=options.language,
            password_hash=password_hash,
            must_change_password=not options.ask,
            now=_now(),
        )
    _tell(account, password, options)


def _list(_: argparse.Namespace) -> None:
    with Store.from_settings().session() as session:
        for account in staff.accounts(session):
            state = "active" if account.is_active else "disabled"
            ways = [
                word
                for word, has in (("second factor", account.has_totp), ("single sign-on", account.single_sign_on))
                if has
            ]
            employee = f"employee {account.employee_id}" if account.employee_id else "no employee"
            seen = f"{account.last_login_at:%Y-%m-%d %H:%M} UTC" if account.last_login_at else "never"
            print(
                "  ".join([account.username, account.name, account.role, employee, state, f"last log-in {seen}", *ways])
            )


def _reset(options: argparse.Namespace) -> None:
    password = _password(options)
    password_hash = staff_passwords.hashed(password)
    with Store.from_settings().session() as session:
        account = staff.named(session, options.username)
        staff.set_password(session, account.id, password_hash, must_change=not options.ask, now=_now())
        if options.second_factor:
            staff_second_factor.remove(session, account.id)
    _tell(account, password, options)


def _disable(options: argparse.Namespace) -> None:
    with Store.from_settings().session() as session:
        account = staff.disable(session, staff.named(session, options.username).id, now=_now())
    print(f"{account.username} is disabled and logged out")


def _enable(options: argparse.Namespace) -> None:
    with Store.from_settings().session() as session:
        account = staff.enable(session, staff.named(session, options.username).id)
    print(f"{account.username} may log in again")


def _password(options: argparse.Namespace) -> str:
    """One that was typed twice, or a random one."""
    if not options.ask:
        return staff_passwords.generated()
    if not sys.stdin.isatty():
        password = sys.stdin.readline().rstrip("\r\n")  # from a pipe, such as a password manager's
    else:
        password = getpass.getpass("password: ")
        if getpass.getpass("once more: ") != password:
            raise InvalidInput("password", "The two are not the same; nothing was changed.")
    staff_passwords.check(password, options.username)
    return password


def _tell(account: StaffAccount, password: str, options: argparse.Namespace) -> None:
    if options.ask:
        print(f"desk: user {account.username}, password as typed")
    else:
        print(f"desk: user {account.username} password {password} (to be changed at the first log-in)")


def _now() -> datetime:
    return datetime.now(timezone.utc)
