"""`python -m actions`: the action server."""

from actions.base import Services
from actions.server import serve
from actions.settings import ActionSettings
from crm.connectors import connector_of
from crm.store import Store
from vault.logs import configure_logging


def main() -> None:
    """Open the store and serve."""
    configure_logging("actions")
    store = Store.from_settings()
    serve(ActionSettings(), Services(store=store, vault=store.vault, connector=connector_of()))


if __name__ == "__main__":
    main()
