"""One core for one piece of work: folds, shuffled columns and parts of a table are already worked on side by side."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController, threadpool_limits


@contextmanager
def one() -> Iterator[None]:
    """All libraries on one thread. For the thread that starts others: what it sets for matrices holds for all."""
    with threadpool_limits(1):
        yield


@contextmanager
def one_here() -> Iterator[None]:
    """OpenMP on one thread, in the thread that asks, whatever others do.

    How many threads OpenMP takes is a matter of each thread: `one` does not reach those that are started in it, and
    four of them with four each wait for one another many times longer than they work.
    """
    with _controller().limit(limits={"openmp": 1}):
        yield


@cache
def _controller() -> ThreadpoolController:
    """Looking for the libraries takes milliseconds: once is enough, as the ones that predict load with the models."""
    return ThreadpoolController()
