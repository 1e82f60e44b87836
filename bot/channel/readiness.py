"""Whether this process may answer customers."""

from typing import Any

from rasa.core.nlg import NaturalLanguageGenerator
from sanic import Sanic

from bot.tracker_store import SealedTrackerStore


def why_not_ready(app: Sanic) -> str:
    """Why no turn may be run, or an empty text.

    Rasa replaces a store that it cannot load by one in memory, with no more than a warning; conversations would be
    lost at the next restart and kept unsealed until then.
    """
    agent: Any = getattr(app.ctx, "agent", None)
    if agent is None or agent.processor is None:
        return "No model is loaded: train one with `rasa train --out models/rasa`."
    if not isinstance(agent.tracker_store, SealedTrackerStore):
        return "The tracker store is not bot.tracker_store.SealedTrackerStore: check endpoints.yml."
    if not _is_ours(agent.nlg):
        return "The response generator is not bot.nlg.LocalisedResponses: check endpoints.yml."
    return ""


def _is_ours(nlg: NaturalLanguageGenerator) -> bool:
    return type(nlg).__module__.startswith("bot.nlg")
