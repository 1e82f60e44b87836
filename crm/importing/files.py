"""Table files read row by row: CSV, Excel, JSON lines and Parquet, all as a header and rows of cells."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from crm.errors import InvalidInput
from crm.importing import encodings
from crm.importing.mapping import AUTO, Mapping

LONGEST_FIELD = 1 << 20  # characters; a longer one is a quotation mark that was never closed
FORMATS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}
FORMATS |= {".xlsx": "xlsx", ".parquet": "parquet", ".pq": "parquet"}

_DELIMITERS = ",;\t|"
_LOOKED_AT = 50  # lines from which the delimiter is guessed
_UNREADABLE = "\ufffd"


class Row(NamedTuple):
    """One row as it stands in the file. `problem` says why it has no cells that could be read."""

    cells: list[Any]
    problem: str = ""


@dataclass(slots=True)
class Table:
    """A table file that is being read.

    Attributes:
        delimiter: of a CSV file, else a comma.
        done: how much of the file has been read, 0 to 1.
    """

    kind: str
    header: list[str]
    rows: Iterator[Row]
    delimiter: str
    done: Callable[[], float]


def kind_of(path: Path) -> str:
    """`csv`, `jsonl`, `xlsx` or `parquet`, by the ending.

    Raises:
        InvalidInput: it is none of them.
    """
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise InvalidInput("file", "Only .csv, .tsv, .txt, .jsonl, .ndjson, .xlsx and .parquet files can be used.")
    return kind


def open_table(path: Path, mapping: Mapping) -> Table:
    """Start reading a table file.

    Raises:
        InvalidInput: it is empty, or not what its ending says.
    """
    kind = kind_of(path)
    if not path.is_file():
        raise InvalidInput("file", "There is no such file.")
    if path.stat().st_size == 0:
        raise InvalidInput("file", "The file is empty.")
    table = _READERS[kind](path, mapping)
    if not table.header:
        raise InvalidInput("file", "The file holds no rows.")
    return table


def _csv(path: Path, mapping: Mapping) -> Table:
    csv.field_size_limit(LONGEST_FIELD)
    encoding = encodings.detect(path) if mapping.encoding == AUTO else mapping.encoding
    encodings.can_read(path, encoding)  # refuses a name that is no encoding
    raw = path.open("rb")
    text = io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="")
    head = "".join(islice(text, _LOOKED_AT))[:LONGEST_FIELD]
    delimiter = _delimiter(head) if mapping.delimiter == AUTO else mapping.delimiter
    text.seek(0)
    rows = _csv_rows(text, delimiter)
    header = _header(rows, mapping)
    size = path.stat().st_size
    return Table("csv", header.names, header.rest, delimiter, lambda: 1.0 if raw.closed else raw.tell() / size)


def _csv_rows(text: io.TextIOWrapper, delimiter: str) -> Iterator[Row]:
    with text:
        reader = csv.reader(text, delimiter=delimiter)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield Row([], "a field is longer than a megabyte, or a quotation mark is never closed")
                continue
            if cells:
                unreadable = any(_UNREADABLE in cell for cell in cells)
                yield Row(cells, "holds characters that are not of the file's encoding" if unreadable else "")


def _delimiter(head: str) -> str:
    """What separates most of the first lines into the same number of cells, the more cells the better."""

    def fitness(candidate: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(head), delimiter=candidate) if row]
        except csv.Error:
            return 0, 0
        width = widths[0] if widths else 0
        same = sum(other == width for other in widths) / (len(widths) or 1)
        return (same if width > 1 else 0), width

    return max(_DELIMITERS, key=fitness)


@dataclass(frozen=True, slots=True)
class _Header:
    names: list[str]
    rest: Iterator[Row]


def _header(rows: Iterator[Row], mapping: Mapping) -> _Header:
    """The first row, or column numbers where the mapping says that there is no header."""
    first = next((row for row in rows if row.problem or any(not _empty(cell) for cell in row.cells)), None)
    if first is None:
        return _Header([], rows)
    if mapping.header:
        return _Header(["" if cell is None else str(cell).strip() for cell in first.cells], rows)

    def whole() -> Iterator[Row]:
        yield first
        yield from rows

    return _Header([str(number) for number in range(1, len(first.cells) + 1)], whole())


def _xlsx(path: Path, mapping: Mapping) -> Table:
    import openpyxl  # half a second that only who reads Excel pays, and no worker process

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        sheet: Any = book[mapping.sheet] if mapping.sheet else book.worksheets[0]
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, OSError, SyntaxError, TypeError):
        raise InvalidInput("file", "This is not an Excel file (.xlsx), or has no such sheet.") from None
    read = 0

    def rows() -> Iterator[Row]:
        nonlocal read
        for cells in sheet.iter_rows(values_only=True):
            read += 1
            if any(cell is not None for cell in cells):
                yield Row(list(cells))
        book.close()

    header = _header(rows(), mapping)
    names = list(header.names)
    while names and not names[-1]:
        names.pop()  # columns that were only ever formatted
    rest = (Row(_trimmed(row.cells, len(names))) for row in header.rest)
    total = max(sheet.max_row or 1, 1)
    return Table("xlsx", names, rest, ",", lambda: min(read / total, 1.0))


def _trimmed(cells: list[Any], width: int) -> list[Any]:
    while len(cells) > width and cells[-1] is None:
        cells.pop()
    return cells


def _jsonl(path: Path, mapping: Mapping) -> Table:
    encoding = encodings.detect(path) if mapping.encoding == AUTO else mapping.encoding
    raw = path.open("rb")
    text = io.TextIOWrapper(raw, encoding=encoding, errors="replace")
    names = list(dict.fromkeys(name for entry in _objects(text) if isinstance(entry, dict) for name in entry))
    text.seek(0)
    size = path.stat().st_size

    def rows() -> Iterator[Row]:
        with text:
            for entry in _objects(text):
                if isinstance(entry, str):
                    yield Row([entry[:LONGEST_FIELD]], "is not a JSON object")
                else:
                    yield Row([entry.get(name) for name in names])

    if not names:
        raise InvalidInput("file", "No line of the file is a JSON object.")
    return Table("jsonl", names, rows(), ",", lambda: 1.0 if raw.closed else raw.tell() / size)


def _objects(lines: io.TextIOWrapper) -> Iterator[dict[str, Any] | str]:
    """Each line as an object with dotted names, or as the text that it is when it is no object."""
    for line in lines:
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            yield line.rstrip("\n")
            continue
        yield _flat(entry) if isinstance(entry, dict) else line.rstrip("\n")


def _flat(entry: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """`{"address": {"city": …}}` as `{"address.city": …}`; lists stay as they are."""
    flat: dict[str, Any] = {}
    for name, value in entry.items():
        if isinstance(value, dict) and not prefix:
            flat |= _flat(value, f"{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _parquet(path: Path, _: Mapping) -> Table:
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(path)
    except (pyarrow.ArrowException, OSError):
        raise InvalidInput("file", "This is not a Parquet file.") from None
    names = list(file.schema_arrow.names)
    read = 0

    def rows() -> Iterator[Row]:
        nonlocal read
        with file:
            for batch in file.iter_batches(batch_size=2_000):
                columns = [column.to_pylist() for column in batch.columns]
                for cells in zip(*columns, strict=True):
                    read += 1
                    yield Row(list(cells))

    total = max(file.metadata.num_rows, 1)
    return Table("parquet", names, rows(), ",", lambda: read / total)


def plain_cell(cell: Any) -> Any:
    """A cell as JSON can hold it, reading the same when it is imported again."""
    if cell is None or isinstance(cell, str | bool | int | float):
        return cell
    if isinstance(cell, datetime) and cell.time() == time(0):
        return cell.date().isoformat()
    if isinstance(cell, date | datetime | time):
        return cell.isoformat()
    return json.dumps(cell, ensure_ascii=False, default=str) if isinstance(cell, list | dict) else str(cell)


def _empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


_READERS: dict[str, Callable[[Path, Mapping], Table]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "xlsx": _xlsx,
    "parquet": _parquet,
}
