"""How far the store has moved from what the offers' models learned from, for Prometheus; plain files, no libraries."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily

from models import offers_versions
from models.offers_versions import OFFERS

NAME = "careline_model_drift"


def write(folder: Path, version: str, indices: Mapping[str, Mapping[str, float]]) -> None:
    """Keep the stability indices by line and column, as of `refresh`."""
    content = {"version": version, "lines": indices}
    offers_versions.replace(folder / offers_versions.DRIFT, json.dumps(content, ensure_ascii=False, indent=1))


def register(registry: CollectorRegistry, folder: Path = OFFERS) -> None:
    """Add the gauge `careline_model_drift{model, column}` to a registry; it shows what was written last.

    0.1 is worth watching, from 0.25 on the models should be fitted anew.
    """
    registry.register(_Drift(folder))


class _Drift:
    """Reads the file whenever it is asked; a missing or damaged one shows nothing."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / offers_versions.DRIFT

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing is read to register it."""
        return [self._family()]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauge."""
        family = self._family()
        try:
            lines = json.loads(self._path.read_text(encoding="utf-8"))["lines"]
            for line, columns in sorted(lines.items()):
                for column, value in columns.items():
                    family.add_metric([f"offers_{line}", column], float(value))
        except (OSError, ValueError, KeyError, AttributeError):
            family = self._family()
        yield family

    def _family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily(
            NAME, "Population stability index against what a model learned from", labels=["model", "column"]
        )
