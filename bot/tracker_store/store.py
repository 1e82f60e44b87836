"""The tracker store that Rasa is configured with."""

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot import rasa_patches
from bot.reading import reading
from bot.settings import Settings
from bot.tracker_store.errors import UnreadableConversation
from bot.tracker_store.rotation import Place
from bot.tracker_store.rows import NewTurn, Renewed, Rows, StoredWindow
from bot.tracker_store.window import WindowedTracker
from bot.turn import LANGUAGE, current_turn
from vault import Vault

T = TypeVar("T")


class SealedTrackerStore(TrackerStore):
    """Keeps conversations sealed, restores only what a turn needs, and stops the turn on any doubt.

    Rasa wraps a store so that an error becomes a conversation in memory that starts from nothing; `rasa_patches`
    keeps this class out of that wrapper.
    """

    def __init__(
        self,
        domain: Domain | None = None,
        host: str | None = None,
        event_broker: EventBroker | None = None,
        vault: Vault | None = None,
        **kwargs: Any,
    ) -> None:
        """Opens nothing yet.

        Args:
            domain: the assistant's domain, set again when a model is loaded.
            host: database URL; the one of the settings when absent.
            event_broker: receives each stored event.
            vault: keys to seal with; those of the settings when absent.
            kwargs: options of the endpoint file that this store does not have.
        """
        super().__init__(domain, event_broker, **kwargs)
        rasa_patches.apply()
        settings = Settings.from_env()
        self._rows = Rows(host or settings.tracker_url, vault or Vault.load(settings.key_file))
        self._workers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="tracker-store")

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The newest window of a conversation; None when it has no events.

        Raises:
            UnreadableConversation: a row does not open; the turn must not go on from an empty conversation.
            TrackerStoreUnavailable: the database does not answer.
        """
        return self._restore(sender_id, await self._work(self._rows.read, sender_id))

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """All events of a conversation; otherwise like `retrieve`."""
        return self._restore(conversation_id, await self._work(self._rows.read, conversation_id, True))

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Appends the events that are not stored yet, in one transaction.

        A turn that failed (see `Turn.failed`) is not stored, so that its message can be tried again.

        Raises:
            ConcurrentTurn: another process changed the conversation since it was retrieved.
            TrackerStoreUnavailable: the database does not answer; nothing was stored.
        """
        if not isinstance(tracker, WindowedTracker):
            raise TypeError("Only trackers that came from this store can be saved in it.")
        new = tracker.new_events()
        if not new:  # Rasa saves a conversation that it has only just made up
            return
        turn = current_turn.get()
        if turn is not None and turn.conversation_id != tracker.sender_id:
            turn = None
        if turn is not None:
            turn.may_be_silent |= tracker.is_paused()
            turn.language = tracker.current_slot_values().get(LANGUAGE)
            turn.broken |= tracker.latest_action_name != ACTION_LISTEN_NAME and not tracker.is_paused()
        if turn is not None and turn.failed:
            return
        events = [event.as_dict() for event in new]
        if turn is not None:
            turn.reading = reading(events)
        moved = tracker.moved_window()
        stored = NewTurn(
            conversation_id=tracker.sender_id,
            first_new_seq=tracker.next_seq,
            events=events,
            message_id=turn.message_id if turn is not None else None,
            snapshot=None if moved is None else (moved[0], [event.as_dict() for event in moved[1]]),
        )
        await self._work(self._rows.write, stored)
        tracker.stored = len(tracker.events)
        if self.event_broker is not None:
            await self._stream_new_events(self.event_broker, new, tracker.sender_id)

    def init_tracker(self, sender_id: str) -> DialogueStateTracker:
        """An empty tracker that this store can save."""
        return WindowedTracker(sender_id, self.domain.slots, max_event_history=self.max_event_history)

    async def keys(self) -> Iterable[str]:
        """Ids of all stored conversations."""
        return await self._work(self._rows.conversations)

    async def answered(self, conversation_id: str, message_id: str) -> list[dict[str, Any]] | None:
        """What the bot said to a stored message, as Rasa's message dictionaries; None when it is not stored.

        The turn in hand, which is this message's again, gets the reading of the stored one.
        """
        found = await self._work(self._rows.turn_events, conversation_id, message_id)
        if found is None:
            return None
        turn = current_turn.get()
        if turn is not None and turn.message_id == message_id:
            turn.reading = reading(found)
        events = [_event(data) for data in found]
        return [event.message() for event in events if isinstance(event, BotUttered)]

    async def offered(self, conversation_id: str) -> set[str]:
        """Payloads of the buttons shown since the customer's last message."""
        tracker = await self.retrieve(conversation_id)
        payloads: set[str] = set()
        for event in reversed(tracker.events if tracker is not None else []):
            if isinstance(event, UserUttered):
                break
            if isinstance(event, BotUttered):
                payloads.update(button.get("payload", "") for button in event.data.get("buttons") or [])
        return payloads

    async def forget(self, conversation_id: str) -> int:
        """Deletes everything stored of a conversation; returns how many events that were."""
        return await self._work(self._rows.forget, conversation_id)

    async def scrub(self) -> bool:
        """Overwrites what deleted rows left in the files; False when a reader keeps the write-ahead log."""
        return await self._work(self._rows.scrub)

    async def renew(self, limit: int, after: Place) -> Renewed:
        """Brings the next rows, at most `limit`, under the active data key.

        Raises:
            UnreadableConversation: a row does not open; it has to go before the old key can.
        """
        return await self._work(self._rows.renew, limit, after)

    async def ping(self) -> None:
        """Raises `TrackerStoreUnavailable` unless the database answers."""
        await self._work(self._rows.ping)

    def close(self) -> None:
        """Ends the worker threads and database connections."""
        self._workers.shutdown(wait=True)
        self._rows.close()

    async def _work(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._workers, work, *args)

    def _restore(self, sender_id: str, window: StoredWindow | None) -> DialogueStateTracker | None:
        if window is None:
            return None
        tracker = WindowedTracker(sender_id, self.domain.slots, max_event_history=self.max_event_history)
        tracker.begin(window.first_seq, [_event(e) for e in window.prefix], [_event(e) for e in window.events])
        return tracker


def _event(data: dict[str, Any]) -> Event:
    event = Event.from_parameters(data)
    if event is None:  # Rasa itself would leave the event out, with a line in the log
        raise UnreadableConversation(f"An event of the unknown type {data.get('event')!r} is stored.")
    return event
