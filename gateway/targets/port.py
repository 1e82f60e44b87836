"""The port to wherever people answer customers: our own desk, or another product that an insurer has already.

Routing, owners and records of hand-offs are in the store whoever answers. A target is told what happens and carries
it to where the people are; what they say there comes back through `gateway.takeover.Takeover`, as at the desk.
"""

from typing import Protocol

from crm.domain import HandoffView


class HandoffTarget(Protocol):
    """Where conversations go whose customers want a person. May be told the same twice, by two gateways."""

    async def start(self) -> None:
        """Begin to carry: connect, subscribe."""

    async def close(self) -> None:
        """End it."""

    async def changed(self, handoff: HandoffView) -> None:
        """A hand-off began, was queued, or ended. Must return at once and never fail."""
