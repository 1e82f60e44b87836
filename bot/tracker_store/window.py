"""The part of a conversation that a turn needs: a few events that recreate the state so far, then the newest ones.

Everything in Rasa that copies a tracker or looks back replays its events, also where a form's validation builds a
tracker of its own. So the state before the window is kept as events too: whatever replays them arrives at the
same slots, active form and latest message as a replay of the whole conversation.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain, State
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
        self._settled: _Settled | None = None

    def begin(self, first_seq: int, prefix: list[Event], events: list[Event]) -> None:
        """Restores the tracker from what is stored."""
        for event in itertools.chain(prefix, events):
            self.update(event)
        self.first_seq = first_seq
        self.prefix_length = len(prefix)
        self.stored = len(self.events)

    def past_states(
        self,
        domain: Domain,
        omit_unset_slots: bool = False,
        ignore_rule_only_turns: bool = False,
        rule_only_data: dict[str, Any] | None = None,
    ) -> list[State]:
        """As Rasa's own, but what came before the customer's message is worked out once in a turn.

        A rule policy asks twice for every action, each time for the states of the whole history. Only the latest
        message is still changed in place by policies, so what lies before it stays.
        """
        if omit_unset_slots or ignore_rule_only_turns:
            return super().past_states(domain, omit_unset_slots, ignore_rule_only_turns, rule_only_data)
        applied = self.applied_events()
        heard = [index for index, event in enumerate(applied) if isinstance(event, UserUttered)]
        before, since = (applied[: heard[-1]], applied[heard[-1] :]) if heard else ([], applied)
        if self._settled is None or not self._settled.holds(domain, before):
            follower = self.init_copy()
            self._settled = _Settled(domain, before, _follow(follower, before, domain), follower)
        follower = self._settled.follower.copy()
        states = [_copied(state) for state in self._settled.states] + _follow(follower, since, domain)
        return [*states, _state_of(follower, domain)]

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


@dataclass(frozen=True)
class _Settled:
    """States of the past that no longer change, and a tracker that has followed events up to their end."""

    domain: Domain
    events: list[Event]
    states: list[State]
    follower: DialogueStateTracker

    def holds(self, domain: Domain, events: list[Event]) -> bool:
        """Whether these are the states of `events`."""
        return (
            domain is self.domain
            and len(events) == len(self.events)
            and all(one is other for one, other in zip(events, self.events, strict=True))
        )


def _follow(tracker: DialogueStateTracker, events: list[Event], domain: Domain) -> list[State]:
    """Updates the tracker with the events; the states before each action."""
    states = []
    for event in events:
        if isinstance(event, ActionExecuted):
            states.append(_state_of(tracker, domain))
        tracker.update(event)
    return states


def _state_of(tracker: DialogueStateTracker, domain: Domain) -> State:
    return domain._clean_state(domain.get_active_state(tracker))


def _copied(state: State) -> State:
    return {name: dict(value) if isinstance(value, dict) else value for name, value in state.items()}


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
    opening = _opening_of_loop(tracker)
    events: list[Event] = _heard(opening) + _loop_events(tracker)
    if tracker.latest_message is not opening:
        events += _heard(tracker.latest_message)
    events += [SlotSet(slot.name, slot.value) for slot in tracker.slots.values() if slot.has_been_set]
    if tracker.latest_bot_utterance is not None and tracker.latest_bot_utterance.text is not None:
        events.append(tracker.latest_bot_utterance)
    if tracker.latest_action_name and tracker.latest_action_name != _last_action(events):
        events.append(ActionExecuted(tracker.latest_action_name))
        if not tracker.active_loop_name:
            events.append(ActiveLoop(None))  # that action may have closed a form: its next run is then a first one
    if tracker.is_active_loop_interrupted:
        events.append(LoopInterrupted(True))
    if tracker.is_active_loop_rejected:
        events.append(ActionExecutionRejected(tracker.active_loop_name))
    if tracker.is_paused():
        events.append(ConversationPaused())
    if tracker.followup_action and tracker.followup_action != ACTION_LISTEN_NAME:
        events.append(FollowupAction(tracker.followup_action))
    return [_at(event, timestamp) for event in events]


def _opening_of_loop(tracker: DialogueStateTracker) -> UserUttered | None:
    """The message on which the active form ran first; what was said since then goes when Rasa folds its runs."""
    has_run = False
    for event in reversed(tracker.applied_events()):
        if isinstance(event, ActionExecuted) and event.action_name == tracker.active_loop_name:
            has_run = True
        elif has_run and isinstance(event, UserUttered):
            return event
    return tracker.latest_message


def _heard(message: UserUttered | None) -> list[Event]:
    return [ActionExecuted(ACTION_LISTEN_NAME), message] if message is not None and message.text else []


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
