"""`python -m actions`: the action server."""

from actions.base import Services
from actions.metrics import Metrics
from actions.server import serve
from actions.settings import ActionSettings
from crm.connectors import connector_of
from crm.store import Store
from models.online import Scorer
from vault.logs import configure_logging


def main() -> None:
    """Open the store and serve."""
    configure_logging("actions")
    store = Store.from_settings()
    settings = ActionSettings()
    services = Services(
        store=store,
        vault=store.vault,
        connector=connector_of(),
        scorer=Scorer(settings.offers_folder),
        metrics=Metrics(settings.offers_folder),
    )
    serve(settings, services)


if __name__ == "__main__":
    main()
