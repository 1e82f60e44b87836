"""What a check reports."""

from dataclasses import dataclass
from pathlib import Path

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, order=True)
class Finding:
    """One remark on a line of a file; printed the way compilers do, so that editors can jump there."""

    file: Path
    line: int
    severity: str
    about: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity}: {self.about}"
