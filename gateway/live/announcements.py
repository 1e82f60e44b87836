"""Which events a change of a hand-off makes, and to whom they go."""

from crm.domain import HandoffView
from gateway.live.bus import BOARD, QUEUE, Bus, of_conversation, of_staff


class Announcements:
    """Tells the customer's side, the queue, the board and the employee concerned that a hand-off changed."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def changed(self, view: HandoffView) -> None:
        """Tell everybody whom the change concerns; what exactly it is they read from the store."""
        told = {"handoff": view.id, "state": str(view.state)}
        await self._bus.publish(of_conversation(view.conversation_id), {"kind": "handoff", **told})
        await self._bus.publish(QUEUE, {"kind": "changed", "employee": view.employee_id, **told})
        await self._bus.publish(BOARD, {"kind": "changed", **told})
        if view.offered_to is not None:
            await self.staff(view.offered_to, "offered", view)

    async def staff(self, employee_id: int, kind: str, view: HandoffView) -> None:
        """Tell one employee something about a hand-off: `offered`, `transferred`, `taken_over`."""
        await self._bus.publish(
            of_staff(employee_id), {"kind": kind, "handoff": view.id, "conversation": view.conversation_id}
        )

    async def noted(self, conversation_id: str) -> None:
        """Tell whoever watches the conversation at the desk that there is a new private note."""
        await self._bus.publish(of_conversation(conversation_id), {"kind": "note"})
