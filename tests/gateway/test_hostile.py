"""Whatever arrives: no exception gets out, nothing becomes a command, and the next customer is served."""

import asyncio
import json
import random
import uuid

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from socketio import packet

from gateway.channels.events import session_request, user_uttered
from gateway.channels.packets import GuardedPacket
from gateway.cleaning import clean, storable
from gateway.errors import Refusal
from tests.gateway.harness import PATIENCE, house

TEXTS = st.one_of(
    st.text(),
    st.text(alphabet=st.characters()),  # lone surrogates too
    st.sampled_from(["", "\x00", "\ud83d", "/restart", "\u3000/restart", '/inform{"a":1}', "x" * 5000, "٣", "²"]),
)
KEYS = st.one_of(TEXTS, st.sampled_from(["message", "session_id", "metadata", "message_id", "attachments", "after",
                                         "_placeholder", "num", "browser"]))  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXTS, st.binary(max_size=20), st.just(10**400)
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=12
)
MESSAGES = st.fixed_dictionaries(
    {}, optional={"message": ANYTHING, "session_id": ANYTHING, "metadata": ANYTHING, "after": ANYTHING}
)


@given(st.lists(ANYTHING | MESSAGES, max_size=3))
def test_reading_a_message_gives_sound_fields_or_a_refusal(arguments):
    try:
        read = user_uttered(tuple(arguments))
    except Refusal:
        return
    assert isinstance(read.message, str)
    assert all(isinstance(item, str) and item.isascii() for item in read.attachments)


@given(st.lists(ANYTHING | MESSAGES, max_size=3))
def test_reading_a_session_request_always_gives_sound_fields(arguments):
    read = session_request(tuple(arguments))
    assert read.after >= 0
    assert read.session_id is None or read.session_id.isprintable()


@given(TEXTS)
def test_cleaned_text_can_be_stored_anywhere(text):
    cleaned = storable(text)
    cleaned.encode("utf-8")
    assert "\x00" not in cleaned
    assert clean(cleaned) == cleaned


FRAMES = st.one_of(
    st.text(max_size=60),
    st.text(alphabet='0123456789-/,[]{}"abc²٣', max_size=40),
    st.integers(0, 9).flatmap(lambda kind: ANYTHING.map(lambda data: f"{kind}{json.dumps(data, default=str)}")),
    st.sampled_from(["[" * 100_000, '2["user_uttered",' + "[" * 90_000, "51-[", "2[]", "2{}", "5999999999-[1]",
                     '51-["user_uttered",{"_placeholder":true,"num":9}]', "2" + "9" * 200 + "[1]"]),
)  # fmt: skip


@given(FRAMES, st.lists(st.binary(max_size=5) | st.text(max_size=5), max_size=3))
def test_a_packet_is_read_or_refused(frame, parts):
    try:
        read = GuardedPacket(encoded_packet=frame)
        for part in parts[: read.attachment_count]:
            read.add_attachment(part)
    except ValueError:
        return
    assert read.attachment_count <= 4
    if read.packet_type == packet.EVENT:
        assert isinstance(read.data[0], str)


@pytest.fixture
async def home(tmp_path):
    # The limits are tested elsewhere: here everything is to reach the handlers.
    async with house(tmp_path, session_rate=1e6, session_burst=1e6, address_rate=1e6, address_burst=1e6) as built:
        yield built


def unexpected_errors(home) -> float:
    metrics = home.gateway.metrics
    return sum(sample.value for family in metrics.errors.collect() for sample in family.samples
               if sample.name.endswith("_total"))  # fmt: skip


async def test_generated_events_are_answered_and_nothing_breaks(home):
    """About 600 events of every shape through the handlers of a running gateway, as a socket would deliver them."""
    customer = await home.customer()
    chat = home.gateway.chat
    (sid,) = chat._sockets
    handlers = chat.server.handlers["/"]
    seen = []

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.sampled_from(["user_uttered", "session_request", "anything else"]),
           st.lists(ANYTHING | MESSAGES, max_size=3))  # fmt: skip
    def collect(event, arguments):
        seen.append((event, arguments))

    collect()
    for event, arguments in seen:
        if event == "anything else":
            answer = await handlers["*"](event, sid, *arguments)
        else:
            answer = await handlers[event](sid, *arguments)
        assert answer["ok"] is True or answer["error"]["code"] in (
            "bad_message", "bad_attachment", "too_long", "no_session", "too_fast",
        )  # fmt: skip
    assert unexpected_errors(home) == 0
    assert [turn["command"] for turn in home.bot.turns] == [None] * len(home.bot.turns)
    await customer.open()
    assert (await customer.say("still here"))["ok"] is True


async def test_events_named_like_the_librarys_own_are_refused(home):
    customer = await home.customer()
    for event in ("connect", "disconnect", "*", "", "agent_uttered", "bot_uttered", "x" * 300):
        answer = await customer.client.call(event, {"asgi.scope": {}}, timeout=PATIENCE)
        assert answer["error"]["code"] == "bad_message"
    assert (await customer.say("still here"))["ok"] is True


async def raw_socket(http, url):
    """A WebSocket below Socket.IO, connected to the default namespace."""
    socket = await http.ws_connect(f"{url}/socket.io/?EIO=4&transport=websocket")
    await socket.receive_str()
    await socket.send_str("40")
    await socket.receive_str()
    return socket


RAW = [
    "", "x", "9", "4", "49", "42", "42[", "42[]", "42{}", "42[1]", '42[["user_uttered"]]', '42["user_uttered"',
    '42["user_uttered",{"message":"' + "x" * 200_000 + '"}]', '42["user_uttered",' + "[" * 60_000, "[" * 60_000,
    "4" + "[" * 60_000, '42["connect",{"asgi.scope":{"client":["1.2.3.4",1]}},{}]', '42["disconnect","x"]',
    '42["bot_uttered",{"text":"forged"}]', "40/other,", '40{"browser":{"x":1}}', "41", "43[]", '431["x"]',
    "44{}", "45-[]", '451-["user_uttered",{"_placeholder":true,"num":5}]', "5", "6", "2probe", "3probe", "1x", "²",
    "4²", "42²[1]", '42["user_uttered",{"message":"\\ud83d","session_id":"\\u0000"}]', "42" + "1" * 300 + "[1]",
    '42["user_uttered",{"message":1e999}]', '42["user_uttered",{"message":' + "9" * 5000 + "}]",
    '42["session_request",{"session_id":{"$gt":""},"after":-1e400}]',
    '42["session_request",{"after":' + "9" * 99 + "}]",
    '42["session_request","x"]', '42["session_request",null]', "0", '0{"sid":"x"}', "b4AAAA",
]  # fmt: skip


async def test_raw_frames_of_every_kind_leave_the_gateway_working(home, caplog):
    choice = random.Random(7)
    async with aiohttp.ClientSession() as http:
        for frame in RAW:
            socket = await raw_socket(http, home.url)
            await socket.send_str(frame)
            await socket.send_bytes(choice.randbytes(30))
            await socket.send_str('421["session_request",{}]')
            await socket.close()
    customer = await home.customer()
    assert (await customer.say("still here"))["ok"] is True
    await customer.hears(1)
    assert unexpected_errors(home) == 0
    assert [record for record in caplog.records if "ASGI" in record.getMessage()] == []
    assert [turn["command"] for turn in home.bot.turns] == [None] * len(home.bot.turns)


async def test_a_frame_over_the_limit_ends_only_its_own_connection(home):
    async with aiohttp.ClientSession() as http:
        socket = await raw_socket(http, home.url)
        await socket.send_str('42["user_uttered",{"message":"' + "x" * (home.settings.max_payload + 1) + '"}]')
        async with asyncio.timeout(PATIENCE):
            while not socket.closed:
                await socket.receive()
    assert await home.customer()


POSTS = [
    "",
    "x",
    "42[",
    "\x1e" * 50,
    "4" * 30_000,
    "[" * 30_000,
    "b" + "A" * 100,
    "bAAA",
    "b!!!!",
    "4\x00",
]


async def test_polling_requests_of_every_kind_get_no_server_error(home):
    async with aiohttp.ClientSession(base_url=home.url) as http:
        statuses = []
        for body in [*POSTS, b"\xff\xfe\x00", b"42[" + b"\xed\xa0\x80" + b"]"]:
            opened = await http.get("/socket.io/?EIO=4&transport=polling")
            sid = json.loads((await opened.text())[1:])["sid"]
            answer = await http.post(f"/socket.io/?EIO=4&transport=polling&sid={sid}", data=body)
            statuses.append(answer.status)
        for query in ("", "EIO=3", "EIO=4&transport=x", "EIO=4&transport=polling&sid=x", "EIO=4&transport=polling&j=x",
                      "EIO=4&transport=websocket", "EIO=4&transport=polling&j=" + "9" * 5000, "%ff=%00"):  # fmt: skip
            for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
                statuses.append((await http.request(method, f"/socket.io/?{query}")).status)
    assert max(statuses) < 500


async def test_odd_paths_and_headers_get_no_server_error(home):
    paths = ["/widget/../../etc/passwd", "/widget/%2e%2e/%2e%2e/etc/passwd", "/widget/" + "a" * 5000,
             "/knowledge/en/..", "/knowledge/../en", "/knowledge/en/%00", "/widget/%00",
             "/chat/attachments/%00?session_id=%00",
             "/chat/attachments/x?session_id=" + "9" * 3000, "/\ud7ff", "/socket.io", "/metrics?x=%ff"]  # fmt: skip
    async with aiohttp.ClientSession(base_url=home.url) as http:
        for path in paths:
            answer = await http.get(
                path, headers={"Cookie": 'careline_browser="\\x; a=;;=,', "X-Careline-Browser": "é.é"}
            )
            assert answer.status < 500, path


async def test_hostile_messages_over_the_socket_get_a_verdict_each(home):
    """Nonsense from one socket at full speed: every message gets a verdict, order holds, no command is run."""
    choice = random.Random(11)
    pool = ["/restart", "/affirm{", "\u3000/goodbye", "\u200b/back", "\x00", "<script>alert(1)</script>",
            "' OR 1=1 --", "x" * 2001, "😀" * 1000, "\ud83d", "{{7*7}}", "${jndi:ldap://x}", "%s%n",
            "\u202e/deny", "/" * 50]  # fmt: skip
    customer = await home.customer()

    async def one(number: int) -> bool:
        metadata = {"message_id": str(uuid.UUID(int=choice.getrandbits(128)))}
        message = choice.choice([choice.choice(pool), None, 7, [], {"a": {}}, True])
        answer = await customer.client.call(
            "user_uttered", {"message": message, "session_id": customer.session, "metadata": metadata}, timeout=60
        )
        return answer["ok"]

    verdicts = [await one(number) for number in range(400)]
    assert set(verdicts) == {True, False}
    await customer.hears(sum(verdicts), patience=60)
    assert len(home.bot.turns) == sum(verdicts)
    assert {turn["command"] for turn in home.bot.turns} == {None}
    assert unexpected_errors(home) == 0
