"""Tables of customers made up for measuring, and a LightGBM model of ten columns learned from one."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet

from models import columns, drift, search
from models.algorithms import ALGORITHMS
from models.artefact import Artefact
from models.calibration import Calibration
from models.features import Plan
from models.folds import Order

_PART = 500_000
_LEARNED = 40_000
_JOBS = ("clerk", "cook", "driver", "farmer", "nurse", "pilot", "teacher", "welder", "student", "retired")
_CITIES = tuple(f"city {number}" for number in range(40))
_CHANNELS = ("broker", "phone", "shop", "web")
_DAWN = np.datetime64("2005-01-01")


def customers(rows: int, seed: int = 7) -> pl.DataFrame:
    """A table of an id, ten columns (five numbers, four categories, a date; some gaps) and `bought`."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, rows)
    job = rng.choice(_JOBS, rows)
    channel = rng.choice(_CHANNELS, rows)
    premium = rng.lognormal(6, 0.6, rows).round(2)
    days = rng.integers(0, 7000, rows)
    odds = (age - 60) / 15 + 0.9 * (job == "teacher") - 0.7 * (channel == "shop") + (days > 3500) - premium / 1500
    frame = pl.DataFrame(
        {
            "customer_id": rng.integers(10**9, 10**10, rows),
            "age": age,
            "income": np.where(rng.random(rows) < 0.1, np.nan, rng.lognormal(10, 0.5, rows).round()),
            "premium": premium,
            "claims": rng.poisson(0.4, rows),
            "years": (rng.gamma(2, 3, rows)).round(1),
            "job": job,
            "city": rng.choice(_CITIES, rows),
            "channel": channel,
            "married": rng.choice(["yes", "no"], rows),
            "since": _DAWN + days.astype("timedelta64[D]"),
            "bought": np.where(rng.random(rows) < 1 / (1 + np.exp(-odds)), "yes", "no"),
        }
    )
    return frame.with_columns(pl.col("income").fill_nan(None), pl.col("since").cast(pl.Date))


def model() -> Artefact:
    """LightGBM at its defaults on made-up customers, with a sigmoid for calibration."""
    frame = customers(_LEARNED)
    kinds = columns.infer(_as_text(frame.drop("customer_id", "bought")))
    typed = columns.typed(_as_text(frame), kinds)
    plan = Plan.of(typed, kinds)
    x, y = plan.matrix(typed), (frame["bought"] == "yes").to_numpy().astype(int)
    params = next(algorithm.defaults for algorithm in ALGORITHMS if algorithm.name == "LightGBM")
    models = search.fitted("LightGBM", params, search.Task(x, y, plan, Order(), "average precision", 7, 1))
    calibration = Calibration("sigmoid", (1.05, -0.02))
    card = {
        "target": "bought",
        "identifier": "customer_id",
        "reference": drift.reference(x, plan, calibration(search.predict(models, x))),
    }
    return Artefact(tuple(kinds), plan, tuple(models), calibration, card)


def _as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """As it would come out of a CSV file."""
    return frame.with_columns(pl.all().cast(pl.String))


def write(path: Path, rows: int) -> None:
    """A table of `rows` customers without `bought`, as CSV or Parquet by the name's ending, written in parts."""
    if path.suffix == ".csv":
        with path.open("wb") as file:
            for number, part in enumerate(_parts(rows)):
                part.write_csv(file, include_header=number == 0)
        return
    writer = None
    for part in _parts(rows):
        table = part.to_arrow()
        writer = writer or pyarrow.parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def _parts(rows: int) -> Iterator[pl.DataFrame]:
    for seed, start in enumerate(range(0, rows, _PART)):
        yield customers(min(_PART, rows - start), seed=100 + seed).drop("bought")
