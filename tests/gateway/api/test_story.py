"""A customer is helped through the API alone."""

import asyncio
import json
import uuid

import pytest

from crm.domain import Role
from crm.domain.staff import Permission
from crm.services import handoffs
from gateway.clock import utc_now
from tests.factories import handoffs as make_handoffs
from tests.gateway.api.conftest import Caller
from tests.gateway.harness import PATIENCE


def wish(home, conversation_id):
    with home.store.session() as session:
        return handoffs.request(
            session, conversation_id, reason="complaint", summary="call +15550104477", now=utc_now()
        )


def key():
    return str(uuid.uuid4())


@pytest.fixture
async def customer(home):
    customer = await home.customer()
    await customer.say("my mail is imogen.thackeray@example.com")
    await customer.hears(1)
    return customer


@pytest.fixture
async def taken(home, agent, customer):
    """A customer whom the agent has."""
    answer = await agent("POST", f"/handoffs/{wish(home, customer.session).id}/take")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_customer_waits_is_taken_answered_noted_tagged_and_closed(home, agent, customer):
    asked = wish(home, customer.session)
    waiting = (await agent("GET", "/queue")).json()["items"]
    assert [(row["handoff"]["id"], row["can_take"]) for row in waiting] == [(asked.id, True)]
    where = f"/conversations/{customer.session}"

    assert (await agent("POST", f"/handoffs/{asked.id}/take")).json()["state"] == "accepted"
    said = await agent("POST", f"{where}/messages", json={"text": "I am here.", "message_id": key()})
    assert said.status_code == 201
    await customer.until(lambda: customer.count("agent_uttered") == 1)
    assert (await agent("POST", f"{where}/notes", json={"text": "is upset", "message_id": key()})).status_code == 201
    assert (await agent("POST", f"{where}/tags", json={"tag": "Total Loss"})).json() == {"items": ["total-loss"]}
    closed = await agent("POST", f"/handoffs/{asked.id}/close", json={"disposition": "solved", "tags": ["theft"]})

    assert (closed.json()["state"], closed.json()["disposition"]) == ("closed", "solved")
    stands = (await agent("GET", where)).json()
    assert (stands["owner"], stands["handoff"], stands["tags"]) == ("bot", None, ["theft", "total-loss"])
    assert [note["text"] for note in (await agent("GET", f"{where}/notes")).json()["items"]] == ["is upset"]


async def test_the_same_words_twice_are_said_once(agent, customer, taken):
    words = {"text": "Hello.", "message_id": key()}
    first, again = [await agent("POST", f"/conversations/{customer.session}/messages", json=words) for _ in range(2)]
    assert first.json() == again.json()
    told = (await agent("GET", f"/conversations/{customer.session}/messages")).json()["items"]
    assert [each["text"] for each in told].count("Hello.") == 1


async def test_a_note_that_is_sent_twice_is_written_once(agent, customer, taken):
    note = {"text": "call again", "message_id": key()}
    for _ in range(2):
        await agent("POST", f"/conversations/{customer.session}/notes", json=note)
    assert len((await agent("GET", f"/conversations/{customer.session}/notes")).json()["items"]) == 1


async def test_who_comes_too_late_is_told_who_was_faster(home, http, taken):
    late = Caller(home, http, "Lee Moss", Role.AGENT)
    answer = await late("POST", f"/handoffs/{taken['id']}/take")
    assert (answer.status_code, answer.json()["by"]) == (409, "Maria Keller")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_colleagues_conversation_is_closed_to_an_agent(home, http, customer, taken):
    late = Caller(home, http, "Lee Moss", Role.AGENT)
    where = f"/conversations/{customer.session}"
    for path in (where, f"{where}/messages", f"{where}/notes", f"{where}/tags", f"{where}/summary"):
        assert (await late("GET", path)).status_code == 403, path
    assert (await late("GET", f"/handoffs/{taken['id']}")).status_code == 403
    assert (await late("POST", f"{where}/typing", json={"on": True})).status_code == 403


async def test_a_supervisor_whispers_and_takes_over(home, http, agent, customer, taken):
    lead = Caller(home, http, "Sam Lind", Role.SUPERVISOR)
    where = f"/conversations/{customer.session}"
    assert (await lead("POST", f"{where}/notes", json={"text": "I help", "message_id": key()})).status_code == 201
    assert (await lead("POST", f"/handoffs/{taken['id']}/take-over")).json()["employee_name"] == "Sam Lind"
    assert (await agent("GET", where)).status_code == 403


async def test_a_customer_is_passed_on_and_given_back(home, http, agent, customer, taken):
    lee = Caller(home, http, "Lee Moss", Role.AGENT)
    to = {"to_employee": lee.employee_id, "note": "knows cars"}
    assert (await agent("POST", f"/handoffs/{taken['id']}/transfer", json=to)).status_code == 200
    assert (await lee("POST", f"/handoffs/{taken['id']}/take")).status_code == 200
    assert (await lee("POST", f"/handoffs/{taken['id']}/give-back")).json()["state"] == "returned"


async def test_what_was_said_is_masked_until_it_is_unmasked(agent, customer, taken):
    where = f"/conversations/{customer.session}/messages"
    told = (await agent("GET", where)).json()["items"][0]
    assert "imogen.thackeray" not in told["text"]
    answer = await agent("POST", f"{where}/{told['id']}/unmask")
    assert answer.json()["text"] == "my mail is imogen.thackeray@example.com"


async def test_numbers_in_the_queues_summary_are_masked(home, agent, customer):
    wish(home, customer.session)
    assert "5550104477" not in (await agent("GET", "/queue")).text


async def test_messages_come_in_parts_without_a_gap(agent, customer, taken):
    where = f"/conversations/{customer.session}/messages"
    for number in range(3):
        await agent("POST", where, json={"text": f"{number}", "message_id": key()})
    whole = [each["seq"] for each in (await agent("GET", where)).json()["items"]]
    parts, after = [], 0
    while after is not None:
        page = (await agent("GET", where, params={"after": after, "limit": 2})).json()
        assert len(page["items"]) <= 2
        parts += [each["seq"] for each in page["items"]]
        after = page["next"]
    assert parts == whole == list(range(1, len(whole) + 1))


async def test_a_file_goes_to_the_customer(agent, customer, taken):
    where = f"/conversations/{customer.session}"
    pdf = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
    made = await agent("POST", f"{where}/attachments", params={"name": "letter.pdf"}, content=pdf)
    assert made.status_code == 201, made.text
    said = {"attachments": [made.json()["id"]], "message_id": key()}
    assert (await agent("POST", f"{where}/messages", json=said)).json()["attachments"] == [made.json()]
    assert (await agent("GET", f"{where}/attachments/{made.json()['id']}")).content == pdf


async def test_events_tell_what_happens(home, http, agent, customer, taken):
    headers = {"Authorization": f"Bearer {agent.token}"}
    async with asyncio.timeout(PATIENCE), http.stream("GET", "/api/v1/events", headers=headers) as stream:
        lines = stream.aiter_lines()
        await until(lines, "event: hello")
        await customer.say("are you there?")
        await until(lines, "event: message")
        assert json.loads((await until(lines, "data: "))[6:])["conversation"] == customer.session


async def test_events_end_with_the_token(home, http, agent, admin, monkeypatch):
    monkeypatch.setattr("gateway.desk.routes_events._HEARTBEAT", 0.05)
    headers = {"Authorization": f"Bearer {agent.token}"}
    async with asyncio.timeout(PATIENCE), http.stream("GET", "/api/v1/events", headers=headers) as stream:
        lines = stream.aiter_lines()
        await until(lines, "event: hello")
        assert (await admin("DELETE", f"/tokens/{agent.shown.id}")).status_code == 200
        assert [line async for line in lines if line.startswith("event")] == []


async def test_presence_is_what_the_caller_says(agent):
    assert (await agent("PUT", "/presence", json={"status": "away"})).json() == {"status": "away"}
    assert (await agent("GET", "/presence")).json() == {"status": "away"}


async def test_me_is_the_tokens_account(home, http):
    narrow = Caller(home, http, "Lee Moss", Role.AGENT, scopes={Permission.TAKE})
    told = (await narrow("GET", "/me")).json()
    assert (told["account_id"], told["name"], told["permissions"]) == (narrow.account_id, "Lee Moss", ["take"])


async def test_the_board_counts_who_waits(home, admin):
    with home.store.session() as session:
        make_handoffs.a_wish(session, now=utc_now(), reason="emergency")
    told = (await admin("GET", "/board")).json()
    assert (told["waiting"], told["reasons"]) == (1, {"emergency": 1})


async def test_figures_are_there_as_json_and_csv(admin):
    assert (await admin("GET", "/figures", params={"span": "day"})).json()["whole"]["conversations"] == 0
    table = await admin("GET", "/figures.csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert table.text.startswith("part,start,end")


async def until(lines, start: str) -> str:
    async for line in lines:
        if line.startswith(start):
            return line
    raise AssertionError(f"the stream ended before {start}")
