"""An offer comes last in a turn, once, and never where it would disturb."""

import pytest

from bot.policies.lexicon import Lexicon
from bot.policies.message import Entity, Message
from bot.policies.reading import Reader
from tests.bot.policies.chat import ROOT, Chat, claim_until, pressed, said

DONE_WELL = {"action_claim_status": {"offer": "due"}}
READER = Reader(Lexicon.load(ROOT / "data/dialogue"), lambda *_: None)


def test_it_follows_what_was_wished_for():
    chat = Chat(DONE_WELL)
    assert chat(said("how is my claim", "claim_status")) == ["action_claim_status", "action_next_offer"]
    assert chat.slots["offer"] is None


def test_it_does_not_interrupt_a_form():
    chat = claim_until("claim_place")
    chat.effects |= DONE_WELL
    assert "action_next_offer" not in chat(pressed("claim_status"))


def test_it_does_not_come_later_when_its_turn_is_over():
    chat = claim_until("claim_place")
    chat.effects |= DONE_WELL
    chat(pressed("claim_status"))
    chat(pressed("stop"))
    assert chat(said("hi", "greet")) == ["utter_greet"]


def test_it_waits_for_the_verification_that_came_first():
    needs = iter([{"signal": "verify"}, {"offer": "due"}])
    chat = Chat({"action_claim_status": lambda _: next(needs)})
    assert "action_next_offer" not in chat(said("how is my claim", "claim_status"))
    chat(said("PA-1000001", policy_number="PA-1000001"))
    told = chat(said("3 May 1980", date="3 May 1980=1980-05-03"))
    assert told[-2:] == ["action_claim_status", "action_next_offer"]


@pytest.mark.parametrize("intent", ["emergency", "complaint", "cancel_policy", "erase_my_data", "marketing_opt_out"])
def test_none_is_made_in_a_conversation_about(intent):
    chat = Chat()
    chat(pressed(intent))
    assert chat.slots["offer"] == "never"


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("what do you recommend for me", "ask_recommendation"),
        ("Which insurance suits me?", "ask_recommendation"),
        ("哪种保险适合我", "ask_recommendation"),
        ("what insurance do you sell", "product_info"),
        ("有没有适合老人的保险", "product_info"),
    ],
)
def test_a_question_about_products_in_which_customers_speak_of_themselves(text, intent):
    assert READER.for_themselves(Message(text, "product_info", 0.9)).intent == intent


def test_a_line_that_is_named_asks_for_its_products():
    travel = Message("which travel insurance suits me", "product_info", 0.9, (Entity("line_of_business", "travel"),))
    assert READER.for_themselves(travel).intent == "product_info"


def test_other_wishes_are_left_alone():
    assert READER.for_themselves(Message("what do you recommend for me", "out_of_scope", 0.9)).intent == "out_of_scope"


def test_the_button_leads_to_the_suggestion():
    assert Chat()(pressed("ask_recommendation")) == ["action_recommend"]


@pytest.mark.parametrize(("intent", "action"), [("affirm", "action_accept_offer"), ("deny", "action_decline_offer")])
def test_a_free_yes_or_no_answers_the_offer(intent, action):
    message = Message("well", intent, 0.9, offered="accept_offer", otherwise="action_decline_offer")
    assert Chat()(message) == [action]


@pytest.mark.parametrize(("intent", "kept"), [("get_quote", True), ("product_info", True), ("claim_status", False)])
def test_what_an_offer_was_about_is_what_its_price_is_asked_of(intent, kept):
    chat = Chat()
    chat.slots["focus"] = {"line_of_business": "life"}
    chat(Message("well", intent, 0.9, offered="accept_offer", otherwise="action_decline_offer"))
    assert bool(chat.slots["focus"]) is kept
