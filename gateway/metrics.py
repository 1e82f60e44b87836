"""What Prometheus may know: counts and times, never who."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_TURN_BUCKETS = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0)
_SOUND_BUCKETS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.5, 2.0, 5.0, 10.0)


class Metrics:
    """The gateway's metrics, in a registry of its own so that several apps can live in one process.

    Labels hold only values from closed lists (channels, senders, outcomes, codes): nothing a customer can choose.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.messages = self._counter("messages", "Messages stored", "channel", "sender")
        self.refusals = self._counter("refusals", "Requests refused", "code")
        self.turns = self._counter("turns", "Turns of the bot", "outcome")
        self.retries = self._counter("turn_retries", "Attempts of a turn that were lost")
        self.handoffs = self._counter("handoffs", "Hand-offs made by the gateway itself")
        self.errors = self._counter("errors", "Unexpected errors", "place")
        self.malformed = self._counter("malformed_packets", "Packets that are not of the protocol")
        self.turn_seconds = Histogram(
            "careline_turn_seconds", "From storing a message to its last answer", registry=self.registry,
            buckets=_TURN_BUCKETS,
        )  # fmt: skip
        self.receive_seconds = Histogram(
            "careline_receive_seconds", "From a message's arrival to its acknowledgement", registry=self.registry
        )
        self.sockets = self._gauge("open_sockets", "Open chat sockets")
        self.waiting = self._gauge("waiting_messages", "Messages stored and not answered yet")
        self.calls = self._counter("calls", "Calls that are over", "transport", "ending")
        self.refused_calls = self._counter("calls_refused", "Calls that were not taken", "transport", "code")
        self.calls_now = self._gauge("calls_now", "Calls that go on")
        self.first_sound = Histogram(
            "careline_call_first_sound_seconds", "From a call, or words that were heard, to the first sound of ours",
            ("after",), registry=self.registry, buckets=_SOUND_BUCKETS,
        )  # fmt: skip
        self.ready = self._gauge("ready", "1 when everything the gateway needs answers")

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"careline_{name}", text, labels, registry=self.registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"careline_{name}", text, registry=self.registry)
