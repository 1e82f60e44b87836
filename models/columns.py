"""What kind of thing each column holds: decided from the data, shown, and open to correction."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import polars as pl

from models.errors import TableError

_ENOUGH = 0.98  # of the values that are there must read as a kind; the stray rest counts as missing, and is reported
_UNIQUE = 0.95  # distinct values among rows above which a column of words names rows instead of describing them
_GLANCE = 200  # values of a column that are looked at before all of them are
_LONG = 40  # characters: longer texts on average are prose, not categories
_NUMBER = r"^[+-]?(\d+([.,]\d+)*|[.,]\d+)([eE][+-]?\d+)?$"
_DECIMAL_COMMA = r"^[+-]?(\d{1,3}(\.\d{3})+|\d+),\d{1,2}$|^[+-]?\d{1,3}(\.\d{3}){2,}$"
_TRUTH = {"true", "false"}
_CLUTTER = r"[\s\u00a0$€£¥￥%]|CNY|USD|EUR|元"
_DATES = ["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%Y年%m月%d日"]
_KEY_NAME = re.compile(
    r"(^|[_\W])(id|key|uuid|guid|nr|no|number|code|ID|Id)$|(?<=[a-z])(ID|Id|No|Nr|Key)$|编号|证号|号码"
)
_ID_NAME = re.compile(r"(^|[_\W])(id|uuid|guid|ID|Id|UUID)$|(?<=[a-z])(ID|Id)$|编号|证号")
_OWNER_NAME = re.compile(r"cust|client|household|person|member|patient|user|account|客户|用户|会员", re.IGNORECASE)


class Kind(StrEnum):
    """What a column is to a model."""

    NUMBER = "number"
    CATEGORY = "category"
    DATE = "date"
    TEXT = "text"
    IDENTIFIER = "identifier"
    GROUP = "group"  # names the customer that several rows belong to
    CONSTANT = "constant"
    EMPTY = "empty"


LEARNED = {Kind.NUMBER, Kind.CATEGORY, Kind.DATE}


@dataclass(frozen=True)
class Column:
    """A column: its kind, and how its values are read.

    Attributes:
        style: a date's format; "," for numbers with a decimal comma; "truth" for True and False in any spelling.
        missing: share of rows without a value.
        distinct: how many different values.
        stray: values that are not of the kind, counted as missing.
    """

    name: str
    kind: Kind
    style: str = ""
    missing: float = 0.0
    distinct: int = 0
    stray: int = 0
    notes: tuple[str, ...] = field(default=())


def infer(frame: pl.DataFrame, corrections: Mapping[str, Kind] | None = None) -> list[Column]:
    """Each column's kind, with `corrections` by name.

    Raises:
        TableError: a correction names a column that is not there, or a kind the values do not fit.
    """
    corrections = corrections or {}
    unknown = set(corrections) - set(frame.columns)
    if unknown:
        raise TableError(f"There is no column {', '.join(sorted(unknown))}; there are: {', '.join(frame.columns)}.")
    return [_column(frame[name], corrections.get(name)) for name in frame.columns]


def typed(frame: pl.DataFrame, columns: Sequence[Column]) -> pl.DataFrame:
    """The columns a model learns from, as Float64 (numbers), String (categories) and Date.

    Raises:
        TableError: one of `columns` is not in the table.
    """
    absent = [column.name for column in columns if column.name not in frame.columns]
    if absent:
        raise TableError(f"The table lacks the column {', '.join(absent)}.")
    return pl.DataFrame([_read(frame[c.name], c) for c in columns if c.kind in LEARNED])


def _column(values: pl.Series, wanted: Kind | None) -> Column:
    values = values.cast(pl.String) if values.dtype == pl.Boolean else values
    there = values.drop_nulls()
    missing = round(1 - len(there) / max(len(values), 1), 4)
    found = _found(values, there) if wanted is None else _wanted(values, there, wanted)
    stray = 0
    if found.kind in LEARNED:
        stray = len(there) - len(_read(values, found).drop_nulls())
    return replace(found, missing=missing, distinct=there.n_unique(), stray=stray)


def _wanted(values: pl.Series, there: pl.Series, kind: Kind) -> Column:
    column = Column(values.name, kind)
    if kind == Kind.NUMBER:
        column = replace(column, style="," if _decimal_comma(there) else "")
    if kind == Kind.DATE:
        column = replace(column, style=_date_style(there) or "")
    if kind in LEARNED and len(there) and not len(_read(values, column).drop_nulls()):
        raise TableError(f"No value of column {values.name} reads as a {kind}.")
    return column


def _found(values: pl.Series, there: pl.Series) -> Column:
    name = values.name
    if there.is_empty():
        return Column(name, Kind.EMPTY)
    distinct = there.n_unique()
    if distinct == 1 and len(there) == len(values):
        return Column(name, Kind.CONSTANT)
    if values.dtype.is_temporal():
        return Column(name, Kind.DATE)
    style = None if values.dtype.is_numeric() else _date_style(there)
    if style:
        return Column(name, Kind.DATE, style=style)
    comma = not _plain_numbers(there) and _decimal_comma(there)
    number = Column(name, Kind.NUMBER, style="," if comma else "")
    endless = int(there.cast(pl.Float64, strict=False).is_infinite().sum())  # read as a number, and known to be none
    is_number = endless < len(there) and len(_read(there, number).drop_nulls()) + endless >= _ENOUGH * len(there)
    naming = _names_rows(there, distinct, is_number)
    if naming is not None:
        return Column(name, naming)
    if is_number:
        return number
    long = there.cast(pl.String).str.len_chars().mean() or 0
    if set(there.cast(pl.String).str.to_lowercase().unique()) <= _TRUTH:
        return Column(name, Kind.CATEGORY, style="truth")
    if distinct > 50 and (distinct >= _UNIQUE * len(there) or float(long) > _LONG):  # type: ignore[arg-type]
        return Column(name, Kind.TEXT)
    return Column(name, Kind.CATEGORY)


def _names_rows(there: pl.Series, distinct: int, is_number: bool) -> Kind | None:
    """Whether values name the rows (each its own) or their owners (a few rows each) instead of describing them."""
    rows, named = len(there), bool(_KEY_NAME.search(there.name))
    if rows < 30:
        return Kind.IDENTIFIER if named and distinct == rows else None
    if distinct == rows and (named or _counts_up(there, is_number)):
        return Kind.IDENTIFIER
    owner = _ID_NAME.search(there.name) or (named and _OWNER_NAME.search(there.name))
    if owner and rows / 20 <= distinct < rows:
        return Kind.GROUP
    if distinct >= _UNIQUE * rows and named:
        return Kind.IDENTIFIER
    if not is_number and distinct >= _UNIQUE * rows and not there.cast(pl.String).str.contains(r"\s").any():
        return Kind.IDENTIFIER
    return None


def _counts_up(there: pl.Series, is_number: bool) -> bool:
    """Whole numbers without a gap are a running number."""
    if not is_number:
        return False
    numbers = _numbers(there, "").drop_nulls()
    low, high = float(numbers.min() or 0), float(numbers.max() or 0)  # type: ignore[arg-type]
    return high - low + 1 == len(numbers) and bool((numbers == numbers.round()).all())


def _plain_numbers(there: pl.Series) -> bool:
    return there.dtype.is_numeric() or there.cast(pl.Float64, strict=False).null_count() == 0


def _decimal_comma(there: pl.Series) -> bool:
    if there.dtype.is_numeric():
        return False
    return bool(_clean(there).str.contains(_DECIMAL_COMMA).any()) and not bool(
        _clean(there).str.contains(r"^\D*\d+\.\d{1,2}$").any()
    )


def _date_style(there: pl.Series) -> str | None:
    text = there.cast(pl.String)
    few = text.gather_every(max(1, len(text) // _GLANCE))  # a table has many columns and few of them are dates
    for style in _DATES:
        if len(_dates(few, style).drop_nulls()) < 0.5 * len(few):
            continue
        if len(_dates(text, style).drop_nulls()) >= _ENOUGH * len(text):
            years = _dates(text, style).dt.year()
            if style != "%Y%m%d" or bool(years.is_between(1900, 2100).all()):
                return style
    return None


def _read(values: pl.Series, column: Column) -> pl.Series:
    if column.kind == Kind.NUMBER:
        return _numbers(values, column.style)
    if column.kind == Kind.DATE:
        return values.cast(pl.Date) if values.dtype.is_temporal() else _dates(values.cast(pl.String), column.style)
    return _words(values, column.style)


def _words(values: pl.Series, style: str) -> pl.Series:
    """Texts that are the same whether they were read from CSV or from Parquet."""
    if values.dtype.is_float():  # 2.0 is the category 2
        whole = values.is_finite() & (values == values.round()) & (values.abs() < 2**53)
        texts = pl.when(whole).then(values.cast(pl.Int64, strict=False).cast(pl.String))
        return pl.select(texts.otherwise(values.cast(pl.String))).to_series().rename(values.name)
    words = values.cast(pl.String)
    return words.str.to_lowercase() if style == "truth" else words


def _numbers(values: pl.Series, style: str) -> pl.Series:
    if values.dtype.is_numeric():
        return _finite(values.cast(pl.Float64))
    plain = values.cast(pl.Float64, strict=False)
    if style != "," and plain.null_count() == values.null_count():
        return _finite(plain)
    text = _clean(values)
    text = pl.select(pl.when(text.str.contains(_NUMBER)).then(text)).to_series().rename(values.name)
    if style == ",":
        text = text.str.replace_all(".", "", literal=True).str.replace_all(",", ".", literal=True)
    else:
        text = text.str.replace_all(",", "", literal=True)
    return _finite(text.cast(pl.Float64, strict=False))


def _finite(numbers: pl.Series) -> pl.Series:
    """Without NaN, infinities and what is too great for a number."""
    return pl.select(pl.when(numbers.is_finite()).then(numbers)).to_series().rename(numbers.name)


def _clean(values: pl.Series) -> pl.Series:
    return values.cast(pl.String).str.replace_all(_CLUTTER, "")


def _dates(text: pl.Series, style: str) -> pl.Series:
    # A time of day behind the date does not matter.
    return text.str.replace(r"[ T]\d{1,2}:.*$", "").str.strip_chars().str.to_date(style, strict=False)
