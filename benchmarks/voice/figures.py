"""What all tables of this benchmark say the same way."""

import os
import platform
import statistics
from collections.abc import Sequence
from datetime import datetime, timezone


def percentile(values: Sequence[float], share: int) -> float:
    """The value that `share` percent are not above; nan of nothing."""
    if len(values) < 2:
        return values[0] if values else float("nan")
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


def heading() -> str:
    """When and where it was measured."""
    return (
        f"{datetime.now(timezone.utc):%Y-%m-%d}, {os.cpu_count()} processors, Python {platform.python_version()}; "
        f"load of the machine at the end {os.getloadavg()[0]:.1f}"
    )
