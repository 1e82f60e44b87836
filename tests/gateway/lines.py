"""A bus between the gateways of a test."""

from gateway.live.bus import Event
from gateway.live.local import LocalBus


class Line(LocalBus):
    """A bus to the other gateways of the test, which can be cut: what is said meanwhile is lost."""

    def __init__(self, ends: "list[Line]") -> None:
        super().__init__()
        self._ends = ends
        self.cut = False
        ends.append(self)

    async def publish(self, topic, event, *, hint=None) -> None:
        await super().publish(topic, event, hint=hint)
        for end in self._ends:
            if end is not self and not self.cut and not end.cut:
                end.hand_out(Event(topic, {**event, "from": self.id}))

    def mend(self) -> None:
        self.cut = False
        self.resync()
