"""Accounts of staff, and where they are logged in."""

from sqlalchemy import BigInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm import normalise
from crm.domain import Role, Theme
from crm.schema.base import Base, HexId, Id, Label, Moment, Text, reference
from crm.schema.types import Blind, Code, SealedText


class StaffAccount(Base):
    """Somebody who may work at the desk. An account is never deleted, only disabled: the audit names it.

    `password_hash` is Argon2id in the PHC string format, None for who only logs in through the identity provider;
    `identity` is that provider's issuer and subject. `totp_pending` is a second factor that was not confirmed yet;
    `totp_last_step` is the 30-second step of the last one-time password that was taken: it and those before it are
    not taken again.
    """

    __tablename__ = "staff_accounts"

    id: Mapped[Id]
    employee_id: Mapped[int | None] = reference("employees.id", index=True)
    username: Mapped[Text]
    username_index: Mapped[str] = mapped_column(Blind(normalise.username), unique=True)
    name: Mapped[Text]
    role: Mapped[Role] = mapped_column(Code(Role))
    language: Mapped[Label]
    theme: Mapped[Theme] = mapped_column(Code(Theme))
    password_hash: Mapped[str | None] = mapped_column(SealedText())
    must_change_password: Mapped[bool]
    password_changed_at: Mapped[Moment | None]
    totp_secret: Mapped[str | None] = mapped_column(SealedText())
    totp_pending: Mapped[str | None] = mapped_column(SealedText())
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger())
    identity: Mapped[str | None] = mapped_column(SealedText())
    identity_index: Mapped[str | None] = mapped_column(Blind(str), unique=True)
    created_at: Mapped[Moment]
    last_login_at: Mapped[Moment | None]
    disabled_at: Mapped[Moment | None]


class StaffRecoveryCode(Base):
    """A code that stands in for the second factor once; kept as a keyed hash."""

    __tablename__ = "staff_recovery_codes"
    __table_args__ = (UniqueConstraint("account_id", "code_index"),)

    id: Mapped[Id]
    account_id: Mapped[int] = reference("staff_accounts.id")
    code_index: Mapped[str] = mapped_column(Blind(str))
    used_at: Mapped[Moment | None]


class StaffSession(Base):
    """Somewhere an account is logged in. The token in the browser's cookie is kept only as a keyed hash.

    A session that ends is deleted: the audit remembers it.
    """

    __tablename__ = "staff_sessions"

    id: Mapped[HexId]
    account_id: Mapped[int] = reference("staff_accounts.id", index=True)
    token_index: Mapped[str] = mapped_column(Blind(str), unique=True)
    method: Mapped[Label]
    address: Mapped[Text]
    browser: Mapped[Text]
    created_at: Mapped[Moment]
    last_seen_at: Mapped[Moment]
    expires_at: Mapped[Moment]
