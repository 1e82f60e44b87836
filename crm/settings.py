"""Where the store lives, from the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class CrmSettings(BaseSettings):
    """Settings of the customer store; every name is prefixed `CARELINE_` in the environment."""

    model_config = SettingsConfigDict(env_prefix="CARELINE_", extra="ignore")

    var: Path = Field(default=Path("var"), description="Everything the running system writes.")
    database_url: str = Field(default="", description="SQLAlchemy URL; a SQLite file in `var` when empty.")
    master_key_file: Path | None = Field(default=None, description="The master key; `var`/master.key when unset.")

    @property
    def url(self) -> str:
        """The database URL."""
        return self.database_url or f"sqlite:///{self.var / 'careline.db'}"

    @property
    def key_file(self) -> Path:
        """The master key's file."""
        return self.master_key_file or self.var / "master.key"
