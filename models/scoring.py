"""Scores for a whole table: read in parts, so that memory does not grow with it."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from models import columns, drift, tables
from models.artefact import Artefact
from models.errors import TableError

_BINS = 1_000_000  # of the probabilities' histogram from which deciles are cut


@dataclass(frozen=True)
class Scored:
    """What was done: rows scored, and the stability index of each feature and of the score."""

    rows: int
    drift: dict[str, float]


def score(artefact: Artefact, source: Path, out: Path, *, identifier: str | None = None, header: bool = True) -> Scored:
    """Write a CSV (or Parquet) file with the id, `probability` and `decile` of every row, in the table's order.

    Decile 1 holds the likeliest tenth of this table; equal probabilities share a decile.

    Args:
        identifier: the column that names a row; without it the one the model was fitted beside, else the row's number.

    Raises:
        TableError: the table cannot be read, or lacks a column the model asks for.
        OSError: `out` cannot be written.
    """
    watch = drift.Drift(artefact.card["reference"])
    counts = np.zeros(_BINS, dtype=np.int64)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        parts: list[tuple[Path, int]] = []
        for number, part in enumerate(tables.batches(source, header=header)):
            identifier = identifier or _known(artefact, part)
            ids = _ids(part, identifier, sum(rows for _, rows in parts))
            x = artefact.plan.matrix(columns.typed(part, artefact.columns))
            p = artefact.probabilities(x)
            watch.add(x, p)
            counts += np.bincount(_bin(p), minlength=_BINS)
            path = Path(folder) / f"{number}.parquet"
            pl.DataFrame([ids, pl.Series("probability", p)]).write_parquet(path, compression="uncompressed")
            parts.append((path, part.height))
        _write(out, (pl.read_parquet(path) for path, _ in parts), _decile_of_bin(counts))
    return Scored(int(counts.sum()), watch.indices())


def _known(artefact: Artefact, part: pl.DataFrame) -> str | None:
    name = artefact.card.get("identifier")
    return name if name in part.columns else None


def _ids(part: pl.DataFrame, identifier: str | None, start: int) -> pl.Series:
    if identifier is None:
        return pl.int_range(start + 1, start + part.height + 1, eager=True).alias("row")
    if identifier not in part.columns:
        raise TableError(f"There is no column {identifier}; there are: {', '.join(part.columns)}.")
    return part[identifier].cast(pl.String)


def _bin(p: np.ndarray) -> np.ndarray:
    return np.minimum((p * _BINS).astype(np.int64), _BINS - 1)


def _decile_of_bin(counts: np.ndarray) -> np.ndarray:
    """The decile of each bin by the middle of its rows, counted from the likeliest."""
    above = counts.sum() - np.cumsum(counts)
    middle = above + counts / 2
    return np.minimum((middle * 10 / max(counts.sum(), 1)).astype(int), 9) + 1


def _write(out: Path, parts: Iterator[pl.DataFrame], deciles: np.ndarray) -> None:
    draft = out.with_name(f".{out.name}.draft")
    done = (part.with_columns(decile=pl.Series(deciles[_bin(part["probability"].to_numpy())])) for part in parts)
    if out.suffix.lower() in {".parquet", ".pq"}:
        pl.concat([part.lazy() for part in done]).sink_parquet(draft)
    else:
        with draft.open("wb") as file:
            for number, part in enumerate(done):
                part.write_csv(file, include_header=number == 0)
    draft.replace(out)
