"""Where people answer customers: at our own desk, or in Chatwoot."""

from typing import Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class TargetSettings(BaseSettings):
    """Settings of hand-offs; every one is an environment variable with the prefix `CARELINE_`.

    Chatwoot's webhook proves itself by its signature (`chatwoot_webhook_secret`, recent versions), or, where it
    does not sign, by a long random word in the address (`chatwoot_webhook_token`). Chatwoot is also asked by itself
    every `chatwoot_look_seconds`, should a webhook have been lost.
    """

    model_config = SettingsConfigDict(env_prefix="CARELINE_", extra="ignore", hide_input_in_errors=True)

    handoff_target: Literal["desk", "chatwoot"] = "desk"
    chatwoot_url: str = ""
    chatwoot_account: int = 0
    chatwoot_inbox: int = 0
    chatwoot_token: SecretStr = SecretStr("")
    chatwoot_webhook_secret: SecretStr = SecretStr("")
    chatwoot_webhook_token: SecretStr = SecretStr("")
    chatwoot_timeout: float = Field(default=10.0, gt=0, le=60)
    chatwoot_look_seconds: float = Field(default=20.0, gt=0, le=60)
    chatwoot_retry_first: float = Field(default=1.0, gt=0)
    chatwoot_retry_longest: float = Field(default=60.0, gt=0)

    @field_validator("chatwoot_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not value.startswith(("https://", "http://")):
            raise ValueError("CARELINE_CHATWOOT_URL begins with https:// and is Chatwoot's own address")
        return value.rstrip("/")

    @field_validator("chatwoot_webhook_token")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < 24:
            raise ValueError("CARELINE_CHATWOOT_WEBHOOK_TOKEN needs 24 random characters or more")
        return value

    @model_validator(mode="after")
    def _complete(self) -> "TargetSettings":
        if self.handoff_target == "chatwoot":
            needed = {
                "CARELINE_CHATWOOT_URL": self.chatwoot_url,
                "CARELINE_CHATWOOT_ACCOUNT": self.chatwoot_account,
                "CARELINE_CHATWOOT_INBOX": self.chatwoot_inbox,
                "CARELINE_CHATWOOT_TOKEN": self.chatwoot_token.get_secret_value(),
                "CARELINE_CHATWOOT_WEBHOOK_SECRET (or CARELINE_CHATWOOT_WEBHOOK_TOKEN)": (
                    self.chatwoot_webhook_secret.get_secret_value() or self.chatwoot_webhook_token.get_secret_value()
                ),
            }
            missing = [name for name, value in needed.items() if not value]
            if missing:
                raise ValueError(f"CARELINE_HANDOFF_TARGET=chatwoot also needs {', '.join(missing)}")
        return self
