"""The part of a conversation that a turn needs: a few events that recreate the state so far, then the newest ones.

Everything in Rasa that copies a tracker or looks back replays its events, also where a form's validation builds a
tracker of its own. So the state before the window is kept as events too: whatever replays them arrives at the
same slots, active form and latest message as a replay of the whole conversation.
"""

import itertools
from collections.abc import Iterable
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    ConversationPaused,
    Event,
    FollowupAction,
    LoopInterrupted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.slots import Slot
from rasa.shared.core.trackers import DialogueStateTracker

WINDOW = 60  # events that a turn can look back on
SLACK = 16  # the window moves when it has grown by this much, so that most turns write no snapshot


class WindowedTracker(DialogueStateTracker):
    """A tracker that knows which of its events are stored.

    Attributes:
        first_seq: sequence number of the first event after the prefix.
        prefix_length: how many leading events only recreate earlier state and are not part of the conversation.
        stored: how many events, the prefix included, are stored already.
    """

    def __init__(self, sender_id: str, slots: Iterable[Slot] | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(sender_id, slots, *args, **kwargs)
        self.first_seq = 0
        self.prefix_length = 0
        self.stored = 0

    def begin(self, first_seq: int, prefix: list[Event], events: list[Event]) -> None:
        """Restores the tracker from what is stored."""
        for event in itertools.chain(prefix, events):
            self.update(event)
        self.first_seq = first_seq
        self.prefix_length = len(prefix)
        self.stored = len(self.events)

    @property
    def next_seq(self) -> int:
        """Sequence number of the first event that is not stored yet."""
        return self.first_seq + self.stored - self.prefix_length

    def new_events(self) -> list[Event]:
        """The events that are not stored yet."""
        return list(itertools.islice(self.events, self.stored, None))

    def moved_window(self) -> tuple[int, list[Event]] | None:
        """Where the window should begin from the next turn on, with its prefix; None while it may stay."""
        length = len(self.events) - self.prefix_length
        if length <= WINDOW + SLACK:
            return None
        everything = list(self.events)
        cut = _cut(self, everything)
        if cut is None:
            return None
        before = DialogueStateTracker.from_events(self.sender_id, everything[:cut], self.slots.values())
        return self.first_seq + cut - self.prefix_length, prefix_of(before, everything[cut].timestamp)


def _cut(tracker: WindowedTracker, everything: list[Event]) -> int | None:
    """The newest index that leaves `WINDOW` events, begins a customer's turn, and that no later event reaches behind.

    An event that undoes others (a reverted utterance, a form that ran again) must stay together with what it undoes.
    """
    applied = tracker.applied_events()
    kept = {id(event) for event in applied}
    for index in range(len(everything) - WINDOW, tracker.prefix_length, -1):
        if not _begins_turn(everything, index):
            continue
        before = DialogueStateTracker(tracker.sender_id, None)
        before.events.extend(everything[:index])
        if all(id(event) in kept for event in before.applied_events()):
            return index
    return None


def _begins_turn(events: list[Event], index: int) -> bool:
    listen, message = events[index], events[index + 1]
    return (
        isinstance(listen, ActionExecuted)
        and listen.action_name == ACTION_LISTEN_NAME
        and isinstance(message, UserUttered)
    )


def prefix_of(tracker: DialogueStateTracker, timestamp: float) -> list[Event]:
    """Events that bring an empty tracker into the state of this one.

    Args:
        tracker: the state to recreate.
        timestamp: Unix time given to every event, not later than the first event that follows.
    """
    events: list[Event] = []
    if tracker.latest_message is not None and tracker.latest_message.text:
        events += [ActionExecuted(ACTION_LISTEN_NAME), tracker.latest_message]
    events += _loop_events(tracker)
    events += [SlotSet(slot.name, slot.value) for slot in tracker.slots.values() if slot.has_been_set]
    if tracker.latest_bot_utterance is not None and tracker.latest_bot_utterance.text is not None:
        events.append(tracker.latest_bot_utterance)
    if tracker.latest_action_name and tracker.latest_action_name != _last_action(events):
        events.append(ActionExecuted(tracker.latest_action_name))
    if tracker.is_active_loop_interrupted:
        events.append(LoopInterrupted(True))
    if tracker.is_active_loop_rejected:
        events.append(ActionExecutionRejected(tracker.active_loop_name))
    if tracker.is_paused():
        events.append(ConversationPaused())
    if tracker.followup_action and tracker.followup_action != ACTION_LISTEN_NAME:
        events.append(FollowupAction(tracker.followup_action))
    return [_at(event, timestamp) for event in events]


def _loop_events(tracker: DialogueStateTracker) -> list[Event]:
    if not tracker.active_loop_name:
        return []
    # The form has run before: Rasa folds its later runs into this one when it looks back.
    return [ActionExecuted(tracker.active_loop_name), ActiveLoop(tracker.active_loop_name)]


def _last_action(events: list[Event]) -> str | None:
    names = [event.action_name for event in events if isinstance(event, ActionExecuted)]
    return names[-1] if names else None


def _at(event: Event, timestamp: float) -> Event:
    data = event.as_dict()
    data["timestamp"] = timestamp
    restored = Event.from_parameters(data)
    if restored is None:
        raise TypeError(f"An event of type {event.type_name} cannot be restored.")
    return restored
