"""How many streams of events each member of staff has open."""

from collections import Counter
from collections.abc import AsyncIterator

MOST = 24  # of one account; a page has one, a browser keeps few connections to one place


class Streams:
    """Counts streams while they run; who opens more than anybody looks at gets no further one."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._open: Counter[int] = Counter()

    def has_room(self, account_id: int) -> bool:
        """Whether an account may open another one."""
        return self._open[account_id] < self._most

    async def counted(self, account_id: int, lines: AsyncIterator[str]) -> AsyncIterator[str]:
        """The lines of a stream, which counts from the first to the last of them."""
        self._open[account_id] += 1
        try:
            async for line in lines:
                yield line
        finally:
            self._open[account_id] -= 1
            if not self._open[account_id]:
                del self._open[account_id]
