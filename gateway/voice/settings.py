"""Everything about the transports of calls that can be configured, read once from the environment."""

import ipaddress
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class LineSettings(BaseSettings):
    """Settings of the transports; every one is an environment variable with the prefix `CARELINE_VOICE_`.

    `audiosocket_port` -1 opens no port for a telephone system; 0 takes any that is free. A telephone system may come
    from `telephone_networks` alone, and knows the secret in `telephone_secret_file` (made at the first start, unless
    `telephone_secret` is set). `queue` is where in the telephone system a call goes that a person takes; empty: the
    person speaks through the desk. `twilio_token` is the account's auth token and `twilio_url` the address under which
    Twilio reaches the gateway (`https://calls.example.com`); without both there is no Twilio.

    Rates are calls a second, sizes calls, durations seconds.
    """

    model_config = SettingsConfigDict(env_prefix="CARELINE_VOICE_", extra="ignore", populate_by_name=True)

    var: Path = Field(default=Path("var"), validation_alias=AliasChoices("var", "CARELINE_VAR"))

    audiosocket_host: str = "127.0.0.1"
    audiosocket_port: int = Field(default=9092, ge=-1, le=65535)
    telephone_networks: Annotated[tuple[Network, ...], NoDecode] = (
        ipaddress.ip_network("127.0.0.0/8"),
        ipaddress.ip_network("::1/128"),
    )
    telephone_secret: SecretStr = SecretStr("")
    telephone_secret_file: Path | None = None
    queue: str = ""

    browser_calls: bool = True
    twilio_token: SecretStr = SecretStr("")
    twilio_url: str = ""

    most_calls: int = Field(default=24, ge=1)
    most_calls_per_address: int = Field(default=4, ge=1)
    address_rate: float = 1 / 30
    address_burst: float = 20.0
    first_frame_within: float = 5.0  # of a connection that has not said yet which call it is
    farewell_longest: float = 8.0  # of a call that is ended from outside

    @field_validator("telephone_networks", mode="before")
    @classmethod
    def _networks(cls, value: object) -> object:
        """Networks are written with commas: `10.0.0.5, 10.1.0.0/16`."""
        if isinstance(value, str):
            return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip())
        return value

    @property
    def secret_file(self) -> Path:
        """The file with the secret that the telephone system has to know."""
        return self.telephone_secret_file or self.var / "telephone.secret"

    @property
    def has_twilio(self) -> bool:
        """Whether Twilio is configured."""
        return bool(self.twilio_token.get_secret_value() and self.twilio_url)

    def is_telephone(self, host: str | None) -> bool:
        """Whether a telephone system may come from this address."""
        try:
            address = ipaddress.ip_address(host or "")
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self.telephone_networks)
