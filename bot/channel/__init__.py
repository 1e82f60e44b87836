"""The private channel between the gateway and Rasa."""

from bot.channel.channel import CarelineChannel

__all__ = ["CarelineChannel"]
