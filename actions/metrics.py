"""What Prometheus may know of the action server: offers and how far their models have moved, never who."""

from pathlib import Path

from prometheus_client import CollectorRegistry, Counter

from crm.domain import Line
from models import offers_drift
from models.offers_versions import OFFERS


class Metrics:
    """Metrics in a registry of its own, so that several servers can live in one process."""

    def __init__(self, offers: Path = OFFERS) -> None:
        """`offers` is the folder of the offers' models."""
        self.registry = CollectorRegistry()
        self._offers = Counter("careline_offers", "Offers to customers", ["line", "outcome"], registry=self.registry)
        offers_drift.register(self.registry, offers)

    def offered(self, line: Line, outcome: str) -> None:
        """Count an offer that was `shown`, `accepted` or `declined`."""
        self._offers.labels(line.value, outcome).inc()
