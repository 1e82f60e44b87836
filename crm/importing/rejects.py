"""Rows that were not imported, kept with the reason in a table file like the one they came in."""

import fcntl
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from crm.errors import InvalidInput
from crm.importing.files import plain_cell
from crm.importing.outputs import open_output

REASON = "reason"

Rejected = tuple[list[Any], str]


class Rejects:
    """The rejected rows of one job.

    While the job runs they stand in a file of their own, whose length is committed with each batch: what a killed run
    wrote beyond that is cut off when the job goes on. One process at a time holds that file.
    """

    def __init__(self, target: Path) -> None:
        """Take hold of the file. Raises `InvalidInput` while another process has it."""
        self.target = target
        self._spool = target.with_name(f".{target.name}.part")
        self._file = os.fdopen(os.open(self._spool, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise InvalidInput("file", "This file is being imported by another process; wait for it.") from None

    def resume(self, length: int) -> None:
        """Go on behind the first `length` bytes. Raises `InvalidInput` if there are fewer."""
        if self._file.seek(0, os.SEEK_END) < length:
            raise InvalidInput("file", "What the interrupted import rejected is gone; start again with --restart.")
        self._file.truncate(length)
        self._file.seek(length)

    def add(self, rows: Iterable[Rejected]) -> int:
        """Keep rows on disk; how long the file is now, in bytes."""
        for cells, reason in rows:
            line = json.dumps([[plain_cell(cell) for cell in cells], reason], ensure_ascii=True)
            self._file.write(line.encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()

    def publish(self, header: list[str], delimiter: str) -> None:
        """Write the table file, with the reason in its last column; no file when nothing was rejected."""
        if self._file.tell() == 0:
            self.target.unlink(missing_ok=True)
            return
        kept = [at for at, name in enumerate(header) if name.strip().lower() != REASON]
        names = [*(header[at] for at in kept), REASON]
        self._file.seek(0)
        with open_output(self.target, names, delimiter) as output:
            for line in self._file:
                cells, reason = json.loads(line)
                row = [cells[at] if at < len(cells) else None for at in kept]
                output.write([*row, reason])
        self._file.seek(0, os.SEEK_END)

    def close(self, *, done: bool) -> None:
        """Let go of the file; when the job is done, remove it."""
        if done:
            self._spool.unlink(missing_ok=True)
        self._file.close()
