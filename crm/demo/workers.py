"""Chunks made side by side, handed over in order, with no more than a few in memory at a time."""

import os
import signal
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.pool import AsyncResult
from pathlib import Path
from threading import Thread, current_thread, main_thread

from sqlalchemy import Dialect, make_url

from crm.demo.chunk import make_chunk
from crm.demo.numbers import Numbers
from crm.demo.rows import Packed, Rows, bulk_dialect
from crm.demo.world import World
from crm.store import Store
from vault import Vault

WORTH_WORKERS = 5  # with fewer chunks, starting processes costs more than it saves
_AHEAD = 2  # chunks a worker may be ahead of the writer
_PATIENCE_S = 300  # a chunk takes seconds; longer means that its worker was killed

Sizes = list[tuple[int, int]]


def chunks_in_order(
    store: Store, world: World, numbers: Numbers, sizes: Sizes, key_file: Path | None
) -> Iterator[Packed]:
    """The rows of every (first, size) chunk, sealed and ready for the driver."""
    if key_file is None or len(sizes) < WORTH_WORKERS:
        maker = _Maker(world, numbers, bulk_dialect(store.engine.url, store.vault))
        for first, size in sizes:
            yield maker.make(first, size)
        return
    count = max((os.cpu_count() or 2) - 1, 1)
    url = store.engine.url.render_as_string(hide_password=False)
    with _deaf_to_interrupts():
        pool = get_context("spawn").Pool(count, initializer=_start, initargs=(url, key_file, world, numbers))
    waiting: deque[AsyncResult[Packed]] = deque()
    with pool:  # leaving it ends the workers at once, also after an error
        for chunk in sizes:
            waiting.append(pool.apply_async(_make, chunk))
            if len(waiting) >= count * _AHEAD:
                yield waiting.popleft().get(_PATIENCE_S)
        while waiting:
            yield waiting.popleft().get(_PATIENCE_S)


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes chunks; in a worker there is one for the life of the process."""

    world: World
    numbers: Numbers
    dialect: Dialect

    def make(self, first: int, size: int) -> Packed:
        """The rows of one chunk by table."""
        rows = Rows(self.dialect)
        make_chunk(self.world, self.numbers, rows, first, size)
        return dict(rows.packed)


_makers: list[_Maker] = []  # a process pool hands its workers nothing but module state


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes started in here never hear Ctrl-C: it is for the parent, which then stops them."""
    if current_thread() is not main_thread():
        yield  # only the main thread may set handlers, and only it is interrupted
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _start(url: str, key_file: Path, world: World, numbers: Numbers) -> None:
    Thread(target=_leave_with_parent, daemon=True).start()
    _makers.append(_Maker(world, numbers, bulk_dialect(make_url(url), Vault.load(key_file))))


def _leave_with_parent() -> None:
    """A parent that is killed cannot stop its workers: they watch it."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _make(first: int, size: int) -> Packed:
    return _makers[0].make(first, size)
