"""Where the store lives, from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class CrmSettings(BaseSettings):
    """Settings of the customer store; every name is prefixed `CARELINE_` in the environment."""

    model_config = SettingsConfigDict(env_prefix="CARELINE_", extra="ignore")

    var: Path = Field(default=Path("var"), description="Everything the running system writes.")
    database_url: str = Field(default="", description="SQLAlchemy URL; a SQLite file in `var` when empty.")
    master_key_file: Path | None = Field(default=None, description="The master key; `var`/master.key when unset.")

    rasa_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("http://127.0.0.1:5005",), description="The Rasa processes, separated by commas."
    )
    rasa_token_file: Path | None = Field(default=None, description="The token of Rasa's private channel.")
    audit_anchors: Path | None = Field(
        default=None, description="Where the audit is anchored, outside the database; `var`/audit.anchors when unset."
    )

    @field_validator("rasa_urls", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @property
    def url(self) -> str:
        """The database URL."""
        return self.database_url or f"sqlite:///{self.var / 'careline.db'}"

    @property
    def key_file(self) -> Path:
        """The master key's file."""
        return self.master_key_file or self.var / "master.key"

    @property
    def token_file(self) -> Path:
        """The file with the token of Rasa's private channel."""
        return self.rasa_token_file or self.var / "rasa.token"

    @property
    def anchor_file(self) -> Path:
        """The file the audit is anchored in."""
        return self.audit_anchors or self.var / "audit.anchors"
