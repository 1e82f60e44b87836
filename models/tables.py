"""Tables as other people save them: any delimiter and encoding, read as text first so that nothing is guessed away.

`read` returns a Polars frame whose columns are text (CSV) or typed (Parquet). Kinds are decided in `models.columns`.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import polars.selectors as cs
from charset_normalizer import from_bytes

from models.blocks import blocks
from models.errors import TableError

DELIMITERS = ",;\t|"
MISSING = ["", "NA", "N/A", "n/a", "na", "NaN", "nan", "NULL", "null", "None", "none", "?", "-", "NONE", "<NA>"]
_SAMPLE = 64 * 1024
_BATCH_ROWS = 200_000
_HINT = re.compile(r"sep=([,;\t|])$", re.IGNORECASE)  # what Excel writes before the names


@dataclass(frozen=True)
class Form:
    """How a CSV file is written: its encoding as Python names it, delimiter, columns, and lines before their names."""

    encoding: str
    delimiter: str
    names: tuple[str, ...]
    skipped: int


def read(path: Path, *, header: bool = True) -> pl.DataFrame:
    """The whole table.

    Args:
        path: CSV of any delimiter, encoding and line end, or Parquet.
        header: whether the first line holds the names; without it they are `column_1`, `column_2`, ...

    Raises:
        TableError: the file is missing, empty, has no header line, doubled names, or lines of differing length.
    """
    return pl.concat(batches(path, header=header), how="vertical")


def batches(path: Path, *, header: bool = True, rows: int = _BATCH_ROWS) -> Iterator[pl.DataFrame]:
    """The table in parts of at most `rows` rows, with memory that does not grow with the table. Raises as `read`."""
    if not path.is_file():
        raise TableError(f"There is no file {path}.")
    if path.suffix.lower() in {".parquet", ".pq"}:
        yield from _parquet(path, rows)
    else:
        yield from _csv(path, header, rows)


def _parquet(path: Path, rows: int) -> Iterator[pl.DataFrame]:
    # Slice by slice: in one go Polars reads groups of rows far ahead, hundreds of megabytes of them.
    start = 0
    try:
        lazy = pl.scan_parquet(path)
        while True:
            part = lazy.slice(start, rows).collect(engine="streaming")
            if part.is_empty():
                break
            yield plain(part)
            start += part.height
    except (pl.exceptions.PolarsError, OSError) as error:
        raise TableError(f"{path} is not a Parquet file: {_first(error)}") from None
    if start == 0:
        raise TableError(f"{path} holds no rows.")


def plain(part: pl.DataFrame) -> pl.DataFrame:
    """The columns as texts, numbers, booleans and dates, with one kind of missing; as if they had come from a CSV file.

    Raises:
        TableError: a column holds lists, records or bytes.
    """
    for name, dtype in part.schema.items():
        if dtype.is_nested() or dtype in (pl.Binary, pl.Object):
            raise TableError(f"Column {name} holds {dtype}, not one value a row: spread it over columns or remove it.")
    # One type a column: it may be read in many parts.
    ticks = [name for name, dtype in part.schema.items() if dtype in (pl.Time, pl.Duration)]
    words = [name for name, dtype in part.schema.items() if dtype in (pl.String, pl.Categorical, pl.Enum)]
    return part.with_columns(
        pl.col(ticks).to_physical().cast(pl.Float64),
        _stripped(pl.col(words).cast(pl.String)).replace(MISSING, [None] * len(MISSING)),
        cs.float().fill_nan(None),
    )


def _stripped(text: pl.Expr) -> pl.Expr:
    return text.str.strip_chars()


def form(path: Path, *, header: bool = True) -> Form:
    """How a CSV file is written. Raises as `read`."""
    sample = _sample(path)
    encoding = _encoding(path, sample)
    lines = _decoded(sample, encoding, path)
    hint = _HINT.match(lines[0].strip())
    lines = lines[1:] if hint else lines
    try:
        delimiter = hint[1] if hint else _delimiter(lines)
        names = _names(lines, delimiter, header, path)
    except csv.Error as error:
        raise TableError(f"{path} is not a CSV file: {error}.") from None
    return Form(encoding, delimiter, tuple(names), 1 if hint else 0)


def _csv(path: Path, header: bool, rows: int) -> Iterator[pl.DataFrame]:
    found = form(path, header=header)
    names = list(found.names)
    empty = True
    try:
        for number, block in enumerate(blocks(path, found.encoding)):
            table = pl.read_csv(
                block,
                has_header=False,  # the names are known, and Polars would compare them
                skip_rows=found.skipped if number == 0 else 0,
                schema=dict.fromkeys(names, pl.String),
                separator=found.delimiter,
                null_values=MISSING,
                encoding="utf8",
            )
            table = table[1:] if header and number == 0 else table
            told = table.with_columns(_stripped(pl.all()).replace("", None))
            if table.width > 1:  # a line without any value is no row
                told = told.filter(~pl.all_horizontal(pl.all().is_null()))
            empty = empty and told.is_empty()
            yield from told.iter_slices(rows)
    except pl.exceptions.PolarsError as error:
        raise TableError(f"{path} is not a table with {len(names)} columns in every line: {_first(error)}") from None
    except UnicodeError as error:
        raise TableError(f"{path} looks like {found.encoding} and is not: {error}. Save it as CSV (UTF-8).") from None
    if empty:
        raise TableError(f"{path} holds a header and no rows.")


def _sample(path: Path) -> bytes:
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    if not sample.strip():
        raise TableError(f"{path} is empty.")
    if sample[:4] == b"PK\x03\x04":
        raise TableError(f"{path} is a spreadsheet: save it as CSV (UTF-8) and try again.")
    return sample


def _encoding(path: Path, sample: bytes) -> str:
    """UTF-8 when all of it is, else the likeliest of its letters."""
    if sample.startswith(b"\xef\xbb\xbf"):
        return "utf_8_sig"
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf_16"
    try:
        with path.open(encoding="utf-8") as file:
            while file.read(1 << 20):
                pass
        return "utf_8"
    except UnicodeDecodeError:
        candidates = from_bytes(path.read_bytes()[: 4 * _SAMPLE], cp_isolation=["gb18030", "cp1252", "latin_1", "big5"])
        best = candidates.best()
    if best is None:
        raise TableError(f"{path} is in no known encoding: save it as CSV (UTF-8) and try again.")
    return "gb18030" if best.encoding in {"gb2312", "gbk"} else best.encoding


def _decoded(sample: bytes, encoding: str, path: Path) -> list[str]:
    text = sample.decode(encoding, errors="ignore")
    if "\x00" in text:
        raise TableError(f"{path} is not a text file.")
    if not text.strip("\ufeff \t\r\n"):
        raise TableError(f"{path} is empty.")
    lines = list(io.StringIO(text, newline=""))
    return lines[:-1] if len(sample) == _SAMPLE and len(lines) > 1 else lines


def _delimiter(lines: list[str]) -> str:
    """The one that cuts most lines into the same, greatest number of cells."""

    def fits(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines[:200], delimiter=delimiter) if row)
        width, often = widths.most_common(1)[0]
        return (often if width > 1 else 0), width

    best = max(DELIMITERS, key=fits)
    # Blanks cut prose as well: they count only where nothing else does and every line has as many.
    often, width = fits(" ")
    spaced = fits(best)[0] == 0 and width > 2 and often > 2 and often == sum(1 for line in lines[:200] if line.strip())
    return " " if spaced else best


def _names(lines: list[str], delimiter: str, header: bool, path: Path) -> list[str]:
    rows = [row for row in csv.reader(lines[:50], delimiter=delimiter) if row]
    if not header:
        return [f"column_{number}" for number in range(1, len(rows[0]) + 1)]
    if not rows:
        raise TableError(f"{path} is empty.")
    names = [" ".join(name.lstrip("\ufeff").split()) for name in rows[0]]
    if len(rows) > 1 and _looks_like_data(names, rows[1:]):
        raise TableError(
            f"The first line of {path} looks like data, not like names. Add a line of names, or pass --no-header: "
            "the columns are then called column_1, column_2 and so on."
        )
    names = [name or f"column_{number}" for number, name in enumerate(names, start=1)]
    doubled = [name for name, often in Counter(names).items() if often > 1]
    if doubled:
        raise TableError(f"{path} has more than one column named {', '.join(doubled)}: give each its own name.")
    return names


def _looks_like_data(names: list[str], rows: list[list[str]]) -> bool:
    """A name is not a number; where a first line holds as many numbers as the next ones, it is data."""
    first = sum(_is_number(cell) for cell in names)
    return first > 0 and first >= 0.5 * max(sum(_is_number(cell) for cell in row) for row in rows)


def _is_number(cell: str) -> bool:
    try:
        float(cell.strip().replace(",", "."))
    except ValueError:
        return False
    return True


def _first(error: Exception) -> str:
    return str(error).splitlines()[0]
