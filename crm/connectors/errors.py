"""What can go wrong between us and another system of record. None of it is the customer's mistake."""

from crm.errors import CrmError


class ConnectorError(CrmError):
    """The other system did not do its part."""


class ConnectorUnavailable(ConnectorError):
    """It cannot be reached, answers too late or is out of order; the same may be tried again later."""

    def __init__(self, doing: str, why: str) -> None:
        super().__init__(f"The insurer's system did not answer ({doing}: {why}); try again, or look at its state.")


class ConnectorRefused(ConnectorError):
    """It does not let us in."""

    def __init__(self, doing: str, status: int) -> None:
        super().__init__(
            f"The insurer's system refused us ({doing}: status {status}); check CARELINE_CRM_TOKEN and its rights."
        )


class ConnectorMismatch(ConnectorError):
    """It answers otherwise than `crm/connectors/openapi.yml` describes; the values are never part of the message."""

    def __init__(self, doing: str, where: str) -> None:
        super().__init__(
            f"The insurer's system answered otherwise than described ({doing}: {where}); "
            "compare it with crm/connectors/openapi.yml."
        )
