"""Settings of the Rasa process, read once from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingsError(Exception):
    """A setting is missing or wrong; the message says which and what to do."""


@dataclass(frozen=True)
class Settings:
    """Everything the Rasa process is told from outside.

    Attributes:
        tracker_url: SQLAlchemy 1.4 URL of the tracker store (`sqlite:///...` or `postgresql://...`).
        key_file: the vault's master key, made on first use unless `CARELINE_MASTER_KEY` is set.
        token_file: the token that every private endpoint asks for, made on first use.
        port: TCP port on the loopback interface.
        actions_url: the action server, without the path.
        model: a model archive, or a folder whose newest archive is taken.
        action_timeout: seconds after which an action that does not answer counts as failed.
        heartbeat: seconds of silence after which a running turn says that it is still at work.
        stop_grace: seconds that running turns get to finish when the process is told to stop.
    """

    tracker_url: str
    key_file: Path
    token_file: Path
    port: int
    actions_url: str
    model: Path
    action_timeout: float
    heartbeat: float
    stop_grace: float

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """The settings of this process.

        Raises:
            SettingsError: a number is not a number.
        """
        env = os.environ if environ is None else environ
        var = Path(env.get("CARELINE_VAR") or "var")
        return cls(
            tracker_url=env.get("CARELINE_TRACKER_URL") or f"sqlite:///{var / 'tracker.db'}",
            key_file=Path(env.get("CARELINE_MASTER_KEY_FILE") or var / "master.key"),
            token_file=Path(env.get("CARELINE_RASA_TOKEN_FILE") or var / "rasa.token"),
            port=int(_number(env, "CARELINE_RASA_PORT", 5005)),
            actions_url=(env.get("CARELINE_ACTIONS_URL") or "http://127.0.0.1:5055").rstrip("/"),
            model=Path(env.get("CARELINE_MODEL") or "models/rasa"),
            action_timeout=_number(env, "CARELINE_ACTION_TIMEOUT", 25),
            heartbeat=_number(env, "CARELINE_HEARTBEAT", 2),
            stop_grace=_number(env, "CARELINE_STOP_GRACE", 20),
        )


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    value = env.get(name)
    if not value:
        return default
    try:
        return float(value)
    except ValueError:
        raise SettingsError(f"{name} must be a number, not {value!r}.") from None
