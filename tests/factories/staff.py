"""Makers of staff accounts."""

from typing import Any

from sqlalchemy.orm import Session

from crm.domain import Role, StaffAccount
from crm.services import staff, staff_passwords
from tests.factories.crm import NOW

PASSWORD = "quiet harbour lantern"
HASH = staff_passwords.hashed(PASSWORD)


def an_account(session: Session, username: str, **values: Any) -> StaffAccount:
    """An agent's account with `PASSWORD`, which need not be changed."""
    defaults = {
        "name": username.title(),
        "role": Role.AGENT,
        "password_hash": HASH,
        "must_change_password": False,
        "now": NOW,
    }
    return staff.add(session, username=username, **(defaults | values))
