"""Scores for a whole table: read in parts that are scored side by side, so that memory does not grow with it."""

import os
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet

from models import columns, drift, tables, threads
from models.artefact import Artefact
from models.errors import TableError

BINS = 1_000_000  # of the probabilities' histogram from which deciles are cut
_PART_ROWS = 50_000  # few enough that several parts at once are small, many enough that reading them is cheap


@dataclass(frozen=True)
class Scored:
    """What was done: rows scored, and the stability index of each feature and of the score."""

    rows: int
    drift: dict[str, float]


@dataclass(frozen=True)
class _Part:
    """A scored part on disk, and what is counted of it."""

    path: Path
    bins: np.ndarray
    seen: drift.Drift


def score(
    artefact: Artefact,
    source: Path,
    out: Path,
    *,
    identifier: str | None = None,
    header: bool = True,
    workers: int | None = None,
) -> Scored:
    """Write a CSV (or Parquet) file with the id, `probability` and `decile` of every row, in the table's order.

    Decile 1 holds the likeliest tenth of this table; equal probabilities share a decile.

    Args:
        identifier: the column that names a row; without it the one the model was fitted beside, else the row's number.
        workers: parts scored at the same time (threads); by default as many as there are cores. Scores are the same.

    Raises:
        TableError: the table cannot be read, or lacks a column the model asks for.
        OSError: `out` cannot be written.
    """
    workers = workers or os.cpu_count() or 1
    watch = drift.Drift(artefact.card["reference"])
    counts = np.zeros(BINS, dtype=np.int64)
    paths = []
    # One thread for each part: LightGBM and scikit-learn work outside Python's lock, and do not share out a part again.
    with (
        tempfile.TemporaryDirectory(dir=out.parent) as folder,
        threads.one(),
        ThreadPoolExecutor(workers) as pool,
    ):
        for part in _in_order(pool, workers, _jobs(artefact, source, Path(folder), identifier, header)):
            counts += np.bincount(part.bins, minlength=BINS)
            watch.join(part.seen)
            paths.append(part.path)
        _write(out, paths, decile_of_bin(counts))
    return Scored(int(counts.sum()), watch.indices())


def probabilities(artefact: Artefact, part: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The matrix of a table as it was read, and its calibrated probabilities. Raises `TableError`."""
    x = artefact.plan.matrix(columns.typed(part, artefact.columns))
    return x, artefact.probabilities(x)


def identifier_of(artefact: Artefact, wanted: str | None, names: Iterable[str]) -> str | None:
    """The column that names a row, if there is one. Raises `TableError` when the wanted one is not there."""
    there = list(names)
    if wanted is not None:
        if wanted not in there:
            raise TableError(f"There is no column {wanted}; there are: {', '.join(there)}.")
        return wanted
    known = artefact.card.get("identifier")
    return known if known in there else None


def bin_of(p: np.ndarray) -> np.ndarray:
    """The bin of the histogram each probability falls into."""
    return np.minimum((p * BINS).astype(np.int64), BINS - 1)


def decile_of_bin(counts: np.ndarray) -> np.ndarray:
    """The decile of each bin by the middle of its rows, counted from the likeliest."""
    above = counts.sum() - np.cumsum(counts)
    middle = above + counts / 2
    return (np.minimum((middle * 10 / max(counts.sum(), 1)).astype(int), 9) + 1).astype(np.int8)


_Job = tuple[Artefact, pl.DataFrame, pl.Series, Path]


def _jobs(artefact: Artefact, source: Path, folder: Path, wanted: str | None, header: bool) -> Iterator[_Job]:
    done = 0
    for number, part in enumerate(tables.batches(source, header=header, rows=_PART_ROWS)):
        name = identifier_of(artefact, wanted, part.columns)
        ids = part[name].cast(pl.String) if name else _numbers(done, part.height)
        yield artefact, part, ids, folder / f"{number}.parquet"
        done += part.height


def _numbers(start: int, rows: int) -> pl.Series:
    return pl.int_range(start + 1, start + rows + 1, eager=True).alias("row")


def _in_order(pool: ThreadPoolExecutor, workers: int, jobs: Iterator[_Job]) -> Iterator[_Part]:
    """Results in the order of the jobs; only one more is read ahead than are worked on."""
    waiting: deque[Future[_Part]] = deque()
    try:
        for job in jobs:
            waiting.append(pool.submit(_score, *job))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _score(artefact: Artefact, part: pl.DataFrame, ids: pl.Series, path: Path) -> _Part:
    x, p = probabilities(artefact, part)
    seen = drift.Drift(artefact.card["reference"])
    seen.add(x, p)
    pl.DataFrame([ids, pl.Series("probability", p)]).write_parquet(path, compression="uncompressed")
    return _Part(path, bin_of(p), seen)


def _write(out: Path, parts: Iterable[Path], deciles: np.ndarray) -> None:
    """The parts with their deciles, one after the other, into one file that appears when it is whole."""
    draft = out.with_name(f".{out.name}.draft")
    try:
        if out.suffix.lower() in {".parquet", ".pq"}:
            _write_parquet(draft, _with_deciles(parts, deciles))
        else:
            with draft.open("wb") as file:
                for number, part in enumerate(_with_deciles(parts, deciles)):
                    part.write_csv(file, include_header=number == 0)
        draft.replace(out)
    finally:
        draft.unlink(missing_ok=True)


def _with_deciles(parts: Iterable[Path], deciles: np.ndarray) -> Iterator[pl.DataFrame]:
    for path in parts:
        part = pl.read_parquet(path, memory_map=False)
        path.unlink()
        yield part.with_columns(pl.Series("decile", deciles[bin_of(part["probability"].to_numpy())]))


def _write_parquet(path: Path, parts: Iterator[pl.DataFrame]) -> None:
    writer = None
    try:
        for part in parts:
            table = part.to_arrow(compat_level=pl.CompatLevel.oldest())
            writer = writer or pyarrow.parquet.ParquetWriter(path, table.schema)
            writer.write_table(table)
    finally:
        if writer is not None:
            writer.close()
