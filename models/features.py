"""From typed columns to the matrix of numbers every algorithm starts from; the same for a table and for one customer.

A number stays itself, a category becomes the rank of its level among the known ones, a date becomes days, month and
weekday. What is missing is NaN. A level that is unknown or rare becomes one more level, "other". Nothing here learns
from the target, and the whole plan is plain JSON, so that any engine that runs this module gives the same matrix.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from models.columns import Column, Kind

_MOST_LEVELS = 200
_RAREST = 5  # rows; a level seen less often says nothing that holds
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Feature:
    """One column of the matrix.

    Attributes:
        part: "value", or "days", "month" or "weekday" of a date.
        levels: of a category, most frequent first; the code of "other" is their number.
    """

    source: str
    part: str
    levels: tuple[str, ...] | None = None

    @property
    def name(self) -> str:
        """The source's name, with the part of a date."""
        return self.source if self.part == "value" else f"{self.source} ({self.part})"

    @property
    def is_category(self) -> bool:
        """Whether the numbers are codes without an order."""
        return self.levels is not None


class Plan:
    """How a typed table becomes a matrix of shape (rows, features)."""

    def __init__(self, features: Sequence[Feature]) -> None:
        self.features = tuple(features)
        self._codes = {f.name: {level: code for code, level in enumerate(f.levels or ())} for f in self.features}

    @classmethod
    def of(cls, frame: pl.DataFrame, columns: Sequence[Column]) -> "Plan":
        """The plan for these columns; levels and their order come from `frame`."""
        features: list[Feature] = []
        for column in columns:
            if column.kind == Kind.NUMBER:
                features.append(Feature(column.name, "value"))
            elif column.kind == Kind.CATEGORY:
                features.append(Feature(column.name, "value", _levels(frame[column.name])))
            elif column.kind == Kind.DATE:
                features += [
                    Feature(column.name, "days"),
                    Feature(column.name, "month", tuple(str(month) for month in range(1, 13))),
                    Feature(column.name, "weekday", tuple(str(day) for day in range(1, 8))),
                ]
        return cls(features)

    @property
    def categories(self) -> list[int]:
        """Indices of features that are codes."""
        return [index for index, feature in enumerate(self.features) if feature.is_category]

    @property
    def numbers(self) -> list[int]:
        """Indices of the other features."""
        return [index for index, feature in enumerate(self.features) if not feature.is_category]

    def matrix(self, frame: pl.DataFrame) -> np.ndarray:
        """The typed table as float64 of shape (rows, features)."""
        out = np.empty((frame.height, len(self.features)), dtype=np.float64)
        for index, feature in enumerate(self.features):
            out[:, index] = self._column(frame[feature.source], feature)
        return out

    def row(self, values: Mapping[str, Any]) -> np.ndarray:
        """One customer's values (float, str, date or None) as a matrix of shape (1, features); no table is built."""
        return np.array([[self._cell(values.get(f.source), f) for f in self.features]], dtype=np.float64)

    def to_json(self) -> list[dict[str, Any]]:
        """What `from_json` needs."""
        return [asdict(feature) for feature in self.features]

    @classmethod
    def from_json(cls, data: list[dict[str, Any]]) -> "Plan":
        """The plan again."""
        return cls([Feature(f["source"], f["part"], _as_tuple(f["levels"])) for f in data])

    def _column(self, values: pl.Series, feature: Feature) -> np.ndarray:
        if feature.part == "days":
            return values.cast(pl.Int32).cast(pl.Float64).to_numpy()
        if feature.part in {"month", "weekday"}:
            number = values.dt.month() if feature.part == "month" else values.dt.weekday()
            return number.cast(pl.Float64).to_numpy() - 1
        if feature.levels is None:
            return values.cast(pl.Float64).to_numpy()
        codes = self._codes[feature.name]
        if not codes:
            return np.where(values.is_null().to_numpy(), np.nan, 0.0)
        known = values.replace_strict(codes, default=float(len(codes)), return_dtype=pl.Float64)
        return np.where(values.is_null().to_numpy(), np.nan, known.to_numpy())

    def _cell(self, value: Any, feature: Feature) -> float:
        if value is None:
            return float("nan")
        if feature.part == "days":
            return float(value.toordinal() - _EPOCH)
        if feature.part == "month":
            return float(value.month - 1)
        if feature.part == "weekday":
            return float(value.isoweekday() - 1)
        if feature.levels is None:
            return float(value)
        return float(self._codes[feature.name].get(str(value), len(feature.levels)))


def _levels(values: pl.Series) -> tuple[str, ...]:
    counts = values.drop_nulls().value_counts(name="rows").filter(pl.col("rows") >= _RAREST)
    ordered = counts.sort(["rows", values.name], descending=[True, False]).head(_MOST_LEVELS)
    return tuple(ordered[values.name].to_list())


def _as_tuple(levels: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if levels is None else tuple(levels)
