"""Who answers a message."""

from enum import Enum

from crm.domain.conversations import Owner


class Route(Enum):
    """Where a message goes once it is stored."""

    BOT = "bot"
    PERSON = "person"


def route(owner: Owner) -> Route:
    """A person who has the conversation answers it; otherwise the bot does, also while nobody has it yet."""
    return Route.PERSON if owner == Owner.PERSON else Route.BOT
