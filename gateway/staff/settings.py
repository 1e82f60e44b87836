"""How staff log in, from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from crm.domain import Role


class StaffSettings(BaseSettings):
    """Settings of logging in; every one is an environment variable with the prefix `CARELINE_`.

    Single sign-on is on when `oidc_issuer` is set. `oidc_roles` says which group of the provider gets which role:
    `care-agents=agent, care-leads=supervisor`; of several the one further up in `roles.toml`'s order of power counts,
    and who is in none is not let in. The provider has to know `<address of the desk>/desk/login/oidc/callback`.
    """

    model_config = SettingsConfigDict(env_prefix="CARELINE_", extra="ignore")

    staff_idle_minutes: float = Field(default=60, gt=0, description="Without a sign of life somebody is logged out.")
    staff_session_hours: float = Field(default=12, gt=0, description="After this everybody logs in again.")

    staff_second_factor: Annotated[frozenset[Role], NoDecode] = Field(
        default=frozenset(), description="Roles that need one to work, such as `admin, supervisor`."
    )

    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_client_secret_file: Path | None = None
    oidc_scopes: str = "openid profile email"
    oidc_groups_claim: str = "groups"
    oidc_roles: Annotated[dict[str, Role], NoDecode] = Field(default_factory=dict)
    oidc_redirect_url: str = Field(default="", description="When the desk's address differs from what requests name.")
    oidc_name: str = Field(default="", description="What the button calls the provider.")

    @field_validator("oidc_roles", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if isinstance(value, str):
            pairs = (part.partition("=") for part in value.split(",") if part.strip())
            return {group.strip(): role.strip() for group, _, role in pairs}
        return value

    @field_validator("staff_second_factor", mode="before")
    @classmethod
    def _roles(cls, value: object) -> object:
        return [role.strip() for role in value.split(",") if role.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _complete(self) -> "StaffSettings":
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_roles):
            raise ValueError("single sign-on needs CARELINE_OIDC_CLIENT_ID and CARELINE_OIDC_ROLES as well")
        return self

    @property
    def client_secret(self) -> str:
        """The client's secret; empty for a public client, which PKCE alone protects."""
        if self.oidc_client_secret_file is not None:
            return self.oidc_client_secret_file.read_text(encoding="utf-8").strip()
        return self.oidc_client_secret.get_secret_value()
