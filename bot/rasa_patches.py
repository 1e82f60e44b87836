"""Changes to Rasa 3.6.21 at run time, each with its reason. Applied once, by whatever of ours Rasa loads first."""

from collections.abc import Awaitable, Callable
from typing import Any

import jsonschema
from rasa.core.actions.action import Action, ActionExecutionRejection, RemoteAction
from rasa.core.agent import Agent
from rasa.core.processor import MessageProcessor
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain

from bot.turn import current_turn

_applied = False


def apply() -> None:
    """Applies all patches; later calls do nothing."""
    global _applied
    if _applied:
        return
    _applied = True
    _keep_store_unwrapped()
    _give_generator_the_domain()
    _build_action_validator_once()
    _notice_failed_actions()


def _keep_store_unwrapped() -> None:
    """A store that fails closed must not be wrapped.

    `FailSafeTrackerStore` answers an error of `retrieve` with "no such conversation", after which the turn starts
    from nothing and a claim half told is gone, and an error of `save` with a store in memory.
    """
    original = Agent._create_tracker_store

    def create(store: TrackerStore | None, domain: Domain) -> TrackerStore:
        from bot.tracker_store.store import SealedTrackerStore

        if isinstance(store, SealedTrackerStore):
            store.domain = domain
            return store
        return original(store, domain)

    Agent._create_tracker_store = staticmethod(create)


def _give_generator_the_domain() -> None:
    """Rasa makes the generator before it loads the model, and tells only its own class of the domain afterwards."""
    original = Agent.load_model

    def load_model(self: Agent, *args: Any, **kwargs: Any) -> None:
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
