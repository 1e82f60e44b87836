"""What the assistant says: responses by language and channel, with their values written out."""

from bot.nlg.generator import LocalisedResponses

__all__ = ["LocalisedResponses"]
