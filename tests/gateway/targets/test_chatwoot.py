"""The whole story with Chatwoot: out, back, in order, once; also when either side is away for a while."""

import asyncio
import io
from datetime import datetime, timezone

import pytest
from PIL import Image
from pydantic import ValidationError

from crm.domain import HandoffState
from crm.services import attachments, conversations, handoffs
from gateway.app import Gateway
from gateway.targets.settings import TargetSettings
from tests.gateway.harness import PATIENCE, House, Served, token_file
from tests.gateway.targets.fake_chatwoot import ACCOUNT, INBOX, SECRET, TOKEN, FakeChatwoot

pytestmark = pytest.mark.slow

PATH_TOKEN = "a-long-and-random-word-for-the-path"


class Home(House):
    """A gateway whose people sit in Chatwoot."""

    def __init__(self, folder, **overrides) -> None:
        super().__init__(folder, **overrides)
        self.chatwoot = FakeChatwoot()
        self.chatwoot_served = Served(self.chatwoot.app)
        self.chatwoot.hook_url = f"{self.url}/chatwoot/events"

    @property
    def targets(self) -> TargetSettings:
        return TargetSettings(
            handoff_target="chatwoot", chatwoot_url=self.chatwoot_served.url, chatwoot_account=ACCOUNT,
            chatwoot_inbox=INBOX, chatwoot_token=TOKEN, chatwoot_webhook_secret=SECRET,
            chatwoot_webhook_token=PATH_TOKEN, chatwoot_look_seconds=0.3, chatwoot_retry_first=0.02,
            chatwoot_retry_longest=0.1,
        )  # fmt: skip

    async def start_gateway(self) -> None:
        self.gateway = Gateway(self.settings, targets=self.targets)
        self.served.app = self.gateway.app
        await self.served.start()

    def ask(self, customer, reason="asked_for"):
        with self.store.session() as session:
            return handoffs.request(
                session, customer.session, reason=reason, summary="wants to talk about a claim", now=utc_now()
            )

    def now(self, handoff_id):
        with self.store.reading() as session:
            return handoffs.get(session, handoff_id)

    async def comes_to(self, handoff_id, *states):
        async with asyncio.timeout(PATIENCE):
            while (view := self.now(handoff_id)).state not in states:
                await asyncio.sleep(0.02)
        return view


def utc_now():
    return datetime.now(timezone.utc)


def words(customer) -> list[tuple[str, str]]:
    return [(told["agent"]["name"], told["text"]) for told in customer.of("agent_uttered")]


@pytest.fixture
async def home(tmp_path):
    built = Home(tmp_path)
    token_file(built.settings.token_file)
    await built.bot_served.start()
    await built.chatwoot_served.start()
    await built.start_gateway()
    yield built
    for customer in built.customers:
        await customer.leave()
    await asyncio.gather(built.stop_gateway(), built.bot_served.stop(), built.chatwoot_served.stop())
    built.store.close()
    assert built.chatwoot.faults == []  # nothing that Chatwoot's description does not know


async def with_agent(home):
    """A customer who talks to Ines."""
    customer = await home.customer()
    view = home.ask(customer)
    remote_id = await home.chatwoot.opened()
    await home.chatwoot.agent_says(remote_id, "Good morning")
    await customer.until(lambda: words(customer))
    return customer, view, remote_id


async def test_a_wish_becomes_a_conversation_with_a_note(home):
    customer = await home.customer()
    await customer.say("my policy is PA-1234567 and my card 4111 1111 1111 1111")
    await customer.hears(1)
    home.ask(customer)
    remote_id = await home.chatwoot.opened()
    (note,) = home.chatwoot.notes(remote_id)
    assert "wants to talk about a claim" in note
    assert "asked for a person" in note
    assert "Customer: my policy is" in note
    assert "PA-1234567" not in note
    assert "4111" not in note
    assert home.chatwoot.conversations[remote_id]["status"] == "open"


async def test_the_agent_s_words_reach_the_customer_by_name(home):
    customer, view, _ = await with_agent(home)
    assert words(customer) == [("Ines", "Good morning")]
    held = home.now(view.id)
    assert (held.state, held.employee_name) == (HandoffState.ACTIVE, "Ines")


async def test_the_customer_s_words_reach_the_agent_and_not_the_bot(home):
    customer, _, remote_id = await with_agent(home)
    turns = len(home.bot.turns)
    await customer.say("hello Ines")
    await home.chatwoot.until(lambda: ("incoming", "hello Ines") in home.chatwoot.public(remote_id))
    assert len(home.bot.turns) == turns


async def test_a_long_talk_keeps_its_order_on_both_sides_and_says_nothing_twice(home):
    customer, _, remote_id = await with_agent(home)
    for number in range(5):
        await customer.say(f"question {number}")
        await home.chatwoot.agent_says(remote_id, f"answer {number}")
    await customer.until(lambda: len(words(customer)) >= 6)
    await home.chatwoot.until(lambda: len(home.chatwoot.public(remote_id)) >= 11)
    assert [text for _, text in words(customer)] == ["Good morning", *(f"answer {n}" for n in range(5))]
    said = [text for kind, text in home.chatwoot.public(remote_id) if kind == "incoming"]
    assert said == [f"question {n}" for n in range(5)]


async def test_what_the_bot_says_while_the_customer_waits_is_a_note(home):
    customer = await home.customer()
    home.ask(customer)
    remote_id = await home.chatwoot.opened()
    await customer.say("still there?")
    await home.chatwoot.until(lambda: len(home.chatwoot.notes(remote_id)) > 1)
    assert "echo still there?" in home.chatwoot.notes(remote_id)[-1]
    assert home.chatwoot.public(remote_id) == [("incoming", "still there?")]


async def test_notes_of_agents_stay_with_them(home):
    customer, _, remote_id = await with_agent(home)
    await home.chatwoot.agent_says(remote_id, "difficult one", private=True)
    await home.chatwoot.agent_says(remote_id, "one moment")
    await customer.until(lambda: len(words(customer)) > 1)
    assert [text for _, text in words(customer)] == ["Good morning", "one moment"]


async def test_a_second_agent_takes_over_by_speaking(home):
    customer, view, remote_id = await with_agent(home)
    await home.chatwoot.agent_says(remote_id, "I am the manager", name="Tomas")
    await customer.until(lambda: len(words(customer)) > 1)
    assert words(customer)[-1] == ("Tomas", "I am the manager")
    assert home.now(view.id).employee_name == "Tomas"


async def test_resolved_there_is_closed_here(home):
    customer, view, remote_id = await with_agent(home)
    await home.chatwoot.set_status(remote_id, "resolved")
    ended = await home.comes_to(view.id, HandoffState.CLOSED)
    assert ended.employee_name == "Ines"
    await customer.until(lambda: "Ines has closed" in str(customer.events))


async def test_given_to_a_bot_there_is_given_back_here(home):
    customer, view, remote_id = await with_agent(home)
    await home.chatwoot.set_status(remote_id, "pending")
    await home.comes_to(view.id, HandoffState.RETURNED)
    await customer.until(lambda: home.bot.turns and home.bot.turns[-1]["command"] == "/repeat")


async def test_resolved_before_anybody_spoke_the_customer_is_told(home):
    customer = await home.customer()
    view = home.ask(customer)
    remote_id = await home.chatwoot.opened()
    await home.chatwoot.set_status(remote_id, "resolved")
    await home.comes_to(view.id, HandoffState.EXPIRED)
    await customer.until(lambda: "nobody was free" in str(customer.heard))


async def test_what_ends_here_is_resolved_there(home):
    customer = await home.customer()
    view = home.ask(customer)
    remote_id = await home.chatwoot.opened()
    with home.store.session() as session:
        handoffs.abandon(session, view.id, now=utc_now())
    await home.chatwoot.until(lambda: home.chatwoot.conversations[remote_id]["status"] == "resolved")


async def test_a_customer_who_comes_again_has_another_conversation(home):
    customer, view, first = await with_agent(home)
    await home.chatwoot.set_status(first, "resolved")
    await home.comes_to(view.id, HandoffState.CLOSED)
    home.ask(customer)
    second = await home.chatwoot.until(
        lambda: max(home.chatwoot.conversations) > first and max(home.chatwoot.conversations)
    )
    assert home.chatwoot.conversations[second]["contact_id"] == home.chatwoot.conversations[first]["contact_id"]


async def test_files_are_named_to_agents_and_linked_for_customers(home):
    customer, _, remote_id = await with_agent(home)
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(picture, "PNG")
    with home.store.session() as session:
        file = attachments.add(
            session, customer.session, name="damage.png", media_type="image/png", content=picture.getvalue(),
            now=utc_now(),
        )  # fmt: skip
    await customer.say("", attachments=[file.id])
    await home.chatwoot.until(lambda: any("damage.png" in text for _, text in home.chatwoot.public(remote_id)))
    await home.chatwoot.agent_says(remote_id, "the form", files=("https://chatwoot.example/form.pdf",))
    await customer.until(lambda: len(words(customer)) > 1)
    assert words(customer)[-1][1] == "the form\nhttps://chatwoot.example/form.pdf"


async def test_words_that_are_too_long_for_one_message_come_in_pieces(home):
    customer, _, remote_id = await with_agent(home)
    await home.chatwoot.agent_says(remote_id, "x" * 4_500)
    await customer.until(lambda: len(words(customer)) >= 4)
    assert [len(text) for _, text in words(customer)[1:]] == [2_000, 2_000, 500]


async def test_while_chatwoot_is_away_nothing_is_lost_and_the_customer_is_told_once(home):
    customer, _, remote_id = await with_agent(home)
    home.chatwoot.down = True
    await customer.say("first")
    await customer.say("second")
    await customer.until(lambda: "can't reach our colleagues" in str(customer.heard))
    await home.chatwoot.until(lambda: home.chatwoot.refused > 4)
    home.chatwoot.down = False
    await home.chatwoot.until(lambda: len(home.chatwoot.public(remote_id)) >= 3)
    assert [text for _, text in home.chatwoot.public(remote_id)] == ["Good morning", "first", "second"]
    assert sum("can't reach" in text for text in customer.heard) == 1


async def test_a_wish_while_chatwoot_is_away_is_carried_later_and_a_call_is_offered(home):
    home.chatwoot.down = True
    customer = await home.customer()
    home.ask(customer)
    await customer.until(lambda: "can't reach our colleagues" in str(customer.heard))
    offered = [told for told in customer.of("bot_uttered") if "can't reach" in told.get("text", "")]
    assert [each["payload"] for each in offered[0]["quick_replies"]] == ["/book_callback"]
    home.chatwoot.down = False
    await home.chatwoot.opened()


async def test_an_answer_that_was_lost_doubles_nothing(home):
    home.chatwoot.forget_answers = 6
    customer = await home.customer()
    home.ask(customer)
    await home.chatwoot.until(lambda: home.chatwoot.forget_answers < 4)
    remote_id = await home.chatwoot.opened()
    await customer.say("only once")
    await home.chatwoot.until(lambda: ("incoming", "only once") in home.chatwoot.public(remote_id))
    await customer.say("and this")
    await home.chatwoot.until(lambda: ("incoming", "and this") in home.chatwoot.public(remote_id))
    home.chatwoot.forget_answers = 0
    assert len(home.chatwoot.contacts) == len(home.chatwoot.conversations) == 1
    assert sum("wants to talk" in note for note in home.chatwoot.notes(remote_id)) == 1
    assert [text for _, text in home.chatwoot.public(remote_id)] == ["only once", "and this"]


async def test_a_restart_goes_on_where_it_was(home):
    customer, view, remote_id = await with_agent(home)
    await home.stop_gateway()
    await home.chatwoot.agent_says(remote_id, "are you there?")  # its webhook reaches nobody
    assert home.chatwoot.answers[-1] == 0
    await home.start_gateway()
    back = await home.customer(session=False, token=customer.token)
    await back.open(customer.session)
    await home.comes_to(view.id, HandoffState.ACTIVE)

    def said():
        with home.store.reading() as session:
            found = conversations.history(session, customer.session)
        return [message.text for message in found if message.sender == "agent"]

    async with asyncio.timeout(PATIENCE):
        while len(said()) < 2:
            await asyncio.sleep(0.02)
    assert said() == ["Good morning", "are you there?"]
    await back.say("yes")
    await home.chatwoot.until(lambda: ("incoming", "yes") in home.chatwoot.public(remote_id))
    assert len(home.chatwoot.notes(remote_id)) == 1


async def test_two_gateways_carry_everything_once(home):
    other = Gateway(home.settings, targets=home.targets)
    served = await Served(other.app).start()
    try:
        customer, _, remote_id = await with_agent(home)
        for number in range(4):
            await customer.say(f"question {number}")
            await home.chatwoot.agent_says(remote_id, f"answer {number}")
        await home.chatwoot.until(lambda: len(home.chatwoot.public(remote_id)) >= 9)
        await customer.until(lambda: len(words(customer)) >= 5)
    finally:
        await served.stop()
    said = [text for kind, text in home.chatwoot.public(remote_id) if kind == "incoming"]
    assert said == [f"question {n}" for n in range(4)]
    assert [text for _, text in words(customer)] == ["Good morning", *(f"answer {n}" for n in range(4))]
    assert len(home.chatwoot.conversations) == 1


async def test_a_webhook_without_a_right_signature_is_refused(home):
    _, _, remote_id = await with_agent(home)
    tell = home.chatwoot.tell
    assert await tell(remote_id, "conversation_updated") == 200
    assert await tell(remote_id, "conversation_updated", **{"x-chatwoot-signature": "sha256=00"}) == 401
    assert await tell(remote_id, "conversation_updated", **{"x-chatwoot-timestamp": "1000000000"}) == 401


async def test_a_webhook_can_prove_itself_by_its_path(home):
    _, _, remote_id = await with_agent(home)
    home.chatwoot.hook_url = f"{home.url}/chatwoot/events/{PATH_TOKEN}"
    assert await home.chatwoot.tell(remote_id, "conversation_updated", **{"x-chatwoot-signature": ""}) == 200
    home.chatwoot.hook_url = f"{home.url}/chatwoot/events/guessed"
    assert await home.chatwoot.tell(remote_id, "conversation_updated") == 404


async def test_an_agent_has_one_employee_whatever_they_are_called(home):
    customer, view, remote_id = await with_agent(home)
    before = home.now(view.id).employee_id
    await home.chatwoot.agent_says(remote_id, "married now", name="Ines Ruiz", agent_id=sum(b"Ines"))
    await customer.until(lambda: len(words(customer)) > 1)
    assert words(customer)[-1][0] == "Ines Ruiz"
    assert home.now(view.id).employee_id == before


def test_missing_settings_are_named_at_the_start():
    with pytest.raises(ValidationError) as refused:
        TargetSettings(handoff_target="chatwoot", chatwoot_url="https://chat.example", chatwoot_account=1)
    message = str(refused.value)
    assert "CARELINE_CHATWOOT_INBOX" in message
    assert "CARELINE_CHATWOOT_TOKEN" in message
    assert "CARELINE_CHATWOOT_WEBHOOK_SECRET" in message
    assert "CARELINE_CHATWOOT_URL" not in message


def test_a_token_in_the_path_has_to_be_long():
    with pytest.raises(ValidationError, match="24 random characters"):
        TargetSettings(chatwoot_webhook_token="short")
