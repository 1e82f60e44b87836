"""Tables as other people save them: any delimiter and encoding, read as text first so that nothing is guessed away.

`read` returns a Polars frame whose columns are text (CSV) or typed (Parquet). Kinds are decided in `models.columns`.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl
from charset_normalizer import from_bytes

from models.errors import TableError

DELIMITERS = ",;\t|"
MISSING = ["", "NA", "N/A", "n/a", "na", "NaN", "nan", "NULL", "null", "None", "none", "?", "-", "NONE", "<NA>"]
_SAMPLE = 64 * 1024
_BATCH_ROWS = 200_000


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
    try:
        lazy = pl.scan_parquet(path)
        empty = True
        for part in lazy.collect_batches(chunk_size=rows, maintain_order=True):
            empty = False
            yield part
    except (pl.exceptions.ComputeError, OSError) as error:
        raise TableError(f"{path} is not a Parquet file: {str(error).splitlines()[0]}") from None
    if empty:
        raise TableError(f"{path} holds no rows.")


def _csv(path: Path, header: bool, rows: int) -> Iterator[pl.DataFrame]:
    sample = _sample(path)
    encoding = _encoding(path, sample)
    lines = _decoded(sample, encoding, path)
    delimiter = _delimiter(lines)
    names = _names(lines, delimiter, header, path)
    source: Path | io.BytesIO = path
    if encoding not in {"utf_8", "ascii"}:
        source = io.BytesIO(path.read_bytes().decode(encoding).encode())
    try:
        parts = pl.scan_csv(
            source,
            has_header=header,
            new_columns=names,
            separator=delimiter,
            infer_schema=False,
            null_values=MISSING,
            encoding="utf8",
        ).collect_batches(chunk_size=rows, maintain_order=True)
        empty = True
        for part in parts:
            empty = empty and part.is_empty()
            yield part.with_columns(pl.all().str.strip_chars())
    except pl.exceptions.PolarsError as error:
        raise TableError(f"{path} is not a table with {len(names)} columns in every line: {_first(error)}") from None
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
    lines = text.splitlines()
    return lines[:-1] if len(sample) == _SAMPLE and len(lines) > 1 else lines


def _delimiter(lines: list[str]) -> str:
    """The one that cuts most lines into the same, greatest number of cells."""

    def fits(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines[:200], delimiter=delimiter) if row)
        width, often = widths.most_common(1)[0]
        return (often if width > 1 else 0), width

    return max(DELIMITERS, key=fits)


def _names(lines: list[str], delimiter: str, header: bool, path: Path) -> list[str]:
    rows = [row for row in csv.reader(lines[:50], delimiter=delimiter) if row]
    if not header:
        return [f"column_{number}" for number in range(1, len(rows[0]) + 1)]
    names = [name.strip().lstrip("\ufeff") for name in rows[0]]
    if len(rows) > 1 and _looks_like_data(names, rows[1:]):
        raise TableError(
            f"The first line of {path} looks like data, not like names. Add a line of names, or pass --no-header: "
            "the columns are then called column_1, column_2 and so on."
        )
    doubled = [name for name, often in Counter(names).items() if often > 1 and name]
    if doubled:
        raise TableError(f"{path} has more than one column named {', '.join(doubled)}: give each its own name.")
    return [name or f"column_{number}" for number, name in enumerate(names, start=1)]


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
