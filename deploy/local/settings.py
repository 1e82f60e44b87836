"""Where things are and which ports they use, read once from the environment."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class SetUpError(Exception):
    """Set-up or start cannot go on; the message is one line that says what to do."""


@dataclass(frozen=True)
class Settings:
    """Attributes:
    var: folder for everything the running system writes.
    gateways: how many gateways share the store, on consecutive ports.
    rasa_processes: how many Rasa processes share the conversations, on consecutive ports.
    demo_customers: how many customers the demo store is made with.
    telephone_port: for telephone systems (AudioSocket); each further gateway has the next one. None: no calls.
    """

    var: Path
    host: str
    port: int
    gateways: int
    rasa_port: int
    rasa_processes: int
    actions_port: int
    demo_customers: int
    telephone_port: int | None

    @classmethod
    def read(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """The settings of this shell.

        Raises:
            SetUpError: a number is not a number.
        """
        return cls(
            var=ROOT / environ.get("CARELINE_VAR", "var"),
            host=environ.get("CARELINE_HOST", "127.0.0.1"),
            port=_number(environ, "CARELINE_PORT", 8000),
            gateways=_gateways(environ),
            rasa_port=_number(environ, "CARELINE_RASA_PORT", 5005),
            rasa_processes=_number(environ, "CARELINE_RASA_PROCESSES", 1),
            actions_port=_number(environ, "CARELINE_ACTIONS_PORT", 5055),
            demo_customers=_number(environ, "CARELINE_DEMO_CUSTOMERS", 500),
            telephone_port=_telephone_port(environ),
        )

    @property
    def gateway_ports(self) -> range:
        """One port a gateway."""
        return range(self.port, self.port + self.gateways)

    @property
    def rasa_ports(self) -> range:
        """One port a Rasa process."""
        return range(self.rasa_port, self.rasa_port + self.rasa_processes)

    @property
    def telephone_ports(self) -> range:
        """One port a gateway, if calls are taken."""
        first = self.telephone_port or 0
        return range(first, first + self.gateways) if first else range(0)

    @property
    def logs(self) -> Path:
        """The folder of the process logs."""
        return self.var / "log"

    def process_environment(self) -> dict[str, str]:
        """What every process of ours is started with."""
        rasa_urls = ",".join(f"http://127.0.0.1:{port}" for port in self.rasa_ports)
        return {
            **os.environ,
            "CARELINE_VAR": str(self.var),
            "CARELINE_HOST": self.host,
            "CARELINE_PORT": str(self.port),
            "CARELINE_RASA_PORT": str(self.rasa_port),
            "CARELINE_RASA_URLS": os.environ.get("CARELINE_RASA_URLS", rasa_urls),
            "CARELINE_ACTIONS_PORT": str(self.actions_port),
            "CARELINE_ACTIONS_URL": os.environ.get("CARELINE_ACTIONS_URL", f"http://127.0.0.1:{self.actions_port}"),
            "RASA_TELEMETRY_ENABLED": "false",
            "PYTHONUNBUFFERED": "1",
        }


def app_python() -> str:
    """The interpreter of the app environment."""
    return str(ROOT / ".venv" / "bin" / "python")


def rasa_python() -> str:
    """The interpreter of the Rasa environment."""
    return str(ROOT / ".venv-rasa" / "bin" / "python")


def say(line: str) -> None:
    """One line to the person at the terminal, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _gateways(environ: Mapping[str, str]) -> int:
    """Several gateways need something to tell each other through."""
    count = _number(environ, "CARELINE_GATEWAYS", 1)
    on_postgres = environ.get("CARELINE_DATABASE_URL", "").startswith("postgresql")
    if count > 1 and not on_postgres and not environ.get("CARELINE_LIVE_URL"):
        raise SetUpError("CARELINE_GATEWAYS needs CARELINE_LIVE_URL (a Redis), or the store on PostgreSQL.")
    return max(1, count)


def _telephone_port(environ: Mapping[str, str]) -> int | None:
    """No port where calls are off, or come over the web alone (-1)."""
    name = "CARELINE_VOICE_AUDIOSOCKET_PORT"
    is_off = environ.get("CARELINE_VOICE", "on").lower() in ("off", "false", "no", "0", "f", "n")
    return None if is_off or environ.get(name) == "-1" else _number(environ, name, 9092)


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not text.isascii() or not text.isdigit():
        raise SetUpError(f"{name} is {text!r}; it must be a whole number.")
    return int(text)
