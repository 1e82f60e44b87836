"""The chat socket as a customer's browser sees it."""

import asyncio
import uuid

import httpx
import pytest
import socketio

from tests.gateway.harness import END, PATIENCE, Customer, house, utterance


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as built:
        yield built


def offering(payload: str, title: str = "Yes, please"):
    return lambda turn: [
        utterance(text=turn["command"] or turn["text"], quick_replies=[{"title": title, "payload": payload}]),
        END,
    ]


async def test_a_message_is_stored_answered_and_acknowledged(home):
    customer = await home.customer()
    acknowledgement = await customer.say("good morning")
    assert acknowledgement["ok"] is True
    assert acknowledgement["seq"] == 1
    assert await customer.hears(1) == ["echo good morning"]


async def test_a_session_is_confirmed_as_a_plain_string(home):
    customer = await home.customer()
    assert isinstance(customer.of("session_confirm")[0], str)
    assert len(customer.session) == 32


async def test_messages_are_answered_in_order_one_at_a_time(home):
    home.bot.answer = lambda turn: [asyncio.sleep(0.01), utterance(text=turn["text"]), END]
    customer = await home.customer()
    said = [f"message {number}" for number in range(12)]
    acknowledged = await asyncio.gather(*(customer.say(text) for text in said))
    assert [answer["seq"] for answer in acknowledged] == sorted(answer["seq"] for answer in acknowledged)
    assert await customer.hears(12) == said
    assert home.bot.most_at_once == 1


async def test_different_conversations_are_answered_at_the_same_time(home):
    together = asyncio.Barrier(3)
    home.bot.answer = lambda turn: [together.wait(), utterance(text="together"), END]
    customers = [await home.customer() for _ in range(3)]
    await asyncio.gather(*(customer.say("hello") for customer in customers))
    for customer in customers:
        assert await customer.hears(1) == ["together"]


async def test_a_repeated_message_id_is_acknowledged_and_changes_nothing(home):
    customer = await home.customer()
    message_id = str(uuid.uuid4())
    first = await customer.say("file a claim", message_id)
    await customer.hears(1)
    again = await customer.say("file a claim", message_id)
    assert again == first
    await customer.say("next")
    assert await customer.hears(2) == ["echo file a claim", "echo next"]
    assert len(home.bot.turns) == 2


async def test_a_plain_rasa_widget_needs_no_id_no_acknowledgement_and_no_token(home):
    heard = asyncio.Queue()
    client = socketio.AsyncClient(reconnection=False)
    client.on("bot_uttered", heard.put)
    client.on("session_confirm", heard.put)
    await client.connect(home.url, wait_timeout=PATIENCE)
    await client.emit("session_request", {"session_id": "made-up-by-the-widget"})
    confirmed = await asyncio.wait_for(heard.get(), PATIENCE)
    assert confirmed != "made-up-by-the-widget"
    await client.emit("user_uttered", {"message": "hi", "customData": {"a": 1}, "session_id": "made-up-by-the-widget"})
    answer = await asyncio.wait_for(heard.get(), PATIENCE)
    assert answer["text"] == "echo hi"
    assert answer["session_id"] == confirmed
    await client.disconnect()


async def test_a_message_without_any_session_opens_one(home):
    customer = await home.customer(session=False)
    await customer.client.emit("user_uttered", {"message": "hello?"})
    assert await customer.hears(1) == ["echo hello?"]


async def test_a_reload_brings_the_history_back(home):
    customer = await home.customer()
    await customer.say("before the reload")
    await customer.hears(1)
    await customer.leave()
    reloaded = await home.customer(session=False, token=customer.token)
    assert await reloaded.open(customer.session) == customer.session
    messages = reloaded.of("history")[0]["messages"]
    assert [(entry["seq"], entry["sender"], entry["text"]) for entry in messages] == [
        (1, "customer", "before the reload"),
        (2, "bot", "echo before the reload"),
    ]


async def test_history_after_a_number_holds_only_what_is_newer(home):
    customer = await home.customer()
    await customer.say("one")
    await customer.hears(1)
    await customer.open(customer.session, after=1)
    assert [entry["seq"] for entry in customer.of("history")[-1]["messages"]] == [2]


async def test_another_browser_gets_a_new_session_and_no_history(home):
    customer = await home.customer()
    await customer.say("something private")
    await customer.hears(1)
    stranger = await home.customer(session=False)
    assert await stranger.open(customer.session) != customer.session
    assert stranger.of("history")[0]["messages"] == []


async def test_a_message_to_a_foreign_session_lands_in_a_session_of_ones_own(home):
    customer = await home.customer()
    stranger = await home.customer()
    own = stranger.session
    stranger.session = customer.session
    assert (await stranger.say("hello"))["ok"] is True
    await stranger.hears(1)
    assert stranger.session not in (customer.session, own)
    assert customer.heard == []


async def test_a_second_tab_sees_both_sides(home):
    first = await home.customer()
    second = await home.customer(session=False, token=first.token)
    await second.open(first.session)
    await first.say("from the first tab")
    await second.hears(1)
    assert [message["text"] for message in second.of("message_stored")] == ["from the first tab"]
    assert first.of("message_stored") == []


async def test_typing_is_shown_while_the_bot_works(home):
    go_on = asyncio.Event()
    home.bot.answer = lambda turn: [go_on.wait(), utterance(), END]
    customer = await home.customer()
    await customer.say("hello")
    await customer.until(lambda: customer.of("typing") == [{"state": "on"}])
    go_on.set()
    await customer.until(lambda: customer.of("typing")[-1] == {"state": "off"})


async def test_an_offered_payload_is_a_command_and_shows_as_its_title(home):
    home.bot.answer = offering("/affirm")
    customer = await home.customer()
    await customer.say("cancel it?")
    await customer.hears(1)
    await customer.say("/affirm")
    assert (await customer.hears(2))[1] == "/affirm"
    assert home.bot.turns[1]["command"] == "/affirm"
    await customer.open(customer.session)
    assert customer.of("history")[-1]["messages"][2]["text"] == "Yes, please"


async def test_nothing_typed_becomes_a_command(home):
    home.bot.answer = offering("/deny")
    customer = await home.customer()
    await customer.say("start")
    typed = ["/affirm", "/restart", " /affirm", "\u3000/deny", "/deny\u200b", "/deny ", "\u200b/deny", '/deny{"a":"b"}',
             "/DENY", "\x00/deny", "/deny\x00", "\ud83d/deny"]  # fmt: skip
    for text in typed:
        assert (await customer.say(text))["ok"] is True
    await customer.hears(1 + len(typed))
    assert [turn["command"] for turn in home.bot.turns] == [None] * (1 + len(typed))


async def test_a_payload_offered_to_another_customer_is_text(home):
    home.bot.answer = offering("/affirm")
    other = await home.customer()
    await other.say("start")
    await other.hears(1)
    customer = await home.customer()
    await customer.say("/affirm")
    await customer.hears(1)
    assert home.bot.turns[-1]["command"] is None


async def test_a_card_number_never_reaches_store_or_bot(home):
    customer = await home.customer()
    await customer.say("my card is 4111 1111 1111 1111 thanks")
    await customer.hears(1)
    assert "4111 1111" not in home.bot.turns[0]["text"]
    await customer.open(customer.session)
    assert "4111 1111" not in customer.of("history")[-1]["messages"][0]["text"]


async def test_each_turn_carries_a_statement_about_itself(home):
    customer = await home.customer()
    acknowledgement = await customer.say("hello")
    await customer.hears(1)
    assert home.vault.verify(home.bot.turns[0]["statement"], "turn") == {
        "conversation": customer.session,
        "message": acknowledgement["message_id"],
        "channel": "chat",
    }
    assert home.bot.tokens[-1] == f"Bearer {home.settings.token_file.read_text().strip()}"


REFUSED = [
    ({"message": "x" * 2001, "metadata": {"message_id": "12345678"}}, "too_long"),
    ({"message": "x" * 100_000}, "too_long"),
    ({"message": ""}, "bad_message"),
    ({"message": " \u3000\x00 "}, "bad_message"),
    ({"message": None}, "bad_message"),
    ({"message": {"text": "hi"}}, "bad_message"),
    ({"message": b"bytes"}, "bad_message"),
    (b"bytes", "bad_message"),
    ("just text", "bad_message"),
    (None, "bad_message"),
    ({"message": "hi", "metadata": {"message_id": "no spaces allowed"}}, "bad_message"),
    ({"message": "hi", "metadata": {"message_id": 7}}, "bad_message"),
    ({"message": "hi", "metadata": {"attachments": ["0" * 32]}}, "bad_attachment"),
    ({"message": "hi", "metadata": {"attachments": "0"}}, "bad_attachment"),
]


async def test_a_message_that_cannot_be_taken_is_refused_with_a_code(home):
    customer = await home.customer()
    for data, code in REFUSED:
        answer = await customer.client.call("user_uttered", data, timeout=PATIENCE)
        assert answer["ok"] is False
        assert answer["error"]["code"] == code
        assert answer["error"]["message"]
    assert (await customer.say("still here"))["ok"] is True


async def test_two_thousand_characters_are_fine(home):
    customer = await home.customer()
    assert (await customer.say("😀" * 2000))["ok"] is True


async def test_half_an_emoji_and_nul_characters_are_mended(home):
    customer = await home.customer()
    await customer.say("a\ud83d b\x00c")
    assert await customer.hears(1) == ["echo a\ufffd bc"]


async def test_a_plain_widget_is_told_of_a_refusal_in_the_chat(home):
    customer = await home.customer()
    await customer.client.emit("user_uttered", {"message": "x" * 3000, "session_id": customer.session})
    assert "too long" in (await customer.hears(1))[0]


async def test_who_writes_too_fast_is_told_so(tmp_path):
    async with house(tmp_path, session_rate=0.001, session_burst=3) as home:
        customer = await home.customer()
        answers = [await customer.say(f"message {number}") for number in range(5)]
        assert [answer["ok"] for answer in answers] == [True, True, True, False, False]
        assert answers[-1]["error"]["code"] == "too_fast"
        other = await home.customer()
        assert (await other.say("hello"))["ok"] is True


async def test_one_address_has_a_limit_over_all_its_sessions(tmp_path):
    async with house(tmp_path, address_rate=0.001, address_burst=4) as home:
        first, second = await home.customer(), await home.customer()
        answers = [await first.say("a"), await second.say("b"), await first.say("c")]
        assert [answer["ok"] for answer in answers] == [True, True, False]


async def test_a_foreign_page_is_refused(home):
    with pytest.raises(socketio.exceptions.ConnectionError):
        await Customer(home.url, origin="https://evil.example").connect()


async def test_a_named_page_and_our_own_are_let_in(tmp_path):
    async with house(tmp_path, allowed_origins=("https://insurer.example",)) as home:
        for origin in ("https://insurer.example", home.url):
            assert await home.customer(origin=origin)


async def test_a_browser_is_known_by_its_cookie_alone(home):
    async with httpx.AsyncClient(base_url=home.url) as http:
        first = await http.get("/socket.io/?EIO=4&transport=polling")
        cookie = first.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
    token = cookie.split(";")[0].partition("=")[2]
    customer = await home.customer(token=token)
    assert customer.of("browser") == []


async def test_a_backlog_is_said_to_be_one(tmp_path):
    async with house(tmp_path, waiting_messages=2) as home:
        go_on = asyncio.Event()
        home.bot.answer = lambda turn: [go_on.wait(), utterance(), END]
        customer = await home.customer()
        answers = [await customer.say(f"message {number}") for number in range(3)]
        assert [answer["ok"] for answer in answers] == [True, True, False]
        assert answers[2]["error"]["code"] == "unavailable"
        go_on.set()
        await customer.hears(2)


async def test_the_language_in_which_the_bot_ends_a_turn_is_the_next_turn_s(home):
    home.bot.answer = lambda turn: [utterance(text=turn["text"]), {**END, "language": "zh"}]
    customer = await home.customer()
    await customer.say("我的车被撞了")
    await customer.hears(1)
    await customer.say("ok")
    await customer.hears(2)
    assert [turn["language"] for turn in home.bot.turns] == ["en", "zh"]


async def test_the_widget_is_told_which_language_the_conversation_is_in(home):
    home.bot.answer = lambda turn: [utterance(text=turn["text"]), {**END, "language": "zh"}]
    customer = await home.customer()
    assert customer.of("history")[0]["language"] == "en"
    await customer.say("你好")
    await customer.until(lambda: customer.count("language"))
    assert customer.of("language") == [{"language": "zh"}]
    await customer.open(customer.session)
    assert customer.of("history")[-1]["language"] == "zh"


@pytest.mark.parametrize(
    ("named", "language"), [("zh", "zh"), ("fr", "en"), ("zh; drop", "en"), (7, "en"), (None, "en")]
)
async def test_a_conversation_begins_in_the_language_of_the_widget(home, named, language):
    customer = await home.customer(session=False)
    await customer.client.emit("session_request", {"language": named})
    await customer.until(lambda: customer.count("history"))
    assert customer.of("history")[0]["language"] == language


@pytest.mark.parametrize("language", [None, "", 7, "zh; drop", "x" * 40])
async def test_a_language_that_is_none_changes_nothing(home, language):
    home.bot.answer = lambda turn: [utterance(text=turn["text"]), {**END, "language": language}]
    customer = await home.customer()
    for count, text in enumerate(("one", "two"), 1):
        await customer.say(text)
        await customer.hears(count)
    assert [turn["language"] for turn in home.bot.turns] == ["en", "en"]
