"""The ways to the insurer's system of record, behind the ports of `crm.ports`."""

from crm.connectors.local import LocalConnector
from crm.connectors.rest import RestConnector
from crm.connectors.settings import ConnectorSettings
from crm.ports import Connector

__all__ = ["ConnectorSettings", "LocalConnector", "RestConnector", "connector_of"]


def connector_of(settings: ConnectorSettings | None = None) -> Connector:
    """The connector the environment names."""
    settings = settings or ConnectorSettings()
    if settings.crm == "local":
        return LocalConnector()
    return RestConnector(settings.crm_url, settings.token)
