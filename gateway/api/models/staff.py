"""Accounts of staff, and tokens."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from crm.domain.staff import Permission, Role
from gateway.api.callers import AnyNumber, Sent, Shown, Word

Language = Literal["en", "zh"]


class Account(Shown):
    """An account as an administrator sees it."""

    id: int
    username: str
    name: str
    employee_id: int | None
    role: Role
    language: str
    has_password: bool
    has_totp: bool
    single_sign_on: bool
    must_change_password: bool
    created_at: datetime
    last_login_at: datetime | None
    disabled_at: datetime | None


class AccountWish(Sent):
    """An account to make; without `employee_id` it takes no customers."""

    username: Word
    name: Word = ""
    role: Role = Role.AGENT
    employee_id: AnyNumber | None = None
    language: Language = "en"


class AccountChange(Sent):
    """What changes; what is left out stays. An `employee_id` of 0 takes the employee away."""

    name: Word | None = None
    role: Role | None = None
    employee_id: Annotated[int, Field(ge=0, le=2**53 - 1, strict=True)] | None = None
    language: Language | None = None


class NewPassword(Shown):
    """The account with its new password, which is not to be had again and changed at the next log-in."""

    account: Account
    password: str


class Token(Shown):
    """A token as lists show it; `hint` is its end."""

    id: int
    account_id: int
    account_name: str
    name: str
    hint: str
    scopes: list[Permission]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class TokenWish(Sent):
    """A token to make, for `account_id` or the caller."""

    name: Word
    scopes: Annotated[list[Permission], Field(min_length=1, max_length=len(Permission))]
    """None beyond what the account's role and the caller may do."""
    days: Annotated[int, Field(ge=1, le=366, strict=True)] = 90
    """How long it lasts."""
    account_id: AnyNumber | None = None


class NewToken(Shown):
    """The token: it is not to be had again."""

    token: str
    shown: Token
