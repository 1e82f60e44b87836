"""What a call waits for, and until when: data, so that a simulated clock is as good as a real one."""

from enum import StrEnum


class Due(StrEnum):
    """What can become due."""

    CALL = "call"  # the longest a call may take
    PROMPT = "prompt"  # the longest a prompt may take
    UTTERANCE = "utterance"  # the longest the caller may speak at a stretch
    BARGE_IN = "barge_in"  # speech that lasted to here interrupts
    SPECULATE = "speculate"  # silence enough to ask what was said
    COMMIT = "commit"  # silence enough to act on it
    KEYS = "keys"  # no more keys come
    NO_INPUT = "no_input"  # the caller says nothing to a question
    HOLD = "hold"  # the answer takes long: say so
    ANSWER = "answer"  # no answer comes any more
    WAITING = "waiting"  # words for somebody in the queue for a person
    TRANSFER = "transfer"  # the telephone system takes too long


class Deadlines:
    """One time a purpose, in seconds of the caller's clock."""

    def __init__(self) -> None:
        self._at: dict[Due, float] = {}

    def __contains__(self, due: object) -> bool:
        return due in self._at

    def __len__(self) -> int:
        return len(self._at)

    def set(self, due: Due, at: float) -> None:
        """Set it, or move it."""
        self._at[due] = at

    def cancel(self, *dues: Due) -> None:
        """Forget them; those that are not set are fine."""
        for due in dues:
            self._at.pop(due, None)

    def clear(self) -> None:
        """Forget all."""
        self._at.clear()

    @property
    def next(self) -> float | None:
        """When the first one is due."""
        return min(self._at.values(), default=None)

    def take(self, now: float) -> Due | None:
        """The earliest of those that are due by `now`, which is then no more set."""
        if not self._at:
            return None
        due = min(self._at, key=self._at.__getitem__)
        if self._at[due] > now:
            return None
        del self._at[due]
        return due
