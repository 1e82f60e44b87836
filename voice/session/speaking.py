"""What is said, what is still to be said, and what was interrupted."""

from collections import deque
from dataclasses import dataclass, replace
from enum import Enum, auto

from voice.ports import Expectation, Who


class Then(Enum):
    """What happens when a prompt was heard: nothing is done before it was announced."""

    END = auto()
    CONNECT = auto()
    FETCH = auto()


@dataclass(frozen=True, slots=True)
class Prompt:
    """One thing to say.

    Attributes:
        number: its name.
        interruptible: whether speech and keys stop it.
        turn: the turn of the assistant it answers; 0 for our own words and for what nobody asked for.
        passing: said once and never repeated: help, words of holding on.
        then, why: what happens afterwards; `why` is the end's.
        expectation: of the question in it, kept to ask it again.
    """

    number: int
    text: str
    language: str
    who: Who = Who.SYSTEM
    interruptible: bool = True
    turn: int = 0
    passing: bool = False
    then: Then | None = None
    why: str = ""
    expectation: Expectation | None = None


class Speaker:
    """The order of what is said. One prompt at a time is `playing`; `sounding` once the caller hears it."""

    def __init__(self) -> None:
        self.playing: Prompt | None = None
        self.sounding = False
        self.speed = 1.0
        self.interrupted: list[Prompt] = []
        self.resumed = False
        self._queue: deque[Prompt] = deque()
        self._batch: list[Prompt] = []
        self._muted = 0
        self._count = 0

    def __bool__(self) -> bool:
        """Whether anything is being said or will be."""
        return self.playing is not None or bool(self._queue)

    @property
    def waiting(self) -> bool:
        """Whether something stands in the queue."""
        return bool(self._queue)

    @property
    def must_be_heard_next(self) -> bool:
        """Whether what is said next may not be interrupted."""
        return bool(self._queue) and not self._queue[0].interruptible

    def number(self) -> int:
        """A fresh name for a prompt."""
        self._count += 1
        return self._count

    def add(self, prompt: Prompt) -> None:
        """Say it after everything else; a turn that was interrupted for good says only what must be heard."""
        if prompt.turn and prompt.turn == self._muted and prompt.interruptible:
            return
        if self.interrupted and prompt.interruptible and prompt.turn and prompt.turn == self.interrupted[-1].turn:
            self.interrupted.append(prompt)
        else:
            # What something is announced with comes last: nothing is done before all was said.
            last = next((at for at, queued in enumerate(self._queue) if queued.then), len(self._queue))
            self._queue.insert(len(self._queue) if prompt.then else last, prompt)

    def add_first(self, prompt: Prompt) -> None:
        """Say it before everything that was not begun."""
        self._queue.appendleft(prompt)

    def begin(self) -> Prompt | None:
        """Take the next one, if nothing is being said."""
        if self.playing is not None or not self._queue:
            return None
        self.playing = self._queue.popleft()
        self.sounding = False
        if not self.playing.passing:
            self._batch.append(self.playing)
        return self.playing

    def ended(self, number: int) -> Prompt | None:
        """The prompt of that number was heard or has failed; None if it is not the one that is being said."""
        if self.playing is None or self.playing.number != number:
            return None
        ended, self.playing, self.sounding = self.playing, None, False
        return ended

    def interrupt(self) -> None:
        """Stop; what was being said and what can be left out of the queue may be resumed."""
        if self.playing is not None:
            self.interrupted.append(self.playing)
            self.playing, self.sounding = None, False
        # What must be heard comes in its place, whatever the caller says.
        self.interrupted.extend(prompt for prompt in self._queue if prompt.interruptible)
        self._queue = deque(prompt for prompt in self._queue if not prompt.interruptible)

    def resume(self) -> bool:
        """Say once more what was interrupted by mistake; False if there is nothing, or it was done before."""
        again, self.interrupted = self.interrupted, []
        if not again or self.resumed:
            return False
        self.resumed = True
        self._batch = [prompt for prompt in self._batch if prompt not in again]
        self._queue.extendleft(reversed([replace(prompt, number=self.number()) for prompt in again]))
        return True

    def forget_interrupted(self, *, mute: bool) -> None:
        """The caller interrupted for good; `mute`: the rest of that turn is not said either, when it comes."""
        if self.interrupted and mute:
            self._muted = self.interrupted[-1].turn
        self.interrupted = []

    def new_batch(self) -> None:
        """What is said from now on is what "repeat" means; our own words still in the queue are out of date."""
        self._batch = []
        self.resumed = False
        self.drop_own()

    def drop_own(self) -> None:
        """Leave out our own words that were not begun and that are no duty."""
        self._queue = deque(p for p in self._queue if p.turn or not p.interruptible or p.then)

    @property
    def may_be_taken_back(self) -> bool:
        """Whether something is to be said, all of it our own, and nothing of it was heard or has to be."""
        whole = [*([self.playing] if self.playing else []), *self._queue]
        own = all(p.interruptible and not p.turn and not p.then for p in whole)
        return bool(whole) and own and not self.sounding

    def take_back(self) -> None:
        """Leave out our own words, also those that are on their way to being heard."""
        self._batch = [prompt for prompt in self._batch if prompt is not self.playing]
        self.playing = None
        self.drop_own()

    def drop_all(self) -> None:
        """Leave out everything that was not begun."""
        self._queue.clear()
        self.interrupted = []

    def drop_then(self, then: Then) -> None:
        """Leave out the announcements of something that will not happen."""
        self._queue = deque(p for p in self._queue if p.then is not then)
        if self.playing is not None and self.playing.then is then:
            self.playing = replace(self.playing, then=None)

    def repeat(self) -> bool:
        """Say again what was said since the caller's last words, the interrupted rest too; False if it was nothing."""
        rest = [prompt for prompt in self.interrupted if prompt not in self._batch and not prompt.passing]
        again = [replace(prompt, number=self.number()) for prompt in (*self._batch, *rest)]
        self._batch, self.interrupted = [], []
        self._queue.extendleft(reversed(again))
        return bool(again)
