"""Customers who are alike: their number by a stated criterion, their names by what sets them apart."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, QuantileTransformer, StandardScaler
from threadpoolctl import threadpool_limits

from models.columns import Column, Kind
from models.features import Plan

_MOST = 8
_SAMPLE = 4_000
_STEADY = 0.7  # of two halves of the data, agreement (adjusted Rand) below which segments are an accident
_TRAITS = 3


def segments(frame: pl.DataFrame, columns: Sequence[Column], seed: int) -> dict[str, Any]:
    """K-means segments; their number has the greatest silhouette (Rousseeuw 1987) among 2 to 8 that are steady.

    Steady: segments learned from two halves of the customers put all customers together in nearly the same way.

    Returns:
        `tried`: silhouette and steadiness by number; `segments`: share, n and the traits that set each apart (column,
        and how far its mean lies from all, in standard deviations, or the level that is commoner, and how many times);
        none when no number is steady.
    """
    usable = [column for column in columns if column.kind in {Kind.NUMBER, Kind.CATEGORY}]
    plan = Plan.of(frame, usable)
    with threadpool_limits(1):  # so few rows are not worth sharing out
        return _found(frame, usable, _scaled(plan.matrix(frame), plan, seed), seed)


def _found(frame: pl.DataFrame, usable: Sequence[Column], x: np.ndarray, seed: int) -> dict[str, Any]:
    tried = {k: _try(x, k, seed) for k in range(2, _MOST + 1)} if len(x) >= 50 else {}
    steady = [k for k, found in tried.items() if found["steadiness"] >= _STEADY]
    if not steady:
        return {"tried": tried, "segments": []}
    k = max(steady, key=lambda k: tried[k]["silhouette"])
    labels = KMeans(k, n_init=5, random_state=seed).fit_predict(x)
    order = np.argsort(-np.bincount(labels, minlength=k))
    found = [_segment(frame, usable, labels == label) for label in order]
    return {"tried": tried, "segments": found}


def _scaled(x: np.ndarray, plan: Plan, seed: int) -> np.ndarray:
    numbers = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        QuantileTransformer(n_quantiles=min(200, len(x)), output_distribution="normal", random_state=seed),
        StandardScaler(),
    )
    categories = make_pipeline(
        OneHotEncoder(handle_unknown="ignore", sparse_output=False, max_categories=8), StandardScaler(with_std=False)
    )
    parts = [("numbers", numbers, plan.numbers), ("categories", categories, plan.categories)]
    return np.asarray(ColumnTransformer([part for part in parts if part[2]]).fit_transform(x))


def _try(x: np.ndarray, k: int, seed: int) -> dict[str, float]:
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(x))[:_SAMPLE]
    sample = x[rows]
    half = len(sample) // 2
    one, other = (KMeans(k, n_init=3, random_state=seed).fit(part) for part in (sample[:half], sample[half:]))
    labels = KMeans(k, n_init=3, random_state=seed).fit_predict(sample)
    alike = adjusted_rand_score(one.predict(sample), other.predict(sample))
    return {"silhouette": float(silhouette_score(sample, labels)), "steadiness": float(alike)}


def _segment(frame: pl.DataFrame, columns: Sequence[Column], inside: np.ndarray) -> dict[str, Any]:
    part = frame.filter(pl.Series(inside))
    traits = [trait for column in columns for trait in [_trait(frame[column.name], part[column.name], column)] if trait]
    traits.sort(key=lambda trait: -abs(float(trait["strength"])))
    return {"n": part.height, "share": part.height / frame.height, "traits": traits[:_TRAITS]}


def _trait(everyone: pl.Series, here: pl.Series, column: Column) -> dict[str, Any] | None:
    everyone, here = everyone.drop_nulls(), here.drop_nulls()
    if here.is_empty():
        return None
    if column.kind == Kind.NUMBER:
        spread = float(everyone.std() or 0)  # type: ignore[arg-type]
        if not spread:
            return None
        apart = (float(here.mean()) - float(everyone.mean())) / spread  # type: ignore[arg-type]
        return {"column": column.name, "strength": apart, "mean": float(here.mean()), "usual": float(everyone.mean())}  # type: ignore[arg-type]
    shares = everyone.cast(pl.String).value_counts(normalize=True, name="share")
    usual = dict(shares.iter_rows())
    level, share = here.cast(pl.String).value_counts(normalize=True, sort=True, name="share").row(0)
    apart = (share - usual[level]) / np.sqrt(max(usual[level] * (1 - usual[level]), 1e-9))
    return {"column": column.name, "strength": float(apart), "level": level, "share": share, "usual": usual[level]}
