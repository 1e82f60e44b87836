"""Running turns: each in a task of its own, followed by any number of listeners."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from rasa.core.channels.channel import OutputChannel

from bot.channel import frames
from bot.channel.frames import Frame
from bot.tracker_store import UnreadableConversation
from bot.turn import Turn, current_turn

logger = logging.getLogger(__name__)


class TurnOutput(OutputChannel):
    """Where Rasa speaks during one turn."""

    def __init__(self, running: "RunningTurn", channel: str) -> None:
        self._running = running
        self._channel = channel

    def name(self) -> str:  # type: ignore[override]  # Rasa asks the instance; each turn may have another channel
        """The channel for which responses are chosen."""
        return self._channel

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """One frame for one bot message; Rasa's own method would take it apart into several."""
        self._running.say(message)


@dataclass
class RunningTurn:
    """A turn's frames so far. Whoever follows sees all of them from the first on."""

    turn: Turn
    frames: list[Frame] = field(default_factory=list)
    finished: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, message: dict[str, Any]) -> None:
        """Adds an utterance, unless the message is empty.

        What Rasa still says after an action could not be run is lost with the turn, which will be tried again: words
        that went out would take the numbers of those that a second try has to say.
        """
        if self.turn.broken:
            return
        frame = frames.utterance(message, self.turn.utterances)
        if frame is not None:
            self.turn.utterances += 1
            self._add(frame)

    def finish(self, frame: Frame) -> None:
        """Adds the last frame."""
        self.finished = True
        self._add(frame)

    async def follow(self, heartbeat: float) -> AsyncIterator[Frame]:
        """All frames as they come; a `working` frame after each `heartbeat` seconds of silence."""
        position = 0
        while True:
            news = self._news
            while position < len(self.frames):
                yield self.frames[position]
                position += 1
            if self.finished and position == len(self.frames):
                return
            if news is not self._news:
                continue
            try:
                await asyncio.wait_for(news.wait(), heartbeat)
            except asyncio.TimeoutError:
                yield frames.WORKING

    def _add(self, frame: Frame) -> None:
        self.frames.append(frame)
        # An event that is set once and replaced wakes every listener exactly once per frame.
        news, self._news = self._news, asyncio.Event()
        news.set()


class Turns:
    """All running turns of this process; one at a time per conversation."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, str], RunningTurn] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._queues: dict[str, tuple[asyncio.Lock, int]] = {}

    def find(self, conversation_id: str, message_id: str) -> "RunningTurn | None":
        """The running turn of a message, if there is one."""
        return self._running.get((conversation_id, message_id))

    def start(self, turn: Turn, work: Callable[[RunningTurn], Awaitable[None]]) -> RunningTurn:
        """Runs `work` in a task that no lost connection can cancel."""
        running = RunningTurn(turn)
        self._running[turn.conversation_id, turn.message_id] = running
        task = asyncio.get_running_loop().create_task(self._run(running, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return running

    async def drain(self, seconds: float) -> None:
        """Waits until running turns have finished, at most `seconds`."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)

    async def _run(self, running: RunningTurn, work: Callable[[RunningTurn], Awaitable[None]]) -> None:
        turn = running.turn
        current_turn.set(turn)
        failure = ""
        try:
            async with self.queue(turn.conversation_id):
                await work(running)
        except UnreadableConversation:
            logger.exception("A stored conversation cannot be read; the turn was stopped.")
            failure = "sealed"
        except Exception:
            logger.exception("A turn failed.")
            failure = "turn_failed"
        finally:
            del self._running[turn.conversation_id, turn.message_id]
            running.finish(_last_frame(turn, failure))

    def queue(self, conversation_id: str) -> "_Place":
        """A place in the queue of a conversation, as an asynchronous context manager."""
        return _Place(self._queues, conversation_id)


def _last_frame(turn: Turn, failure: str) -> Frame:
    if not failure and turn.utterances == 0 and not turn.may_be_silent:
        failure = "no_words"
    elif not failure and turn.broken:
        failure = "turn_failed"
    if failure:
        return frames.error(failure, turn.utterances)
    return frames.end(turn.utterances, turn.language, turn.reading)


class _Place:
    """A place in the queue of one conversation: turns take it in the order they came, and nothing is polled."""

    def __init__(self, queues: dict[str, tuple[asyncio.Lock, int]], conversation_id: str) -> None:
        self._queues, self._id = queues, conversation_id

    async def __aenter__(self) -> None:
        lock, waiting = self._queues.get(self._id) or (asyncio.Lock(), 0)
        self._queues[self._id] = (lock, waiting + 1)
        try:
            await lock.acquire()
        except BaseException:
            self._leave()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._queues[self._id][0].release()
        self._leave()

    def _leave(self) -> None:
        lock, waiting = self._queues[self._id]
        if waiting == 1:
            del self._queues[self._id]
        else:
            self._queues[self._id] = (lock, waiting - 1)
