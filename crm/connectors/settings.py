"""Which system of record, from the environment."""

from ipaddress import ip_address
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class ConnectorSettings(BaseSettings):
    """Settings of the connector; every name is prefixed `CARELINE_` in the environment."""

    model_config = SettingsConfigDict(env_prefix="CARELINE_", extra="ignore")

    crm: Literal["local", "rest"] = Field(
        default="local", description="`local`: our own store; `rest`: the insurer's existing system over HTTP."
    )
    crm_url: str = Field(default="", description="Where that system is; https, except on this machine.")
    crm_token: SecretStr = Field(default=SecretStr(""), description="The bearer token it knows us by.")
    crm_token_file: Path | None = Field(default=None, description="A file with the token instead.")

    @model_validator(mode="after")
    def _complete(self) -> "ConnectorSettings":
        if self.crm == "local":
            return self
        address = urlsplit(self.crm_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError("CARELINE_CRM=rest needs CARELINE_CRM_URL, such as https://crm.example/api")
        if address.scheme == "http" and not _is_here(address.hostname):
            raise ValueError("CARELINE_CRM_URL has to begin with https://: customers' data travels there")
        if not self.token:
            raise ValueError("CARELINE_CRM=rest needs CARELINE_CRM_TOKEN or CARELINE_CRM_TOKEN_FILE")
        return self

    @property
    def token(self) -> str:
        """The token, from wherever it is."""
        if self.crm_token_file is not None:
            return self.crm_token_file.read_text(encoding="utf-8").strip()
        return self.crm_token.get_secret_value()


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
