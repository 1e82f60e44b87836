"""What one would write by hand: pandas reads in chunks, scikit-learn's interface scores them, `qcut` cuts deciles.

The same model, with as many threads as there are cores; the probabilities of all rows are kept until the end.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet

from models.artefact import Artefact
from models.features import Feature

_CHUNK = 100_000


def score(artefact: Artefact, source: Path, out: Path) -> None:
    """Write id, probability and decile of every row."""
    model = artefact.models[0].set_params(n_jobs=-1)
    ids, scores = [], []
    for chunk in _chunks(source):
        x = np.column_stack([_column(chunk[feature.source], feature) for feature in artefact.plan.features])
        scores.append(artefact.calibration(model.predict_proba(x)[:, 1]))
        ids.append(chunk["customer_id"].astype(str))
    frame = pd.DataFrame({"customer_id": pd.concat(ids, ignore_index=True), "probability": np.concatenate(scores)})
    frame["decile"] = 10 - pd.qcut(frame["probability"], 10, labels=False, duplicates="drop")
    if out.suffix == ".csv":
        frame.to_csv(out, index=False)
    else:
        frame.to_parquet(out, index=False)


def _chunks(source: Path) -> Iterator[pd.DataFrame]:
    if source.suffix == ".csv":
        yield from pd.read_csv(source, chunksize=_CHUNK, parse_dates=["since"])
        return
    for batch in pyarrow.parquet.ParquetFile(source).iter_batches(_CHUNK):
        frame = batch.to_pandas()
        yield frame.assign(since=pd.to_datetime(frame["since"]))


def _column(values: pd.Series, feature: Feature) -> np.ndarray:
    if feature.part == "days":
        return ((values - pd.Timestamp(0)) / pd.Timedelta(days=1)).to_numpy(float)
    if feature.part == "month":
        return values.dt.month.to_numpy(float) - 1
    if feature.part == "weekday":
        return values.dt.weekday.to_numpy(float)
    if feature.levels is None:
        return values.to_numpy(float)
    codes = {level: code for code, level in enumerate(feature.levels)}
    return values.astype(str).map(codes).fillna(len(codes)).to_numpy(float)
