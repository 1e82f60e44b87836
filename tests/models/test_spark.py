"""The same artefact on a small cluster of two workers."""

import shutil

import polars as pl
import pytest

from models import artefact, scoring
from models.errors import TableError
from tests.factories.tables import customers
from tests.models.test_scoring import learned

pytest.importorskip("pyspark", reason="the Spark extra is not installed: requirements/spark.txt")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs a Java runtime, version 17 or later"),
]
ROWS = 600


@pytest.fixture(scope="module")
def cluster():
    from models import spark

    session = spark.session("local-cluster[2,1,1024]")
    yield session
    session.stop()


@pytest.mark.parametrize(("ending", "out"), [("csv", "s"), ("parquet", "s.parquet")])
def test_the_cluster_says_what_one_machine_says(tmp_path, cluster, ending, out):
    from models import spark

    artefact.save(tmp_path / "m", learned(), {})
    frame = customers(ROWS, customer=[f"C{n:04}" for n in range(ROWS)])
    source = tmp_path / f"t.{ending}"
    frame.write_parquet(source) if ending == "parquet" else frame.write_csv(source)
    done = spark.score(cluster, tmp_path / "m", source, tmp_path / out, identifier="customer")
    scoring.score(artefact.load(tmp_path / "m"), source, tmp_path / "here.parquet", identifier="customer")
    read = pl.read_parquet if ending == "parquet" else pl.read_csv
    there = read(tmp_path / out / f"*.{ending}")
    both = pl.read_parquet(tmp_path / "here.parquet").join(there, on="customer", suffix=" there")
    assert (done.rows, both.height) == (ROWS, ROWS)
    assert (both["probability"] - both["probability there"]).abs().max() < 1e-9
    assert both["decile"].to_list() == both["decile there"].to_list()


def test_rows_without_a_name_are_refused(tmp_path, cluster):
    from models import spark

    artefact.save(tmp_path / "m", learned(), {})
    customers(ROWS).write_csv(tmp_path / "t.csv")
    with pytest.raises(TableError, match="--id"):
        spark.score(cluster, tmp_path / "m", tmp_path / "t.csv", tmp_path / "s")
