"""`python -m bot` as it runs in production: a process, a port, a token."""

import json
import signal
import socket
import sqlite3
import subprocess
import threading
from datetime import datetime, timezone

import pytest

from tests.bot.process import ROOT, RasaProcess, conversation, free_port, turn_body
from vault import Vault

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)
TURN, FORGET, SCRUB, RENEW, READY = (
    f"/webhooks/careline/{name}" for name in ("turn", "forget", "scrub", "renew", "ready")
)


def texts(frames: list[dict]) -> list[str]:
    return [frame.get("text") or frame["code"] for frame in frames if frame["type"] != "end"]


def test_a_turn_streams_its_frames(rasa):
    *said, end = rasa.turn(conversation(), "twice")

    assert said == [
        {"type": "utterance", "ordinal": 0, "text": "First.", "quick_replies": [], "attachment": None, "data": {}},
        {
            "type": "utterance",
            "ordinal": 1,
            "text": "Second.",
            "quick_replies": [],
            "attachment": {"type": "image", "payload": {"src": "http://127.0.0.1/x.png"}},
            "data": {"kind": "source"},
        },
    ]
    assert end.pop("reading")["actions"]
    assert end == {"type": "end", "utterances": 2, "language": "en"}


@pytest.mark.parametrize("path", [TURN, FORGET, SCRUB, RENEW, "/model/parse"])
@pytest.mark.parametrize("token", ["", "wrong", "wröng"])
def test_without_the_token_nothing_opens(rasa, path, token):
    body = {**turn_body("c", "hello"), "text": "hello"}

    assert rasa.request("POST", path, body, token=token.encode().decode("latin-1"))[0] == 401


def test_model_parse_takes_the_token(rasa):
    status, answer = rasa.request("POST", f"/model/parse?token={rasa.token}", {"text": "hello"})

    assert status == 200
    assert answer["intent"]["name"] == "greet"


def test_the_token_is_not_on_the_command_line(rasa):
    listing = subprocess.run(["ps", "-o", "args=", "-p", str(rasa.process.pid)], capture_output=True, text=True)

    assert "bot" in listing.stdout
    assert rasa.token not in listing.stdout


@pytest.mark.parametrize("body", [None, [], {"conversation_id": "c"}, turn_body("../c", "x")])
def test_a_malformed_request_is_a_400(rasa, body):
    status, answer = rasa.request("POST", TURN, body)

    assert status == 400
    assert answer["error"]["code"] == "bad_request"


def test_words_stream_before_the_turn_ends(rasa, shared_actions):
    shared_actions.release.clear()
    _, lines = rasa.stream("POST", TURN, turn_body(conversation(), "slowly"))

    assert json.loads(next(lines))["text"] == "First."
    assert json.loads(next(lines)) == {"type": "working"}
    shared_actions.release.set()
    assert json.loads(list(lines)[-1]).items() >= {"type": "end", "utterances": 2, "language": "en"}.items()


def test_a_message_in_flight_is_joined(rasa, shared_actions):
    shared_actions.release.clear()
    body = turn_body(conversation(), "slowly")
    calls = len(shared_actions.calls)
    _, first = rasa.stream("POST", TURN, body)
    assert json.loads(next(first))["text"] == "First."
    _, second = rasa.stream("POST", TURN, body)
    assert json.loads(next(second))["text"] == "First."
    shared_actions.release.set()

    assert [line for line in first if b"working" not in line] == [line for line in second if b"working" not in line]
    assert len(shared_actions.calls) == calls + 1


def test_a_lost_connection_does_not_cut_the_turn(rasa, shared_actions):
    shared_actions.release.clear()
    shared_actions.called.clear()
    body = turn_body(conversation(), "slowly")
    rasa.hear_one_line_and_hang_up(TURN, body)
    assert shared_actions.called.wait(10)
    calls = len(shared_actions.calls)
    shared_actions.release.set()

    frames = [f for f in map(json.loads, rasa.stream("POST", TURN, body)[1]) if f["type"] != "working"]

    assert texts(frames) == ["First.", "Found for slowly."]
    assert len(shared_actions.calls) == calls


def test_forgetting_drops_the_conversation(rasa):
    conversation_id = conversation()
    rasa.turn(conversation_id, "accident")

    status, answer = rasa.request("POST", FORGET, {"conversation_id": conversation_id})

    assert (status, answer["forgotten"]) == (200, True)
    assert answer["events"] > 0
    assert texts(rasa.turn(conversation_id, "yesterday")) == ["I did not understand."]


def test_keys_rotate_while_it_runs(rasa, var):
    conversation_id = conversation()
    rasa.turn(conversation_id, "accident")
    vault = Vault.load(var / "master.key", {})
    with vault.file.locked():
        vault.file.change(lambda ring, wrapper: ring.with_next(wrapper, NOW).advanced())
    answer = {"next": None}
    renewed = 0
    for _ in range(100):
        status, answer = rasa.request("POST", RENEW, {"after": answer["next"]})
        assert status == 200
        renewed += answer["renewed"]
        if answer["next"] is None:
            break
    with vault.file.locked():
        vault.file.change(lambda ring, wrapper: ring.without_old(wrapper, NOW))

    assert renewed > 0
    assert answer["left"] == 0
    assert texts(rasa.turn(conversation_id, "yesterday")) != ["I did not understand."]
    assert rasa.request("POST", RENEW, {"after": "elsewhere"})[0] == 400


def test_an_altered_row_is_an_error_frame(rasa, var):
    conversation_id = conversation()
    rasa.turn(conversation_id, "accident")
    altered = "UPDATE tracker_events SET data = CAST({} AS BLOB) WHERE conversation_id = ? AND seq = 2"
    with sqlite3.connect(var / "tracker.db") as database:
        database.execute(altered.format("data || X'00'"), (conversation_id,))
    try:
        assert rasa.turn(conversation_id, "yesterday") == [{"type": "error", "code": "sealed", "utterances": 0}]
    finally:  # the process is shared, and its keys may rotate next
        with sqlite3.connect(var / "tracker.db") as database:
            database.execute(altered.format("substr(data, 1, length(data) - 1)"), (conversation_id,))


def test_nothing_said_is_in_the_logs(rasa):
    conversation_id = conversation()
    rasa.turn(conversation_id, "/Wilhelmina is my name")
    rasa.turn(conversation_id, "x", command='/wilhelmina{"topic": "Wilhelmina"}')
    rasa.turn(conversation_id, "find Wilhelmina")

    log = rasa.log.read_text()

    assert log
    assert "ilhelmina" not in log.lower()
    for line in log.splitlines():
        assert json.loads(line)["process"] == "rasa"


def test_ready_says_so(rasa):
    assert rasa.ready() == (200, {"ready": True})


def test_it_listens_on_loopback_only(rasa):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing; tells which address would be used
        except OSError:
            pytest.skip("this machine has no address but loopback")
        address = probe.getsockname()[0]

    with pytest.raises(OSError):
        socket.create_connection((address, rasa.port), timeout=2)


def test_a_port_in_use_is_one_clear_line(rasa, model, tmp_path):
    second = RasaProcess(model, tmp_path, "http://127.0.0.1:9", CARELINE_RASA_PORT=str(rasa.port))
    done = subprocess.run(second.command, env=second.environ, capture_output=True, text=True, cwd=ROOT, check=False)

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "CARELINE_RASA_PORT" in done.stderr


def test_no_model_is_one_clear_line(tmp_path):
    process = RasaProcess(tmp_path / "none", tmp_path, "http://127.0.0.1:9", CARELINE_RASA_PORT=str(free_port()))
    done = subprocess.run(process.command, env=process.environ, capture_output=True, text=True, cwd=ROOT, check=False)

    assert done.returncode == 1
    assert "rasa train" in done.stderr


def test_a_model_that_does_not_load_ends_the_process(tmp_path):
    (tmp_path / "broken.tar.gz").write_bytes(b"no archive")
    process = RasaProcess(tmp_path, tmp_path, "http://127.0.0.1:9", CARELINE_RASA_PORT=str(free_port()))
    done = subprocess.run(
        process.command, env=process.environ, capture_output=True, text=True, cwd=ROOT, check=False, timeout=120
    )

    assert done.returncode == 1
    assert "train again." in done.stderr


def test_a_killed_turn_can_be_repeated(model, tmp_path, actions):
    conversation_id = conversation()
    with RasaProcess(model, tmp_path, actions.url) as first:
        assert texts(first.turn(conversation_id, "accident")) == ["Which day?"]
        assert texts(first.turn(conversation_id, "yesterday")) == ["Where?"]
        body = turn_body(conversation_id, "slowly")
        other = turn_body(conversation(), "slowly")
        _, lines = first.stream("POST", TURN, other)
        assert json.loads(next(lines))["text"] == "First."
        assert actions.called.wait(10)
        first.kill()
    actions.release.set()

    with RasaProcess(model, tmp_path, actions.url) as second:
        assert texts(second.turn(**other)) == ["First.", "Found for slowly."]
        assert texts(second.turn(**body)) == ["Reported yesterday slowly."]  # the form survived the kill


def test_told_to_stop_it_finishes_the_turn(model, tmp_path, actions):
    body = turn_body(conversation(), "slowly")
    with RasaProcess(model, tmp_path, actions.url) as process:
        _, lines = process.stream("POST", TURN, body)
        assert json.loads(next(lines))["text"] == "First."
        assert actions.called.wait(10)
        process.process.send_signal(signal.SIGTERM)
        threading.Timer(1, actions.release.set).start()

        assert json.loads(list(lines)[-1]).items() >= {"type": "end", "utterances": 2, "language": "en"}.items()
        assert process.process.wait(20) == 0


def test_a_conversation_that_was_forgotten_for_good_does_not_come_back(rasa):
    conversation_id = conversation()
    body = turn_body(conversation_id, "accident")
    rasa.turn(conversation_id, "accident")

    assert rasa.request("POST", FORGET, {"conversation_id": conversation_id, "for_good": True})[0] == 200

    assert rasa.request("POST", TURN, body)[0] == 410
    assert rasa.request("POST", FORGET, {"conversation_id": conversation_id, "for_good": True})[1]["events"] == 0


def test_nothing_sealed_is_left_of_a_forgotten_conversation(rasa, var):
    conversation_id = conversation()
    for text in ("accident", "yesterday", "twice"):
        rasa.turn(conversation_id, text)
    with sqlite3.connect(var / "tracker.db") as database:
        query = "SELECT data FROM tracker_events WHERE conversation_id = ?"
        sealed = [data for (data,) in database.execute(query, (conversation_id,))]
    assert sealed

    rasa.request("POST", FORGET, {"conversation_id": conversation_id, "for_good": True})
    assert rasa.request("POST", SCRUB, {})[1] == {"scrubbed": True}

    written = b"".join(path.read_bytes() for path in var.glob("tracker.db*"))
    assert conversation_id.encode() not in written
    assert not [data for data in sealed if data[17:49] in written]
