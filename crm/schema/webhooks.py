"""Other systems: the tokens with which they call the API."""

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from crm.schema.base import Base, Id, Label, Moment, Name, reference
from crm.schema.types import Blind


class ApiToken(Base):
    """A token that acts for an account through the API, as far as its scopes and the account's role go.

    The token itself is kept only as a keyed hash; `hint` is its end, by which people tell tokens apart. A token that
    was revoked stays until it would have expired: the audit names it.
    """

    __tablename__ = "api_tokens"

    id: Mapped[Id]
    account_id: Mapped[int] = reference("staff_accounts.id", index=True)
    made_by: Mapped[int] = reference("staff_accounts.id")
    name: Mapped[Name]
    token_index: Mapped[str] = mapped_column(Blind(str), unique=True)
    hint: Mapped[Label]
    scopes: Mapped[list[str]] = mapped_column(JSON())
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    last_used_at: Mapped[Moment | None]
    revoked_at: Mapped[Moment | None]
