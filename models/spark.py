"""The same artefact on a Spark cluster: each worker scores parts of the table through Arrow. An optional extra.

The workers need this package and its requirements, and the model's folder and the table under the same path
(a shared file system), as is usual for Spark.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
from threadpoolctl import threadpool_limits

from models import artefact, scoring, tables
from models.errors import ModelsError, TableError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_INSTALL = (
    "Scoring on Spark is an extra: install it with `pip install --no-deps --require-hashes -r requirements/spark.txt`, "
    "and a Java runtime, version 17 or later (Debian: apt install openjdk-17-jre-headless)."
)
_PARTS = (".parquet", ".pq")


@dataclass(frozen=True)
class Scored:
    """How many rows were scored."""

    rows: int


def session(master: str | None = None) -> "SparkSession":
    """A Spark session; `master` as Spark writes it, by default `spark-submit`'s or all cores here.

    Raises:
        ModelsError: pyspark or a Java runtime is not installed.
    """
    try:
        from pyspark.sql import SparkSession  # an extra
    except ImportError:
        raise ModelsError(_INSTALL) from None
    if shutil.which("java") is None:
        raise ModelsError(_INSTALL)
    builder = SparkSession.builder.appName("careline scores").config("spark.ui.enabled", "false")
    if master is not None:
        builder = builder.master(master)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # the workers' Python is this one
    builder = builder.config("spark.executorEnv.PYTHONPATH", str(Path(__file__).resolve().parents[1]))
    return builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()


def score(
    spark: "SparkSession", model: Path, source: Path, out: Path, *, identifier: str | None = None, header: bool = True
) -> Scored:
    """Write a folder of CSV (or Parquet, by the ending of `out`) files with id, `probability` and `decile`.

    Rows come in no particular order, so a column must name them.

    Raises:
        ModelsError: the model or table cannot be read, or no column names a row.
    """
    made = artefact.load(model)
    table = _read(spark, source, header)
    name = scoring.identifier_of(made, identifier, table.columns)
    if name is None:
        raise TableError("Spark keeps no order of rows: name the column that says whose row it is with --id.")
    # Only what the model asks for travels to Python.
    asked = list(dict.fromkeys([name, *(column.name for column in made.columns if column.name in table.columns)]))
    scored = table.select(*[_quoted(column) for column in asked]).mapInPandas(
        _scorer(str(model.resolve()), name), f"{_quoted(name)} string, probability double, bin int"
    )
    draft = out.with_name(f".{out.name}.draft")
    try:
        scored.write.mode("overwrite").parquet(draft.resolve().as_uri())  # scored once, read twice
        kept = spark.read.parquet(draft.resolve().as_uri())
        counts = _counts(kept)
        _write(kept, name, out, scoring.decile_of_bin(counts))
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Scored(int(counts.sum()))


def _scorer(model: str, name: str) -> Any:
    """What each worker runs; the model is loaded once for all parts of a task."""

    def run(parts: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        made = artefact.load(Path(model))
        with threadpool_limits(1):
            for part in parts:
                frame = tables.plain(pl.from_pandas(part))
                _, p = scoring.probabilities(made, frame)
                ids = frame[name].cast(pl.String).to_pandas()
                yield pd.DataFrame({name: ids, "probability": p, "bin": scoring.bin_of(p).astype(np.int32)})

    return run


def _read(spark: "SparkSession", source: Path, header: bool) -> "DataFrame":
    if not source.exists():
        raise TableError(f"There is no file {source}.")
    address = source.resolve().as_uri()
    if source.is_dir() or source.suffix.lower() in _PARTS:
        return spark.read.parquet(address)
    form = tables.form(source, header=header)
    if form.skipped or form.encoding not in {"utf_8", "utf_8_sig", "ascii"}:
        raise TableError(f"Spark reads CSV files in UTF-8 that begin with their names: save {source} as one.")
    read = spark.read.options(sep=form.delimiter, quote='"', escape='"', mode="FAILFAST")
    return read.options(header=header, multiLine=True, inferSchema=False).csv(address).toDF(*form.names)


def _counts(scored: "DataFrame") -> np.ndarray:
    counts = np.zeros(scoring.BINS, dtype=np.int64)
    for row in scored.groupBy("bin").count().toLocalIterator():
        counts[row["bin"]] = row["count"]
    return counts


def _write(scored: "DataFrame", name: str, out: Path, deciles: np.ndarray) -> None:
    """With deciles: these fall as the bins rise, so that nine borders say all."""
    from pyspark.sql import functions as f

    borders = [int(np.argmax(deciles <= decile)) for decile in range(1, 10)]  # the lowest bin of this decile or better
    decile = f.lit(1)
    for border in borders:
        decile = decile + (f.col("bin") < border).cast("int")
    done = scored.select(_quoted(name), "probability", decile.cast("tinyint").alias("decile"))
    address = out.resolve().as_uri()
    if out.suffix.lower() in _PARTS:
        done.write.mode("overwrite").parquet(address)
    else:
        done.write.mode("overwrite").option("header", True).csv(address)


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"
