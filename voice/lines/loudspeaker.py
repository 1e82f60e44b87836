"""What a loudspeaker plays next, and when marks in it were heard; filled from one thread, emptied from another."""

import threading
from collections import deque
from collections.abc import Callable


class Playback:
    """Sound in order, with marks between.

    Args:
        heard: called with each mark when all sound before it was played, or dropped; from any thread.
    """

    def __init__(self, heard: Callable[[int], None]) -> None:
        self._heard = heard
        self._lock = threading.Lock()
        self._queue: deque[bytes | int] = deque()

    def add(self, pcm: bytes) -> None:
        """Play it after everything else."""
        with self._lock:
            self._queue.append(pcm)

    def mark(self, mark: int) -> None:
        """Tell when everything so far was played."""
        with self._lock:
            self._queue.append(mark)
        self._tell(self._passed())

    def clear(self) -> None:
        """Play nothing of what is queued; its marks are passed."""
        with self._lock:
            marks = [item for item in self._queue if isinstance(item, int)]
            self._queue.clear()
        self._tell(marks)

    def take(self, size: int) -> bytes:
        """The next `size` bytes, filled up with silence."""
        taken = bytearray()
        marks: list[int] = []
        with self._lock:
            while self._queue and len(taken) < size:
                item = self._queue.popleft()
                if isinstance(item, int):
                    marks.append(item)
                    continue
                rest = size - len(taken)
                taken += item[:rest]
                if item[rest:]:
                    self._queue.appendleft(item[rest:])
        self._tell([*marks, *self._passed()])
        return bytes(taken).ljust(size, b"\0")

    def _passed(self) -> list[int]:
        """Marks that nothing stands before any more."""
        marks: list[int] = []
        with self._lock:
            while self._queue and isinstance(self._queue[0], int):
                marks.append(int(self._queue.popleft()))  # type: ignore[arg-type]
        return marks

    def _tell(self, marks: list[int]) -> None:
        for mark in marks:
            self._heard(mark)
