"""Members of staff: their accounts, roles, and what each role may do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from crm.domain.audit import Actor


class Permission(StrEnum):
    """What a role may do; which role may do what stands in `crm/reference/roles.toml`."""

    QUEUE_VIEW = "queue_view"
    TAKE = "take"
    CONVERSE = "converse"
    WATCH = "watch"
    WHISPER = "whisper"
    TAKE_OVER = "take_over"
    TRANSFER = "transfer"
    UNMASK = "unmask"
    CUSTOMER_VIEW = "customer_view"
    CUSTOMER_CHANGE = "customer_change"
    SEARCH = "search"
    BOARD = "board"
    FIGURES = "figures"
    REVIEW = "review"
    CANNED_EDIT = "canned_edit"
    STAFF_ADMIN = "staff_admin"
    TOKENS = "tokens"
    WEBHOOKS = "webhooks"
    EXPORT = "export"


class Role(StrEnum):
    """What somebody is at the desk."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    ANALYST = "analyst"


class Theme(StrEnum):
    """How the desk looks; `auto` is as the machine has it."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Who works at the desk in this request.

    Attributes:
        employee_id: whom the account belongs to; None for somebody who takes no customers, such as an analyst.
        name: as colleagues and customers see it.
        session_id: of the session in the store, empty for an API token.
        csrf: what a request that changes something has to carry, empty for an API token.
    """

    account_id: int
    employee_id: int | None
    name: str
    role: Role
    permissions: frozenset[Permission]
    language: str
    theme: str
    session_id: str
    csrf: str

    @property
    def actor(self) -> Actor:
        """Whose doing it is, for the audit."""
        return Actor.staff(str(self.account_id), "desk" if self.session_id else "api")

    def may(self, permission: Permission) -> bool:
        """Whether their role includes it."""
        return permission in self.permissions


@dataclass(frozen=True, slots=True)
class StaffAccount:
    """An account as an administrator sees it.

    Attributes:
        single_sign_on: whether it is tied to an identity at the insurer's own identity provider.
        has_password: whether it can log in with one.
        has_totp: whether a second factor is asked for.
    """

    id: int
    username: str
    name: str
    employee_id: int | None
    role: Role
    language: str
    theme: str
    has_password: bool
    has_totp: bool
    single_sign_on: bool
    must_change_password: bool
    created_at: datetime
    last_login_at: datetime | None
    disabled_at: datetime | None

    @property
    def is_active(self) -> bool:
        """Whether they may log in."""
        return self.disabled_at is None


@dataclass(frozen=True, slots=True)
class StaffSession:
    """Somewhere an account is logged in; `method` is `password` or `oidc`."""

    id: str
    method: str
    address: str
    browser: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token of the API as lists show it: never the token itself.

    Attributes:
        account_id: for whom it acts; `account_name` is their name.
        hint: its last characters, to tell tokens apart.
        scopes: what it may be used for, as far as the account's role still includes it.
    """

    id: int
    account_id: int
    account_name: str
    made_by: int
    name: str
    hint: str
    scopes: frozenset[Permission]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    def is_live(self, now: datetime) -> bool:
        """Whether it still opens anything."""
        return self.revoked_at is None and now < self.expires_at
