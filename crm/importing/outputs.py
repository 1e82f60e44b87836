"""Table files written row by row: whole or not at all, for their owner alone, with nothing a spreadsheet runs."""

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from crm.importing.files import kind_of

_GROUP = 5_000  # rows of a Parquet row group
_RUNS = re.compile(r"[\t\r ]*[=@]|[+-](?![\d .,()/-]*$)|[\t\r]")  # numbers, and phones with their plus, only compute
_NOT_IN_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_LONGEST_CELL = 32_767  # of Excel


class Output(Protocol):
    """Takes rows."""

    def write(self, row: list[Any]) -> None:
        """Add a row."""

    def close(self) -> None:
        """Write what is left."""


@contextmanager
def open_output(path: Path, header: list[str], delimiter: str = ",") -> Iterator[Output]:
    """A table file that appears at `path` when the block ends without an error; its ending says the format."""
    kind = kind_of(path)
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            output = _OUTPUTS[kind](file, header, delimiter)
            yield output
            output.close()
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def defused(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: an apostrophe keeps it text (and is dropped on import)."""
    return f"'{cell}" if isinstance(cell, str) and _RUNS.match(cell) else cell


class _Csv:
    def __init__(self, file: BinaryIO, header: list[str], delimiter: str) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="", write_through=True)
        self._text.write("\ufeff")  # without the mark, spreadsheets read Chinese as something else
        self._writer = csv.writer(self._text, delimiter=delimiter)
        self.write(list(header))

    def write(self, row: list[Any]) -> None:
        self._writer.writerow([defused(cell) for cell in row])

    def close(self) -> None:
        self._text.flush()
        self._text.detach()


class _JsonLines:
    def __init__(self, file: BinaryIO, header: list[str], _: str) -> None:
        self._file, self._header = file, header

    def write(self, row: list[Any]) -> None:
        entry = dict(zip(self._header, row, strict=False))
        self._file.write(json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace") + b"\n")

    def close(self) -> None:
        pass


class _Parquet:
    """Columns of text: what is read again reads text in every field."""

    def __init__(self, file: BinaryIO, header: list[str], _: str) -> None:
        import pyarrow
        import pyarrow.parquet

        names = [name if header.index(name) == at else f"{name} {at + 1}" for at, name in enumerate(header)]
        self._schema = pyarrow.schema([(name, pyarrow.string()) for name in names])
        self._writer = pyarrow.parquet.ParquetWriter(file, self._schema)
        self._rows: list[list[Any]] = []

    def write(self, row: list[Any]) -> None:
        self._rows.append([None if cell is None else _text(cell) for cell in row])
        if len(self._rows) >= _GROUP:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow

        width = len(self._schema)
        columns = [[row[at] if at < len(row) else None for row in self._rows] for at in range(width)]
        self._writer.write_table(pyarrow.table(columns, schema=self._schema))
        self._rows.clear()


class _Excel:
    def __init__(self, file: BinaryIO, header: list[str], _: str) -> None:
        import openpyxl

        self._file = file
        self._book = openpyxl.Workbook(write_only=True)
        self._sheet: Any = self._book.create_sheet("rows")
        self.write(list(header))

    def write(self, row: list[Any]) -> None:
        self._sheet.append([self._cell(value) for value in row])

    def close(self) -> None:
        self._book.save(self._file)

    def _cell(self, value: Any) -> Any:
        from openpyxl.cell import WriteOnlyCell

        if not isinstance(value, str):
            return value
        cell = WriteOnlyCell(self._sheet, value=_NOT_IN_XML.sub("", value)[:_LONGEST_CELL])
        cell.data_type = "s"  # text, whatever it begins with
        return cell


def _text(cell: Any) -> str:
    text = ("yes" if cell else "no") if isinstance(cell, bool) else str(cell)
    return text.encode("utf-8", "replace").decode()


_OUTPUTS: dict[str, Callable[[BinaryIO, list[str], str], Output]] = {
    "csv": _Csv,
    "jsonl": _JsonLines,
    "parquet": _Parquet,
    "xlsx": _Excel,
}
