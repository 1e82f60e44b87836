"""Worker processes for bulk work: tasks done side by side, handed over in order, few in memory at a time."""

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from multiprocessing.pool import AsyncResult
from threading import Thread, current_thread, main_thread
from typing import Any, TypeVar

Task = TypeVar("Task")
Made = TypeVar("Made")

_AHEAD = 2  # tasks a worker may be ahead of whoever takes the results
_PATIENCE_S = 300  # a task takes seconds; longer means that its worker was killed


def in_order(
    tasks: Iterable[Task],
    make: Callable[[Task], Made],
    start: Callable[..., None],
    arguments: tuple[Any, ...],
    workers: int | None = None,
) -> Iterator[tuple[Task, Made]]:
    """Each task with what `make` makes of it in a worker process.

    Args:
        make: a function of a module; it finds in module state what `start` left there.
        start: runs once in every worker, with `arguments`.
        workers: how many; one fewer than there are cores when None.
    """
    count = workers or max((os.cpu_count() or 2) - 1, 1)
    with _deaf_to_interrupts():
        pool = get_context("spawn").Pool(count, initializer=_start, initargs=(start, arguments))
    waiting: deque[tuple[Task, AsyncResult[Made]]] = deque()
    with pool:  # leaving it ends the workers at once, also after an error
        for task in tasks:
            waiting.append((task, pool.apply_async(make, (task,))))
            if len(waiting) >= count * _AHEAD:
                done, result = waiting.popleft()
                yield done, result.get(_PATIENCE_S)
        while waiting:
            done, result = waiting.popleft()
            yield done, result.get(_PATIENCE_S)


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


def _start(start: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    Thread(target=_leave_with_parent, daemon=True).start()
    start(*arguments)


def _leave_with_parent() -> None:
    """A parent that is killed cannot stop its workers: they watch it."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
