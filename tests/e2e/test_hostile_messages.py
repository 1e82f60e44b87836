"""Two thousand malformed, oversized, hostile or nonsense messages and events against the running system."""

import threading
from collections import Counter

import httpx
import pytest
import socketio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.e2e.chat import Customer
from vault import token_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

MESSAGES_AN_EXAMPLE = 10
EXAMPLES = 200
KNOWN_CODES = {
    "too_long", "too_fast", "bad_message", "no_session", "bad_attachment", "unavailable",
}  # fmt: skip

SPACES = "\u3000\u00a0\u2003\u200b\ufeff\u2060\u180e\u00ad\u200f\u202e\x00\x1f\t\n\r\v\f\u2028 "
COMMANDS = ["restart", "goodbye", "file_claim", "session_start", "back", "affirm", 'inform{"a": "b"}', "SetSlots"]
commands = st.builds(
    lambda before, slash, name, after: before + slash + name + after,
    st.text(SPACES, max_size=4),
    st.sampled_from(["/", "//", "\uff0f", "\u2044", "\u2215", "/ ", "/\u200b"]),
    st.sampled_from(COMMANDS),
    st.sampled_from(["", "{}", '{"x": 1}', "\n/restart", "@0.99", ' {"claim_submitted": true}']),
)
nonsense = st.text(max_size=200)
hostile = st.sampled_from([
    "x" * 2001, "x" * 100_000, "\ud800", "\x00", "💥" * 500, "<script>alert(1)</script>", "'; DROP TABLE customers; --",
    "{{7*7}}", "${jndi:ldap://127.0.0.1/a}", "%s%s%s%n", "\u202eabc", "a\u0301" * 900, "[a](b){\"entity\": \"c\"}",
    "1e309", "9" * 2000, "../../etc/passwd", "\n" * 1500, "ﷺ" * 200, "/" * 2000, "[](", "[[[[", "{" * 1999,
])  # fmt: skip
texts = st.one_of(commands, nonsense, hostile)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)
bodies = st.one_of(
    json_values,
    st.fixed_dictionaries({"message": json_values}, optional={"session_id": json_values, "metadata": json_values}),
    st.fixed_dictionaries(
        {
            "message": texts,
            "metadata": st.fixed_dictionaries(
                {},
                optional={
                    "message_id": json_values,
                    "attachments": json_values,
                },
            ),
        }
    ),
    st.binary(max_size=100),
)
events = st.one_of(
    st.tuples(st.just("text"), texts),
    st.tuples(st.sampled_from(["user_uttered", "session_request"]), bodies),
    st.tuples(st.sampled_from(["connect", "disconnect", "agent_uttered", "bot_uttered", "", "*", "x" * 300]), bodies),
)


@pytest.fixture(scope="module")
def customer(stack):
    customer = Customer(stack)
    yield customer
    customer.close()


@pytest.fixture(scope="module")
def pids(stack):
    return {name: stack.pid(name) for name in stack.names}


def test_nothing_breaks_and_nothing_typed_is_run(stack, customer, pids):
    outcomes: Counter[str] = Counter()

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(events, min_size=MESSAGES_AN_EXAMPLE, max_size=MESSAGES_AN_EXAMPLE))
    def hammer(batch):
        for event, body in batch:
            outcomes[send(stack, customer, event, body)] += 1

    hammer()
    assert sum(outcomes.values()) >= EXAMPLES * MESSAGES_AN_EXAMPLE
    assert outcomes.keys() <= {"ok", "silent", *KNOWN_CODES}, outcomes
    customer.say("hello")
    assert {name: stack.pid(name) for name in stack.names} == pids, "a process died"
    assert gateway_errors(stack) == 0
    assert [
        message.command for message in customer.transcript() if message.sender == "customer" and message.command
    ] == []
    assert typed_commands_in_rasa(stack, customer.session) == []


@settings(max_examples=100, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS"]),
    st.sampled_from(
        ["/", "/socket.io/", "/chat/attachments", "/chat/attachments/", "/knowledge/en/", "/widget/", "/ready"]
    ),
    st.text(max_size=30),
    st.binary(max_size=300),
)
def test_no_address_answers_with_a_server_error(stack, method, path, more, body):
    try:
        answer = httpx.request(method, httpx.URL(stack.url).join(path).copy_with(path=path + more), content=body)
    except httpx.InvalidURL:
        return
    assert answer.status_code < 500


def send(stack, customer: Customer, event: str, body: object) -> str:
    """Send one event on the customer's own socket; a socket that the server closed is opened anew."""
    if event == "text":
        event, body = "user_uttered", {"message": body, "session_id": customer.session}
    answered = threading.Event()
    answers: list[object] = []

    def keep(*arguments: object) -> None:
        answers.extend(arguments)
        answered.set()

    try:
        customer._socket.emit(event, body, callback=keep)
    except (socketio.exceptions.SocketIOError, ValueError, UnicodeEncodeError):
        return "silent"  # the client itself could not send this
    if not answered.wait(1.0) or not answers or not isinstance(answers[0], dict):
        return "silent"
    answer = answers[0]
    return "ok" if answer.get("ok") else answer["error"]["code"]


def gateway_errors(stack) -> float:
    metrics = httpx.get(f"{stack.url}/metrics", timeout=60).text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in metrics if line.startswith("careline_errors_total"))


def typed_commands_in_rasa(stack, session: str) -> list[str]:
    """What Rasa took for a command although nobody pressed a button."""
    token = token_file(stack.var / "rasa.token")
    port = next(name for name in stack.names if name.startswith("rasa-")).removeprefix("rasa-")
    address = f"http://127.0.0.1:{port}/conversations/{session}/tracker"
    tracker = httpx.get(address, params={"token": token}, timeout=60).json()
    said = [event for event in tracker["events"] if event["event"] == "user"]
    assert said, "Rasa knows nothing of this conversation"
    return [event["text"] for event in said if event["text"].strip().startswith("/")]
