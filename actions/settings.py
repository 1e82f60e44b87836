"""Settings of the action server, from the environment."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.offers_versions import OFFERS


class ActionSettings(BaseSettings):
    """Every name is prefixed `CARELINE_` in the environment; the store's own settings are in `crm.settings`."""

    model_config = SettingsConfigDict(env_prefix="CARELINE_", extra="ignore")

    actions_host: str = Field(default="127.0.0.1", description="Only Rasa calls here; keep it on loopback.")
    actions_port: int = Field(default=5055, ge=1, le=65535, description="The port Rasa's endpoints.yml names.")
    offers_folder: Path = Field(default=OFFERS, description="Where `python -m models offers fit` puts the models.")
