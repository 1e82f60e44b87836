"""Our own desk as a target: its pages read the store and listen to the bus, so there is nothing to carry."""

from crm.domain import HandoffView


class DeskTarget:
    """The default `HandoffTarget`."""

    async def start(self) -> None:
        """Nothing to connect to."""

    async def close(self) -> None:
        """Nothing to end."""

    async def changed(self, handoff: HandoffView) -> None:
        """The queue's pages have heard of it."""
