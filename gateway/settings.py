"""Everything about the gateway that can be configured, read once from the environment."""

from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of the gateway process; every one is an environment variable with the prefix `CARELINE_`.

    Sizes are bytes, durations seconds, rates tokens per second. The daily work begins at `retention_hour` or later in
    the insurer's time zone; -1: never, something else runs `python -m crm retention`. Relative paths are relative
    to the current directory, which is the repository's root.

    `voice` off (`CARELINE_VOICE=off`) takes no calls and starts none of their engines; what else there is to set about
    calls is in `gateway.voice.settings` and `voice.settings`.

    `live_url` is the Redis through which several gateways tell each other what happens; empty: PostgreSQL does it when
    the store is there. Another gateway that gave no sign for `gateway_patience` seconds is taken for dead. The
    queue for a person is looked at every `dispatch_seconds`, and whenever something happens in it; every
    `catch_up_seconds` open chats are compared with the store, should an event ever be lost.

    Webhooks go to https alone unless `webhook_plain`, and to the public internet alone unless `webhook_private`.
    """

    model_config = SettingsConfigDict(env_prefix="CARELINE_", extra="ignore")

    var: Path = Path("var")
    database_url: str = ""
    master_key_file: Path | None = None

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    trusted_proxies: str = "127.0.0.1"
    secure_cookies: bool = False

    rasa_urls: Annotated[tuple[str, ...], NoDecode] = ("http://127.0.0.1:5005",)
    rasa_token_file: Path | None = None
    actions_url: str = "http://127.0.0.1:5055"

    web_root: Path = Path("web/dist")
    knowledge_root: Path = Path("data/knowledge")
    language: str = "en"

    message_characters: int = 2_000
    max_payload: int = 256 * 1024
    upload_bytes: int = 10 * 1024 * 1024
    upload_pixels: int = 40_000_000
    attachments_per_message: int = 8

    session_rate: float = 5.0
    session_burst: float = 30.0
    address_rate: float = 50.0
    address_burst: float = 300.0
    sockets_per_address: int = 500
    api_rate: float = 20.0
    api_burst: float = 200.0
    upload_rate: float = 1 / 30
    upload_burst: float = 20.0
    waiting_messages: int = 50

    word_within: float = 8.0
    bot_connect_timeout: float = 2.0
    bot_silence_timeout: float = 6.0
    bot_turn_timeout: float = 120.0
    retry_first: float = 0.2
    retry_longest: float = 3.0
    cut_turns: int = 8
    failed_turn_retries: int = 4

    voice: bool = True

    live_url: str = ""
    gateway_patience: float = 10.0
    dispatch_seconds: float = 1.0
    catch_up_seconds: float = 5.0

    housekeeping_seconds: float = 5.0
    retention_hour: int = Field(default=3, ge=-1, le=23)
    audit_anchors: Path | None = None
    audit_anchor_minutes: float = 15.0

    webhook_plain: bool = False
    webhook_private: bool = False
    webhook_timeout: float = Field(default=10.0, gt=0, le=60)

    @field_validator("allowed_origins", "rasa_urls", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Lists are written with commas: `https://a.example, https://b.example`."""
        if isinstance(value, str):
            return tuple(part.strip().rstrip("/") for part in value.split(",") if part.strip())
        return value

    @cached_property
    def store_url(self) -> str:
        """The customer store's SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.var / 'careline.db'}"

    @property
    def key_file(self) -> Path:
        """Where the master key lives unless the environment carries it."""
        return self.master_key_file or self.var / "master.key"

    @property
    def token_file(self) -> Path:
        """The file with the token that Rasa's private channel asks for."""
        return self.rasa_token_file or self.var / "rasa.token"

    @property
    def anchor_file(self) -> Path:
        """The file the audit is anchored in; best on a disk that the database's administrator cannot write."""
        return self.audit_anchors or self.var / "audit.anchors"


# How long a browser stays known. It outlives a claim; browsers themselves cap cookies at 400 days.
BROWSER_LIFETIME = timedelta(days=400)
# How long actions may rely on the statement attached to a turn.
STATEMENT_LIFETIME = timedelta(minutes=15)
