"""What the rules in `data/rules` say about single intents: intent, then actions.

The dialogue follows these inside a form too, which plain rules cannot: so a rule for a new intent is at once
something a customer may say in the middle of a claim. Rules with conditions are left to Rasa.
"""

from collections.abc import Iterable

from rasa.shared.core.constants import ACTION_LISTEN_NAME, RULE_SNIPPET_ACTION_NAME
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker


def read_routes(trackers: Iterable[DialogueStateTracker]) -> dict[str, tuple[str, ...]]:
    """The actions by intent, from the trackers of the rules."""
    routes: dict[str, tuple[str, ...]] = {}
    for tracker in trackers:
        route = _route(list(tracker.events)) if tracker.is_rule_tracker else None
        if route:
            routes[route[0]] = route[1]
    return routes


def read_intents(trackers: Iterable[DialogueStateTracker]) -> set[str]:
    """Every intent that a rule speaks of, with or without conditions."""
    events = [event for tracker in trackers if tracker.is_rule_tracker for event in tracker.events]
    return {event.intent_name for event in events if isinstance(event, UserUttered) and event.intent_name}


def _route(events: list[Event]) -> tuple[str, tuple[str, ...]] | None:
    heard = [i for i, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(heard) != 1 or any(isinstance(e, SlotSet | ActiveLoop) for e in events[: heard[0]]):
        return None
    intent = events[heard[0]].intent_name
    actions = [e.action_name for e in events[heard[0] :] if isinstance(e, ActionExecuted)]
    own = tuple(a for a in actions if a and a not in (ACTION_LISTEN_NAME, RULE_SNIPPET_ACTION_NAME))
    return (intent, own) if intent and own else None
