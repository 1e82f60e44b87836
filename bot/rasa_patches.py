"""Changes to Rasa 3.6.21 at run time, each with its reason. Applied once, by whatever of ours Rasa loads first.

The importer alone applies the one that training needs, `bot.nlu.repeats`.
"""

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

import jsonschema
import rasa.core.test
from rasa.core.actions.action import Action, ActionExecutionRejection, RemoteAction
from rasa.core.agent import Agent
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker

from bot.action_endpoint import ActionEndpoint, call_format
from bot.settings import Settings
from bot.turn import current_turn

_applied = False


def apply() -> None:
    """Applies all patches; later calls do nothing."""
    global _applied
    if _applied:
        return
    _applied = True
    _keep_store_unwrapped()
    _load_models_with_ours()
    _build_action_validator_once()
    _send_actions_what_they_read()
    _notice_failed_actions()
    _find_event_types_once()
    _copy_trackers_without_replay()
    _let_story_tests_see_what_policies_set()


def _keep_store_unwrapped() -> None:
    """A store that fails closed must not be wrapped.

    `FailSafeTrackerStore` answers an error of `retrieve` with "no such conversation", after which the turn starts
    from nothing and a claim half told is gone, and an error of `save` with a store in memory.
    """
    original = Agent._create_tracker_store

    def create(store: TrackerStore | None, domain: Domain) -> TrackerStore:
        if isinstance(store, _our_store()):
            store.domain = domain
            return store
        return original(store, domain)

    Agent._create_tracker_store = staticmethod(create)


def _our_store() -> type[TrackerStore]:
    from bot.tracker_store.store import SealedTrackerStore  # which imports this module

    return SealedTrackerStore


def _load_models_with_ours() -> None:
    """Two parts of ours that Rasa's endpoint file has no place for.

    Rasa makes the response generator before it loads the model, and tells only its own class of the domain
    afterwards. The action endpoint is always Rasa's own, see `ActionEndpoint` for what is wrong with it.
    """
    original = Agent.load_model

    def load_model(self: Agent, *args: Any, **kwargs: Any) -> None:
        if isinstance(self.tracker_store, _our_store()) and self.action_endpoint is not None:
            self.action_endpoint = ActionEndpoint(self.action_endpoint.url, Settings.from_env().action_timeout)
        original(self, *args, **kwargs)
        generator = type(self.nlg)
        if generator.__module__.startswith("bot.nlg") and self.processor is not None:
            self.nlg = self.processor.nlg = generator(domain=self.domain)

    Agent.load_model = load_model


def _build_action_validator_once() -> None:
    """Rasa lets jsonschema check its own constant schema on every action response: half of a turn's time."""
    schema = RemoteAction.action_response_format_spec()
    validator_class = jsonschema.validators.validator_for(schema)
    validator_class.check_schema(schema)
    validator = validator_class(schema)

    def validate(_self: RemoteAction, result: dict[str, Any]) -> bool:
        validator.validate(result)
        return True

    RemoteAction._validate_action_result = validate


def _send_actions_what_they_read() -> None:
    """Rasa sends every action the whole domain and every event."""
    original = RemoteAction._action_call_format

    def call(self: RemoteAction, tracker: DialogueStateTracker, domain: Domain) -> dict[str, Any]:
        if isinstance(self.action_endpoint, ActionEndpoint):
            return call_format(self, tracker, domain)
        return original(self, tracker, domain)

    RemoteAction._action_call_format = call


def _notice_failed_actions() -> None:
    """Rasa logs an action that could not be run and goes on; the turn has to know, see `Turn.failed`."""
    original = MessageProcessor._run_action

    async def run_action(self: MessageProcessor, action: Action, *args: Any, **kwargs: Any) -> bool:
        # Rasa makes a new action object for every prediction: this one is run once.
        action.run = _noticing(action.run)
        return await original(self, action, *args, **kwargs)

    MessageProcessor._run_action = run_action


def _noticing(run: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def noticing(*args: Any, **kwargs: Any) -> Any:
        try:
            return await run(*args, **kwargs)
        except ActionExecutionRejection:
            raise
        except Exception:
            turn = current_turn.get()
            if turn is not None:
                turn.broken = True
            raise

    return noticing


def _find_event_types_once() -> None:
    """Rasa walks through all subclasses of Event for every event it restores: a quarter of a turn's time."""
    original = Event.resolve_by_type
    known: dict[str, type[Event]] = {}

    def resolve(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
        if type_name not in known:
            found = original(type_name, default)
            if found is None or found.type_name != type_name:
                return found
            known[type_name] = found
        return known[type_name]

    Event.resolve_by_type = staticmethod(resolve)


def _copy_trackers_without_replay() -> None:
    """Rasa copies the tracker for every action it runs, and copies by replaying all events.

    The state is a result of the events, so copying both arrives at the same tracker.
    """

    def copy_tracker(self: DialogueStateTracker) -> DialogueStateTracker:
        duplicate = self.init_copy()
        for name, slot in duplicate.slots.items():
            slot.__dict__.update(self.slots[name].__dict__)
        duplicate.events.extend(self.events)
        duplicate._paused = self._paused
        duplicate.followup_action = self.followup_action
        duplicate.latest_action = self.latest_action
        duplicate.latest_message = self.latest_message
        duplicate.latest_bot_utterance = self.latest_bot_utterance
        duplicate.active_loop = dataclasses.replace(self.active_loop) if self.active_loop else None
        return duplicate

    DialogueStateTracker.copy = copy_tracker


def _let_story_tests_see_what_policies_set() -> None:
    """`rasa test core` drops the events that come with a prediction, though a conversation keeps them.

    With them a test story tells what the customer and the actions do; what the dialogue notes for itself (answers,
    the open question, what is paused) follows from that, and a story that had to state it would prove nothing.
    """
    original = rasa.core.test._run_action_prediction

    async def run(processor: Any, tracker: DialogueStateTracker, expected: str) -> Any:
        predicted, prediction, entities = await original(processor, tracker, expected)
        if predicted == expected:
            tracker.update_with_events(prediction.events, processor.domain)
        return predicted, prediction, entities

    rasa.core.test._run_action_prediction = run
